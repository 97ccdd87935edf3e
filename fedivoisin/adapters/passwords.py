"""Passwords: Argon2id in a thread, at most four at once, and the refusal of what everybody tries first."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from fedivoisin.errors import Reason, Refused

LEAST = 15
"""Characters of a password that stands alone; with a second factor `LEAST_WITH_FACTOR` will do."""
LEAST_WITH_FACTOR = 8
MOST = 256
AT_ONCE = 4
SALT = 24
"""Letters of a secret that salt a hash: 144 bits."""
_KIBIBYTES, _ROUNDS, _LANES = 19 * 1024, 2, 1

# The hash of a password that nobody can type, so that an unknown address costs the same work as a known one.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")


@dataclass(frozen=True, slots=True)
class Passwords:
    """One per process: each hash takes 19 MiB, so only a few are made at once."""

    new_secret: Callable[[], str]
    """256 bits as text, for salts."""
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def hash(self, password: str) -> str:
        """Give a PHC string. Raises Refused (FIELD_TOO_SHORT, FIELD_TOO_LONG, PASSWORD_COMMON)."""
        require_good(password)
        async with self._turns:
            return await asyncio.to_thread(_derive, password, self.new_secret().encode()[:SALT])

    async def check(self, password: str, hashed: str | None) -> bool:
        """Whether `password` gave this PHC string; without one the same work is done, for nothing."""
        async with self._turns:
            fits = await asyncio.to_thread(_fits, password[:MOST], hashed or _NOBODY)
        return fits and hashed is not None


def require_good(password: str, *, least: int = LEAST) -> None:
    """Raise Refused unless the password is long enough and not one of those that are tried first."""
    if len(password) < least:
        raise Refused(Reason.FIELD_TOO_SHORT, field="password", least=least)
    if len(password) > MOST:
        raise Refused(Reason.FIELD_TOO_LONG, field="password", most=MOST)
    if is_common(password):
        raise Refused(Reason.PASSWORD_COMMON, field="password")


def is_common(password: str) -> bool:
    """Whether it is on the list, or one of the list said twice, or with digits and signs around it."""
    lowered = password.casefold()
    bare = _EDGES.sub("", lowered)
    return any(_unit(word) in common() or len(set(word)) < 4 for word in (lowered, bare) if word)


@cache
def common() -> frozenset[str]:
    """What people choose most, French and English."""
    text = (resources.files("fedivoisin.adapters") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def _unit(word: str) -> str:
    """The shortest beginning that, repeated, gives the whole: `soleilsoleilsoleil` is `soleil`."""
    # A word found again inside its own double, before the end, is a repetition.
    return word[: (word + word).find(word, 1)] if word else word


def _derive(password: str, salt: bytes) -> str:
    kdf = Argon2id(salt=salt, length=32, iterations=_ROUNDS, lanes=_LANES, memory_cost=_KIBIBYTES)
    return kdf.derive_phc_encoded(password.encode())


def _fits(password: str, hashed: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(password.encode(), hashed)
    except InvalidKey:
        return False
    return True
