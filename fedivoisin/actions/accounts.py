"""What people do with their own account: make it, sign in, change the password, leave."""

import re
from dataclasses import dataclass
from datetime import timedelta
from unicodedata import normalize

from fedivoisin import addresses
from fedivoisin.actions import listings
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import accounts, mail_tokens, members, neighbourhoods, residents, search, sessions, throttle
from fedivoisin.store.accounts import Account
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.keys import KeyPairs
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.store.residents import Newcomer
from fedivoisin.store.throttle import Limit
from fedivoisin.trust import names
from fedivoisin.trust.events import (
    AccountClosed,
    LinkAsked,
    PasswordChanged,
    SessionRevoked,
    SignedIn,
)
from fedivoisin.trust.roles import Role

LOGIN = Limit(10, timedelta(minutes=15))
LOGIN_OF_NETWORK = Limit(40, timedelta(minutes=15))
LINK = Limit(3, timedelta(minutes=30))
LINK_OF_NETWORK = Limit(20, timedelta(minutes=30))
MOST_LISTINGS = 10_000

_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@(?:[^\s@.<>\"(),:;\\\[\]]{1,63}\.)+[^\s@.<>\"(),:;\\\[\]0-9]{2,63}")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Somebody who gets an account. Without `name` one is made out of `display_name`."""

    display_name: str
    email: str | None = None
    password: str | None = None
    """Already hashed, by `World.hash_password`."""
    name: str = ""
    member_kind: str = "habitant"
    quartier: str = ""
    agreement: str = "neutre"
    language: str = "fr"
    roles: frozenset[Role] = frozenset({Role.ADHERENT})


@dataclass(frozen=True, slots=True)
class NewSession:
    """What a session is made of: two fresh secrets, and what the browser says it is."""

    token: str
    csrf: str
    device: str


async def create(tx: Tx, who: NewAccount, keys: KeyPairs) -> MemberId:
    """An actor with its keys, and its account. Raises Refused (EMAIL_WRONG, EMAIL_TAKEN, NAME_WRONG, NAME_TAKEN)."""
    email = await _free_email(tx, who.email) if who.email else None
    name = await _free_name(tx, who)
    here = await neighbourhoods.current(tx)
    member = await residents.add_person(
        tx,
        Newcomer(name, who.display_name, who.member_kind, who.quartier, who.agreement),
        keys,
        origin=here.base,
    )
    await accounts.add(tx, member, email=email, password=who.password, language=who.language, roles=who.roles)
    return member


async def begin_sign_in(tx: Tx, *, typed: str, network: str) -> Account | None:
    """Count the attempt, then look for the account; the password is compared outside the transaction.

    Raises Refused(TOO_MANY_ATTEMPTS) alike for addresses that exist and those that do not.
    """
    await throttle.take(tx, "login-of", network, LOGIN_OF_NETWORK)
    await throttle.take(tx, "login", accounts.sign_in_name(typed), LOGIN)
    found = await accounts.by_sign_in_name(tx, typed)
    return found if found is not None and found.closed_at is None else None


async def sign_in(tx: Tx, *, member: MemberId, typed: str, session: NewSession) -> None:
    """The password was right. Raises Refused(ACCOUNT_SUSPENDED), which only the owner gets to read."""
    await throttle.forgive(tx, "login", accounts.sign_in_name(typed))
    await begin_session(tx, member, session)


async def begin_proof(tx: Tx, *, member: MemberId) -> Account | None:
    """Count the attempt to type one's password again; it is compared outside the transaction.

    Raises Refused(TOO_MANY_ATTEMPTS): a borrowed session shall not find out the password.
    """
    await throttle.take(tx, "proof", member, LOGIN)
    return await accounts.of(tx, member)


async def proved(tx: Tx, *, member: MemberId) -> None:
    """The password was right: the earlier attempts are forgotten."""
    await throttle.forgive(tx, "proof", member)


async def begin_session(tx: Tx, member: MemberId, session: NewSession) -> None:
    """A session for a person who proved who they are. Raises Refused(ACCOUNT_SUSPENDED)."""
    account = await _account(tx, member)
    if not account.is_open:
        raise Refused(Reason.ACCOUNT_SUSPENDED)
    await sessions.begin(tx, member, token=session.token, csrf=session.csrf, device=session.device)
    await record(tx, SignedIn(member), subject=member, by=member)


async def sign_out(tx: Tx, *, member: MemberId, session_id: str) -> None:
    """End the session at hand."""
    await sessions.end(tx, member, session_id)


async def revoke_session(tx: Tx, *, member: MemberId, session_id: str) -> None:
    """End a session on another device. Raises Refused(NOT_FOUND)."""
    if not await sessions.end(tx, member, session_id):
        raise Refused(Reason.NOT_FOUND)
    await record(tx, SessionRevoked(member), subject=member, by=member)


async def revoke_other_sessions(tx: Tx, *, member: MemberId, session_id: str) -> None:
    """End every session but the one at hand."""
    if await sessions.end_all(tx, member, but=session_id):
        await record(tx, SessionRevoked(member), subject=member, by=member)


async def ask_link(tx: Tx, *, email: str, purpose: Purpose, token: str, network: str) -> None:
    """Mail a link to sign in or to choose a password, if the address has an account; nothing tells which."""
    await throttle.take(tx, "link-of", network, LINK_OF_NETWORK)
    await throttle.take(tx, "link", email.strip().lower(), LINK)
    account = await accounts.by_email(tx, email)
    if account is not None and account.is_open:
        await _mail_link(tx, account.member_id, purpose, token=token, email=account.email)


async def make_link(tx: Tx, *, member: MemberId, purpose: Purpose, token: str) -> None:
    """A link that an admin hands over, where no mail is set: /lien/{token} or /mot-de-passe/{token}."""
    account = await _account(tx, member)
    if not account.is_open:
        raise Refused(Reason.ACCOUNT_SUSPENDED)
    await mail_tokens.put(tx, member, purpose, token=token, email=None, mailed=False)


async def sign_in_by_link(tx: Tx, *, link: str, session: NewSession) -> MemberId:
    """Spend a sign-in link. Raises Refused (LINK_SPENT, ACCOUNT_SUSPENDED)."""
    member = await _spend(tx, link, Purpose.SIGN_IN)
    await begin_session(tx, member, session)
    return member


async def reset_password(tx: Tx, *, link: str, password: str, session: NewSession) -> MemberId:
    """Spend a reset link: a new password (hashed), every session ends, a new one begins."""
    member = await _spend(tx, link, Purpose.RESET)
    await _set_password(tx, member, password)
    await sessions.end_all(tx, member)
    await mail_tokens.forget(tx, member)
    await begin_session(tx, member, session)
    return member


async def change_password(tx: Tx, *, member: MemberId, password: str, session_id: str, session: NewSession) -> None:
    """A new password (hashed); all other sessions end, and the one at hand gets a new token."""
    await _set_password(tx, member, password)
    await sessions.end_all(tx, member, but=session_id)
    await mail_tokens.forget(tx, member)
    await sessions.rotate(tx, session_id, token=session.token, csrf=session.csrf)


async def ask_new_email(tx: Tx, *, member: MemberId, email: str, token: str) -> None:
    """Mail a link to the new address; until it is pressed the old one stays. Raises Refused."""
    await throttle.take(tx, "email-of", member, LINK)
    wanted = await _free_email(tx, email, but=member)
    await _mail_link(tx, member, Purpose.CONFIRM, token=token, email=wanted)


async def confirm_email(tx: Tx, *, link: str) -> MemberId:
    """Spend a confirmation link: the address is the member's. Raises Refused (LINK_SPENT, EMAIL_TAKEN)."""
    found = await mail_tokens.spend(tx, link, Purpose.CONFIRM)
    if found is None or found.email is None:
        raise Refused(Reason.LINK_SPENT)
    email = await _free_email(tx, found.email, but=found.member)
    await accounts.change(tx, found.member, email=email, email_confirmed_at=tx.now)
    return found.member


async def prefer(tx: Tx, *, member: MemberId, language: str, theme: str) -> None:
    """The language and the theme of the pages."""
    await accounts.change(tx, member, language=language, theme=theme)


async def close(tx: Tx, *, member: MemberId) -> None:
    """Leave: listings go, what is personal is erased at once, the address answers "gone" for ever.

    Raises Refused(LAST_ADMIN).
    """
    account = await _account(tx, member)
    if Role.ADMIN in account.roles and await accounts.with_role(tx, Role.ADMIN) == [member]:
        raise Refused(Reason.LAST_ADMIN)
    for one in await search.by_author(tx, member, with_closed=True, limit=MOST_LISTINGS):
        await listings.delete(tx, listing_id=one.id, by=member)
    await sessions.end_all(tx, member)
    await accounts.erase(tx, member)
    await members.leave(tx, member)
    await residents.erase(tx, member)
    await record(tx, AccountClosed(member), subject=member, by=member)


async def mail_confirmation(tx: Tx, member: MemberId, *, email: str | None, token: str) -> None:
    """Ask a newcomer to confirm the address they gave; nothing without one."""
    if email:
        await _mail_link(tx, member, Purpose.CONFIRM, token=token, email=email.strip().lower())


async def _mail_link(tx: Tx, member: MemberId, purpose: Purpose, *, token: str, email: str | None) -> None:
    link = await mail_tokens.put(tx, member, purpose, token=token, email=email, mailed=True)
    await record(tx, LinkAsked(member, link), subject=member, by=member)


async def _spend(tx: Tx, token: str, purpose: Purpose) -> MemberId:
    found = await mail_tokens.spend(tx, token, purpose)
    if found is None:
        raise Refused(Reason.LINK_SPENT)
    account = await _account(tx, found.member)
    if found.email is not None and found.email != account.email:
        raise Refused(Reason.LINK_SPENT)  # it went to an address that was given up since
    if found.email is not None and account.email_confirmed_at is None:
        # Who chose the password never proved the address: it may have been somebody who waits for its owner to come.
        await accounts.change(tx, found.member, email_confirmed_at=tx.now, password=None)
        await sessions.end_all(tx, found.member)
    return found.member


async def _set_password(tx: Tx, member: MemberId, hashed: str) -> None:
    await accounts.change(tx, member, password=hashed, password_changed_at=tx.now)
    await record(tx, PasswordChanged(member), subject=member, by=member)


async def _account(tx: Tx, member: MemberId) -> Account:
    found = await accounts.of(tx, member)
    if found is None or found.closed_at is not None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _free_email(tx: Tx, typed: str, *, but: MemberId | None = None) -> str:
    email = typed.strip().lower()
    # Unseen or disguised letters would make two addresses that people take for one.
    is_plain = email.isprintable() and normalize("NFKC", email) == email
    if len(email) > 254 or not is_plain or not _EMAIL.fullmatch(email):
        raise Refused(Reason.EMAIL_WRONG, field="email")
    holder = await accounts.by_email(tx, email)
    if holder is not None and holder.member_id != but:
        raise Refused(Reason.EMAIL_TAKEN, field="email")
    return email


async def _free_name(tx: Tx, who: NewAccount) -> str:
    if who.name:
        return await _checked_name(tx, who.name.lower())
    wanted = names.suggestion(who.display_name)
    number, name = 1, wanted
    while not addresses.valid_name(name) or await residents.is_taken(tx, name):
        number += 1
        name = f"{wanted}-{number}"
    return name


async def _checked_name(tx: Tx, name: str) -> str:
    if not addresses.valid_name(name):
        raise Refused(Reason.NAME_WRONG, field="name")
    if await residents.is_taken(tx, name):
        raise Refused(Reason.NAME_TAKEN, field="name")
    return name
