"""What follows from each event: activities for others, mails for members. One `match`, one line per event."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from fedivoisin.activitypub.publish import keys, listings, messages, people, pins, reports
from fedivoisin.community.following import FollowAccepted, FollowAsked, FollowRejected, FollowWithdrawn
from fedivoisin.community.groups import GroupOpened
from fedivoisin.market.conversations import MessageChanged, MessageDeleted, MessageSent
from fedivoisin.market.events import (
    ListingChanged,
    ListingClosed,
    ListingDeleted,
    ListingEnding,
    ListingHidden,
    ListingLiked,
    ListingPinned,
    ListingPublished,
    ListingReleased,
    ListingRenewed,
    ListingReserved,
    ListingShown,
    ListingUnliked,
    ListingUnpinned,
    QuestionAsked,
)
from fedivoisin.notify.messages import TRIAL_ADDRESS, for_event
from fedivoisin.store import events, mails, neighbourhoods
from fedivoisin.store.db import Store, Tx, is_lost
from fedivoisin.store.events import Recorded
from fedivoisin.trust.decisions import DecisionEvent, KeysRotated, ReportForwarded, SettingsChanged
from fedivoisin.trust.events import (
    AccountClosed,
    AccountRestored,
    AccountSuspended,
    Admitted,
    ProfileChanged,
    TrustEvent,
)

log = logging.getLogger(__name__)

MAX_WAIT = timedelta(hours=1)
MOST_DOUBLINGS = 12
"""2^12 s are more than `MAX_WAIT`; 2^47 are more than there is time for."""
ADDRESS = "adresse"
"""The page of the settings on which the public address is chosen."""


async def make(tx: Tx, due: Sequence[Recorded], *, trial_address: str = TRIAL_ADDRESS) -> None:
    """Write what follows from each event and mark it as done: all of it, or nothing, and only once.

    One that fails waits, and takes no other with it.
    """
    waiting = await events.still_waiting(tx, [recorded.id for recorded in due])
    here = await neighbourhoods.current(tx)
    made: list[int] = []
    for recorded in due:
        if recorded.id not in waiting:
            continue  # its claim ran out, and somebody else made them
        is_published = recorded.is_local and not here.is_trial
        try:
            async with tx.savepoint():
                await _make(tx, recorded, trial_address, is_published=is_published)
            made.append(recorded.id)
        except Exception as error:
            if is_lost(error):
                raise  # then the whole transaction is tried again
            await _put_off(tx, recorded, error)
    await events.done_all(tx, made)


async def make_each(store: Store, due: Sequence[Recorded], *, trial_address: str = TRIAL_ADDRESS) -> None:
    """The same in a transaction for each: for those among which one broke more than its savepoint."""
    for recorded in due:
        try:
            await store.write(make, [recorded], trial_address=trial_address)
        except Exception as error:
            await store.append(_put_off, recorded, error)


async def _put_off(tx: Tx, recorded: Recorded, error: Exception) -> None:
    log.error("effect failed", exc_info=error, extra={"event": recorded.id, "type": type(recorded.event).__name__})
    wait = min(timedelta(seconds=2 ** min(recorded.attempts, MOST_DOUBLINGS)), MAX_WAIT)
    await events.failed(tx, recorded.id, error=repr(error), wait=wait)


async def _make(tx: Tx, recorded: Recorded, trial_address: str, *, is_published: bool) -> None:
    if is_published:
        await _publish(tx, recorded)
    await mails.put(tx, await for_event(tx, recorded, trial_address=trial_address))


async def _publish(tx: Tx, recorded: Recorded) -> None:  # noqa: C901  # one line per event
    match recorded.event:
        case ListingPublished(listing_id=listing_id):
            await listings.published(tx, listing_id)
        case ListingChanged(listing_id=listing_id) | ListingReserved(listing_id=listing_id):
            await listings.changed(tx, listing_id)
        case ListingReleased(listing_id=listing_id):
            await listings.changed(tx, listing_id)
        case ListingClosed(listing_id=listing_id):
            await listings.over(tx, listing_id)
        case ListingHidden(listing_id=listing_id):
            await listings.over(tx, listing_id, updated_at=recorded.at)
        case ListingRenewed(listing_id=listing_id):
            await listings.back(tx, listing_id)
        case ListingShown(listing_id=listing_id):
            await listings.back(tx, listing_id, updated_at=recorded.at)
        case ListingPinned(listing_id=listing_id):
            await pins.pinned(tx, listing_id)
        case ListingUnpinned(listing_id=listing_id, by=by):
            await pins.unpinned(tx, listing_id, by)
        case ListingDeleted(listing_id=listing_id):
            await listings.deleted(tx, listing_id)
        case ListingLiked() as happened:
            await listings.liked(tx, happened)
        case ListingUnliked() as happened:
            await listings.unliked(tx, happened)
        case QuestionAsked(message_id=message_id) | MessageSent(message_id=message_id):
            await messages.sent(tx, message_id)
        case MessageDeleted(message_id=message_id):
            await messages.deleted(tx, message_id)
        case FollowAsked() as happened:
            await people.follow_asked(tx, happened)
        case FollowAccepted() | FollowRejected() as happened:
            await people.follow_answered(tx, happened)
        case FollowWithdrawn() as happened:
            await people.follow_withdrawn(tx, happened)
        case GroupOpened(category=category):
            await listings.group_opened(tx, category)
        case ListingEnding() | MessageChanged():
            pass  # a question to the author alone; messages are changed only elsewhere
        case rest:
            await _publish_people(tx, rest, at=recorded.at)


async def _publish_people(  # noqa: C901  # one line per event
    tx: Tx, happened: TrustEvent | DecisionEvent, *, at: datetime
) -> None:
    match happened:
        case ProfileChanged(member=member):
            await people.profile_changed(tx, member)
        case KeysRotated(actor=actor):
            await keys.rotated(tx, actor)
        case AccountClosed(member=member):
            await people.account_closed(tx, member)
        case AccountSuspended(member=member):
            await listings.author_hidden(tx, member, at=at)
        case AccountRestored(member=member):
            await listings.author_shown(tx, member, at=at)
        case ReportForwarded(report=report):
            await reports.forwarded(tx, report)
        case SettingsChanged(section=section) if section == ADDRESS:
            await listings.catch_up(tx)
        case Admitted():
            pass  # attestations are for later; followers see the new member when they publish
        case _:
            pass  # stays in the house
