"""The first run: answers kept screen by screen, then one write that founds the neighbourhood."""

import unicodedata

from fedivoisin import addresses
from fedivoisin.actions import founding
from fedivoisin.actions.accounts import NewAccount
from fedivoisin.actions.founding import Answers, FirstKeys
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import accounts, neighbourhoods
from fedivoisin.store.db import Tx
from fedivoisin.trust.roles import Role

FOUNDER_ROLES = frozenset({Role.ADHERENT, Role.ADMIN, Role.REFERENT})
LONGEST_SLUG = 30
PREFIX_LETTERS = 3


async def require_open(tx: Tx, setup_hash: str) -> None:
    """Raise Refused unless the first run still waits and this is the hash of its one-time word."""
    here = await neighbourhoods.current(tx)
    if here.founded_at is not None:
        raise Refused(Reason.ALREADY_FOUNDED)
    if not setup_hash or here.setup_hash != setup_hash:
        raise Refused(Reason.SETUP_WORD_WRONG)


async def keep_answers(tx: Tx, screen: str, answers: dict[str, str], *, setup_hash: str) -> None:
    """Keep one screen's answers until the last one."""
    await require_open(tx, setup_hash)
    await neighbourhoods.keep_setup_draft(tx, screen, answers)


async def found(tx: Tx, answers: Answers, admin: NewAccount, keys: FirstKeys, *, setup_hash: str) -> MemberId:
    """Found the neighbourhood; gives its admin, whose roles are `FOUNDER_ROLES`. Raises Refused.

    Who holds the terminal's word needs no mail to prove an address, and there may be no mail yet.
    """
    await require_open(tx, setup_hash)
    if admin.name == answers.slug:
        raise Refused(Reason.NAME_TAKEN, field="name")
    member = await founding.found(tx, answers, admin, keys)
    await accounts.change(tx, member, email_confirmed_at=tx.now)
    await neighbourhoods.change(tx, setup_draft=None)
    return member


def slug_of(name: str) -> str:
    """The quarter's name as an address: « Hauts-Pavés » gives `hauts-paves`."""
    slug = "-".join(_plain(name).split())[:LONGEST_SLUG].strip("-")
    return slug if addresses.valid_name(slug) else f"quartier-{slug}"[:LONGEST_SLUG].strip("-")


def code_prefix(commune: str) -> str:
    """Three letters for printed codes: the first, then consonants, then whatever is left. Nantes gives NTS."""
    letters = [letter for letter in _plain(commune).upper() if letter.isalpha()]
    rest = list(dict.fromkeys(letter for letter in letters[1:] if letter != letters[0]))
    consonants = [letter for letter in rest if letter not in "AEIOUY"]
    vowels = [letter for letter in rest if letter in "AEIOUY"]
    return "".join([*letters[:1], *consonants, *vowels])[:PREFIX_LETTERS].ljust(PREFIX_LETTERS, "X")


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    kept = (letter for letter in folded if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in kept)
