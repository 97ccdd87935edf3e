"""The door: ask to come in, sponsor, withdraw, refuse, remind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedivoisin.actions import accounts as own_account
from fedivoisin.actions.accounts import NewAccount, NewSession
from fedivoisin.actions.invitations import opened_by
from fedivoisin.actions.staff import require_moderator
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId, SponsorshipId
from fedivoisin.store import invitations, members, neighbourhoods, throttle, vouches
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.keys import KeyPairs
from fedivoisin.store.throttle import Limit
from fedivoisin.trust import vouching
from fedivoisin.trust.events import CandidacyRefused, CandidacyRequested, CandidateReminded, Vouched

REQUESTS_OF_NETWORK = Limit(10, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Request:
    """What a newcomer says at the door. `code` is a printed code or the word of a link; empty for none."""

    who: NewAccount
    words: str
    code: str


async def begin_request(tx: Tx, *, network: str) -> None:
    """Count a request, in a transaction of its own: one that is refused tells who is here already, and counts too.

    Raises Refused(TOO_MANY_ATTEMPTS).
    """
    await throttle.take(tx, "request-of", network, REQUESTS_OF_NETWORK)


async def ask_to_enter(tx: Tx, asked: Request, keys: KeyPairs, *, session: NewSession, confirmation: str) -> MemberId:
    """Make the account of a candidate, signed in at once: it reads, it does not answer yet.

    `confirmation` is a fresh secret for the mail that confirms the address. Raises Refused.
    """
    invitation = await opened_by(tx, asked.code) if asked.code else None
    candidate = await own_account.create(tx, asked.who, keys)
    await members.ask(
        tx,
        candidate,
        words=asked.words,
        invitation=invitation.id if invitation else None,
        ambassador=invitation.ambassador_id if invitation else None,
    )
    if invitation is not None:
        await invitations.use(tx, invitation.id)
    await own_account.mail_confirmation(tx, candidate, email=asked.who.email, token=confirmation)
    happened = CandidacyRequested(
        candidate, invitation.ambassador_id if invitation else None, invitation.id if invitation else None
    )
    await record(tx, happened, subject=candidate, by=candidate)
    await own_account.begin_session(tx, candidate, session)
    return candidate


async def sponsor(tx: Tx, *, sponsor: MemberId, candidate: MemberId, has_accepted: bool) -> bool:
    """Put one's name behind a candidate; true when that opened the door. Raises Refused, for each rule its reason."""
    if not has_accepted:
        raise Refused(Reason.CHARTER_UNREAD, field="charter")
    rules = await members.rules(tx)
    happened = vouching.vouch(
        await vouches.sponsor(tx, sponsor),
        await vouches.candidate(tx, candidate),
        rules,
        sponsorship=SponsorshipId(tx.new_id()),
        founded_at=await _founded_at(tx),
        at=tx.now,
    )
    is_admitted = False
    for event in happened:
        if isinstance(event, Vouched):
            await vouches.add(tx, event)
        else:
            await members.admit(tx, event)
            is_admitted = True
        await record(tx, event, subject=candidate, by=sponsor)
    return is_admitted


async def why_not(tx: Tx, *, sponsor: MemberId, candidate: MemberId) -> Refused | None:
    """What stands between this sponsor and this candidate, asked before the button is shown."""
    try:
        vouching.check(
            await vouches.sponsor(tx, sponsor),
            await vouches.candidate(tx, candidate),
            await members.rules(tx),
            founded_at=await _founded_at(tx),
            at=tx.now,
        )
    except Refused as refused:
        return refused
    return None


async def withdraw(tx: Tx, *, sponsor: MemberId, candidate: MemberId) -> None:
    """Take one's name back while the person still waits. Raises Refused (ALREADY_ADMITTED, NOT_FOUND)."""
    happened = vouching.withdraw(sponsor, await vouches.candidate(tx, candidate))
    await vouches.withdraw(tx, happened)
    await record(tx, happened, subject=candidate, by=sponsor)


async def refuse(tx: Tx, *, by: MemberId, candidate: MemberId, reason: str) -> None:
    """A moderator says no; the candidate reads why. Raises Refused (FORBIDDEN, NOT_A_CANDIDATE, FIELD_MISSING)."""
    await require_moderator(tx, by)
    if not reason.strip():
        raise Refused(Reason.FIELD_MISSING, field="reason")
    if not (await vouches.candidate(tx, candidate)).is_candidate:
        raise Refused(Reason.NOT_A_CANDIDATE)
    await members.refuse(tx, candidate, reason=reason.strip()[:500])
    await record(tx, CandidacyRefused(candidate), subject=candidate, by=by)


async def remind_waiting(tx: Tx) -> int:
    """Tell each candidate, once, on the seventh day, what is still missing; gives how many were told."""
    rules = await members.rules(tx)
    waiting = await members.waiting_unreminded(tx, since=tx.now - rules.reminder)
    for candidate in waiting:
        missing = vouching.missing(await vouches.candidate(tx, candidate), rules, at=tx.now)
        await members.reminded(tx, candidate)
        await record(tx, CandidateReminded(candidate, missing), subject=candidate, by=None)
    return len(waiting)


async def lapse_offers(tx: Tx) -> int:
    """Let go of the sponsorships that stayed alone for 60 days; gives how many."""
    rules = await members.rules(tx)
    lapsed = 0
    for candidate in await vouches.stale_candidates(tx, before=tx.now - rules.offer_lasts):
        for happened in vouching.lapse(await vouches.candidate(tx, candidate), rules, at=tx.now):
            await vouches.lapse(tx, happened)
            await record(tx, happened, subject=candidate, by=None)
            lapsed += 1
    return lapsed


async def _founded_at(tx: Tx) -> datetime:
    here = await neighbourhoods.current(tx)
    if here.founded_at is None:
        raise Refused(Reason.NOT_FOUND)
    return here.founded_at
