"""What peers tell us: one dataclass per verb, the union that `dispatch` matches, and collections of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from fedivoisin.activitypub.parse.objects import Document

# `id` is empty only in an activity embedded in Undo, Accept, Reject or Announce by a peer that leaves it out.


@dataclass(frozen=True, slots=True)
class Create:
    """Something new."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


@dataclass(frozen=True, slots=True)
class Update:
    """Something as it is now, whole."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


@dataclass(frozen=True, slots=True)
class Delete:
    """The thing with this URL is gone (a Tombstone or a bare id: the same)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Passed on by a Group (FEP-1b12: a whole activity) or a person (an object's id)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | Document | str"


@dataclass(frozen=True, slots=True)
class Undo:
    """Taken back."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"


@dataclass(frozen=True, slots=True)
class Follow:
    """Asks to be told."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


@dataclass(frozen=True, slots=True)
class Accept:
    """Yes."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"


@dataclass(frozen=True, slots=True)
class Reject:
    """No."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"
    content: str


@dataclass(frozen=True, slots=True)
class Like:
    """Likes the thing with this URL."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


@dataclass(frozen=True, slots=True)
class Flag:
    """A report: the URLs of people and things, and why."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: tuple[str, ...]
    content: str


@dataclass(frozen=True, slots=True)
class Block:
    """Wants no more to do with the actor of this URL; with a `target`, shuts them out of it (Lemmy's Groups)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Add:
    """Put into a collection (`target`)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Taken out of a collection (`target`)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


@dataclass(frozen=True, slots=True)
class Move:
    """An account now lives at `target`."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


@dataclass(frozen=True, slots=True)
class Offer:
    """An agreement (FEP-0837) or a sponsorship is proposed."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An activity that means nothing to us: taken, counted by its `type`, and forgotten."""

    id: str
    actor: str
    type: str


Activity: TypeAlias = (
    Create
    | Update
    | Delete
    | Announce
    | Undo
    | Follow
    | Accept
    | Reject
    | Like
    | Flag
    | Block
    | Add
    | Remove
    | Move
    | Offer
    | Ignored
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionDocument:
    """A collection or one of its pages. Items that cannot be read are left out."""

    id: str
    """Empty for a page embedded in its collection without one."""
    type: str
    total: int | None
    first: "CollectionDocument | str | None"
    next: str | None
    part_of: str | None
    items: tuple[Activity | Document | str, ...]
