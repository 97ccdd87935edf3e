"""What happened to a listing: ids only, so that the journal can keep it."""

from typing import TypeAlias

from msgspec import Struct

from fedivoisin.ids import ActorId, ListingId, MessageId


class ListingPublished(Struct, frozen=True):
    """A new listing stands."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingChanged(Struct, frozen=True):
    """Its author said something else; `fields` names what differs."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    fields: tuple[str, ...]


class ListingReserved(Struct, frozen=True):
    """It is promised to someone."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reserved_for: ActorId | None = None


class ListingReleased(Struct, frozen=True):
    """The promise fell: it is free again."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingClosed(Struct, frozen=True):
    """It is over, by its author or (`expired`) because its date has passed."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    expired: bool = False


class ListingRenewed(Struct, frozen=True):
    """It stands for some more days, open again if it was closed."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reopened: bool = False


class ListingEnding(Struct, frozen=True):
    """It ends within three days: its author is asked whether it is still free. The store knows the link's word."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingDeleted(Struct, frozen=True):
    """It is gone for good."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingHidden(Struct, frozen=True):
    """A moderator took it off the board."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reason: str


class ListingShown(Struct, frozen=True):
    """A moderator put it back."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingPinned(Struct, frozen=True):
    """A moderator put it first."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingUnpinned(Struct, frozen=True):
    """A moderator put it back among the others."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingLiked(Struct, frozen=True):
    """Someone likes it."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


class ListingUnliked(Struct, frozen=True):
    """Someone likes it no more. `activity_url` was the `Like`: its row is gone when it is undone elsewhere."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    activity_url: str = ""


class QuestionAsked(Struct, frozen=True):
    """A visible question, or its answer, stands under it."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    message_id: MessageId


ListingEvent: TypeAlias = (
    ListingPublished
    | ListingChanged
    | ListingReserved
    | ListingReleased
    | ListingClosed
    | ListingRenewed
    | ListingEnding
    | ListingDeleted
    | ListingHidden
    | ListingShown
    | ListingPinned
    | ListingUnpinned
    | ListingLiked
    | ListingUnliked
    | QuestionAsked
)
