"""Talking about a listing: who may write, what a message may be, and what then happened."""

import re
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId, ListingId, MessageId, ThreadId
from fedivoisin.market.listing import Listing, State

LONGEST = 5000

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class MessageSent(Struct, frozen=True):
    """Words in private between an asker and an author."""

    message_id: MessageId
    thread_id: ThreadId
    listing_id: ListingId
    writer: ActorId
    recipient: ActorId


class MessageChanged(Struct, frozen=True):
    """Its writer said it otherwise."""

    message_id: MessageId
    listing_id: ListingId
    writer: ActorId


class MessageDeleted(Struct, frozen=True):
    """Its writer took it back."""

    message_id: MessageId
    listing_id: ListingId
    writer: ActorId


ConversationEvent: TypeAlias = MessageSent | MessageChanged | MessageDeleted


def words(typed: str) -> str:
    """What was typed, without controls and trailing blanks; Refused when nothing is left, or too much."""
    text = _CONTROLS.sub("", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not text:
        raise Refused(Reason.MESSAGE_EMPTY, field="text")
    if len(text) > LONGEST:
        raise Refused(Reason.MESSAGE_TOO_LONG, field="text", most=LONGEST, length=len(text))
    return text


def may_ask(listing: Listing, asker: ActorId, *, has_thread: bool) -> None:
    """Refused unless this person may write to the author. Who already talks with them may go on after the end."""
    _standing(listing)
    if listing.author_id == asker:
        raise Refused(Reason.OWN_LISTING)
    if listing.state is State.CLOSED and not has_thread:
        raise Refused(Reason.LISTING_CLOSED)


def may_ask_in_public(listing: Listing) -> None:
    """Refused unless questions may still stand under it. Its author answers there too."""
    _standing(listing)
    if listing.state is State.CLOSED:
        raise Refused(Reason.LISTING_CLOSED)


def _standing(listing: Listing) -> None:
    if listing.deleted_at is not None or listing.hidden_at is not None:
        raise Refused(Reason.LISTING_GONE)
