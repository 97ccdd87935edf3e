"""From what happened to the mails that tell it: who must know, and with which words."""

from collections.abc import AsyncIterator

from fedivoisin.ids import ActorId, ListingId, MemberId, MessageId
from fedivoisin.market.conversations import MessageSent
from fedivoisin.market.events import ListingEnding, ListingShown, QuestionAsked
from fedivoisin.notify.letters import Letter, Reader, write
from fedivoisin.notify.paths import LINKS, candidate_path, listing_path, renewal_path, statement_path, thread_path
from fedivoisin.store import accounts, actors, listings, mail_tokens, members, neighbourhoods, reports, threads, vouches
from fedivoisin.store.db import Tx
from fedivoisin.store.events import Recorded
from fedivoisin.store.mails import NewMail
from fedivoisin.store.taxonomy import Event
from fedivoisin.trust import vouching
from fedivoisin.trust.decisions import ReportOpened, StatementMade
from fedivoisin.trust.events import (
    AccountSuspended,
    Admitted,
    CandidacyRefused,
    CandidacyRequested,
    CandidateReminded,
    LinkAsked,
    PasswordChanged,
    Vouched,
)
from fedivoisin.trust.roles import Role

Told = AsyncIterator[tuple[str, Letter | None]]
"""(member, letter); none where what it would tell is gone."""
LONGEST_QUOTE = 800
TRIAL_ADDRESS = "http://localhost:8000"


async def for_event(tx: Tx, recorded: Recorded, *, trial_address: str = TRIAL_ADDRESS) -> list[NewMail]:
    """The mails that this event makes, for `store.mails.put` in the same transaction; none where no mail is set.

    `trial_address` begins the links while the neighbourhood has no public address. Members of other towns hear
    from their own instance.
    """
    here = await neighbourhoods.current(tx)
    if not here.sends_mail:
        return []
    address = here.origin or trial_address
    told: list[NewMail] = []
    async for member, letter in _letters(tx, recorded):
        reader = await _reader(tx, member, letter) if letter else None
        if letter and reader:
            told.append(write(letter, reader, here, address=address))
    return told


def _letters(tx: Tx, recorded: Recorded) -> Told:
    event = recorded.event
    match event:
        case CandidacyRequested() | Vouched() | Admitted() | CandidateReminded() | CandidacyRefused():
            return _of_admission(tx, event, recorded.by)
        case MessageSent() | QuestionAsked() | ListingEnding() | ListingShown():
            return _of_listing(tx, event)
        case StatementMade() | ReportOpened():
            return _of_moderation(tx, event)
        case _:
            return _of_account(tx, event)


async def _of_admission(tx: Tx, event: Event, by: ActorId | None) -> Told:
    match event:
        case CandidacyRequested():
            async for told in _candidacy(tx, event):
                yield told
        case Vouched(sponsor=sponsor, candidate=candidate):
            missing = await _missing(tx, candidate)
            if missing:
                yield candidate, Letter("vouched", {"sponsor": await _name(tx, sponsor), "missing": missing})
        case Admitted(member=member) if member != by:
            yield member, Letter("admitted", {"sponsors": [await _name(tx, one) for one in event.sponsors]})
        case CandidateReminded(candidate=candidate, missing=missing):
            yield candidate, Letter("reminder", {"missing": missing}, may_stop=True)
        case CandidacyRefused(candidate=candidate):
            membership = await members.of(tx, candidate)
            yield candidate, Letter("refused", {"reason": membership.refused_reason if membership else ""})
        case _:
            return


async def _of_listing(tx: Tx, event: Event) -> Told:
    match event:
        case MessageSent(message_id=message_id, thread_id=thread_id, recipient=recipient):
            if await _is_first_unread(tx, event):
                yield recipient, await _about_message(tx, "answer", message_id, thread_path(thread_id))
        case QuestionAsked(author_id=author, by=by, message_id=message_id) if by != author:
            yield author, await _about_message(tx, "question", message_id, listing_path(event.listing_id))
        case ListingEnding(listing_id=listing_id, author_id=author):
            token = await listings.renewal_token(tx, listing_id)
            if token:
                yield author, await _about_listing(tx, "ending", listing_id, renewal_path(token))
        case ListingShown(listing_id=listing_id, author_id=author):
            yield author, await _about_listing(tx, "shown", listing_id, listing_path(listing_id))
        case _:
            return


async def _of_account(tx: Tx, event: Event) -> Told:
    match event:
        case LinkAsked(member=member, link=link):
            unsent = await mail_tokens.take_secret(tx, link)
            if unsent is not None:
                context = {"path": LINKS[unsent.link.purpose] + unsent.secret, "email": unsent.link.email}
                yield member, Letter(unsent.link.purpose, context)
        case PasswordChanged(member=member):
            yield member, Letter("password")
        case AccountSuspended(member=member):
            yield member, Letter("suspended")
        case _:
            return


async def _of_moderation(tx: Tx, event: Event) -> Told:
    match event:
        case StatementMade(statement=statement_id, member=member):
            statement = await reports.statement_of(tx, statement_id)
            if statement is not None:
                yield member, Letter("statement", {"statement": statement, "path": statement_path(statement_id)})
        case ReportOpened():
            for moderator in await _moderators(tx):
                yield moderator, Letter("report", may_stop=True)
        case _:
            return


async def _candidacy(tx: Tx, event: CandidacyRequested) -> Told:
    candidate = await actors.by_id(tx, event.candidate)
    membership = await members.of(tx, event.candidate)
    if candidate is None or membership is None:
        return
    context = {"candidate": candidate.shown_name, "words": membership.words, "path": candidate_path(candidate.name)}
    staff = await accounts.with_role(tx, Role.REFERENT)
    readers = dict.fromkeys([event.ambassador, *staff] if event.ambassador else staff)
    for reader in readers:
        if reader != event.candidate:
            letter = Letter("candidacy", context | {"is_ambassador": reader == event.ambassador}, may_stop=True)
            yield reader, letter


async def _missing(tx: Tx, candidate: MemberId) -> int:
    facts = await vouches.candidate(tx, candidate)
    return vouching.missing(facts, await members.rules(tx), at=tx.now) if facts.is_candidate else 0


async def _is_first_unread(tx: Tx, event: MessageSent) -> bool:
    # One mail says that there is something to read; the next words in a row say nothing more.
    thread = await threads.by_id(tx, event.thread_id)
    if thread is None:
        return False
    read_at = thread.asker_read_at if event.recipient == thread.asker_id else thread.author_read_at
    unread = [
        message.id
        for message in await threads.messages_of(tx, event.thread_id)
        if message.writer_id == event.writer and (read_at is None or message.received_at > read_at)
    ]
    return unread[:1] == [event.message_id]


async def _about_message(tx: Tx, template: str, message_id: MessageId, path: str) -> Letter | None:
    message = await threads.message_by_id(tx, message_id)
    if message is None or message.deleted_at is not None:
        return None
    quote = message.text[:LONGEST_QUOTE] + ("…" if len(message.text) > LONGEST_QUOTE else "")
    writer = await _name(tx, message.writer_id)
    found = await listings.find(tx, message.listing_id)
    context = {"writer": writer, "title": found.title if found else "", "quote": quote, "path": path}
    return Letter(template, context)


async def _about_listing(tx: Tx, template: str, listing_id: ListingId, path: str) -> Letter | None:
    found = await listings.find(tx, listing_id)
    if found is None or found.deleted_at is not None:
        return None
    context = {"title": found.title, "ends_at": found.ends_at, "path": path}
    return Letter(template, context, may_stop=template == "ending")


async def _moderators(tx: Tx) -> list[MemberId]:
    moderators = [*await accounts.with_role(tx, Role.MODERATEUR), *await accounts.with_role(tx, Role.ADMIN)]
    return list(dict.fromkeys(moderators))


async def _name(tx: Tx, actor_id: ActorId) -> str:
    found = await actors.by_id(tx, actor_id)
    return found.shown_name if found is not None else ""


async def _reader(tx: Tx, member: str, letter: Letter) -> Reader | None:
    account = await accounts.of(tx, MemberId(ActorId(member)))
    if account is None or account.closed_at is not None:
        return None
    # A link that confirms an address goes to the new one, every other mail to the one we know.
    email = letter.context.get("email") or account.email
    return Reader(await _name(tx, ActorId(member)), email, account.language) if email else None
