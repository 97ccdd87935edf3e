"""Argon2id as the document asks, and the passwords that everybody tries first."""

from itertools import count

import pytest

from fedivoisin.adapters.passwords import Passwords, common, is_common, require_good
from fedivoisin.errors import Reason, Refused

GOOD = "cheval agrafe batterie"


@pytest.fixture
def passwords() -> Passwords:
    numbers = count()
    return Passwords(lambda: f"secret-{next(numbers)}".ljust(43, "_"))


async def test_a_hash_fits_its_password_only(passwords: Passwords) -> None:
    hashed = await passwords.hash(GOOD)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.check(GOOD, hashed)
    assert not await passwords.check(GOOD + " ", hashed)


async def test_the_same_password_never_gives_the_same_hash_twice(passwords: Passwords) -> None:
    assert await passwords.hash(GOOD) != await passwords.hash(GOOD)


async def test_nobody_signs_in_without_a_hash(passwords: Passwords) -> None:
    assert not await passwords.check(GOOD, None)


async def test_an_endless_password_is_not_hashed_whole(passwords: Passwords) -> None:
    assert not await passwords.check("x" * 1_000_000, await passwords.hash(GOOD))


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("quatorze 1234", Reason.FIELD_TOO_SHORT),
        ("x" * 257, Reason.FIELD_TOO_LONG),
        ("azertyuiopqsdfghjklm", Reason.PASSWORD_COMMON),
        ("AzertyUiop123456789", Reason.PASSWORD_COMMON),
        ("soleil123soleil123", Reason.PASSWORD_COMMON),
        ("123456789012345", Reason.PASSWORD_COMMON),
        ("aaaaaaaaaaaaaaaaaaaa", Reason.PASSWORD_COMMON),
        ("motdepasse!!!!!2026", Reason.PASSWORD_COMMON),
        ("***motdepasse1234***", Reason.PASSWORD_COMMON),
    ],
)
async def test_a_bad_password_is_refused_with_its_reason(passwords: Passwords, password: str, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        await passwords.hash(password)
    assert refused.value.reason is reason
    assert refused.value.details["field"] == "password"


@pytest.mark.parametrize("password", [GOOD, "582093471620958", "Mon voisin a un âne bleu", "kX9#mQ2$vL7!pR4z"])
def test_a_good_password_passes(password: str) -> None:
    require_good(password)


def test_eight_letters_will_do_beside_a_second_factor() -> None:
    require_good("ânebleu7", least=8)


def test_the_list_holds_about_a_thousand_words_of_eight_letters_or_more() -> None:
    assert len(common()) > 950
    assert min(map(len, common())) >= 8
    assert is_common("liberteegalitefraternite")
