"""What happened to a listing: ids only, so that the journal can keep it."""

from dataclasses import dataclass
from typing import TypeAlias

from fedivoisin.ids import ActorId, ListingId, MessageId


@dataclass(frozen=True, slots=True)
class ListingPublished:
    """A new listing stands."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingChanged:
    """Its author said something else; `fields` names what differs."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListingReserved:
    """It is promised to someone."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reserved_for: ActorId | None = None


@dataclass(frozen=True, slots=True)
class ListingReleased:
    """The promise fell: it is free again."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingClosed:
    """It is over, by its author or (`expired`) because its date has passed."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    expired: bool = False


@dataclass(frozen=True, slots=True)
class ListingRenewed:
    """It stands for some more days, open again if it was closed."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reopened: bool = False


@dataclass(frozen=True, slots=True)
class ListingEnding:
    """It ends within three days: its author is asked whether it is still free. The store knows the link's word."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingDeleted:
    """It is gone for good."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingHidden:
    """A moderator took it off the board."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    reason: str


@dataclass(frozen=True, slots=True)
class ListingShown:
    """A moderator put it back."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingPinned:
    """A moderator put it first."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingUnpinned:
    """A moderator put it back among the others."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingLiked:
    """Someone likes it."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId


@dataclass(frozen=True, slots=True)
class ListingUnliked:
    """Someone likes it no more. `activity_url` was the `Like`: its row is gone when it is undone elsewhere."""

    listing_id: ListingId
    author_id: ActorId
    by: ActorId
    activity_url: str = ""


@dataclass(frozen=True, slots=True)
class QuestionAsked:
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
