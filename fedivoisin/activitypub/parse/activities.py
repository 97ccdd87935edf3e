"""What peers tell us: one dataclass per verb, the union that `dispatch` matches, and collections of them."""

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.activitypub.parse.objects import Document

# `id` is empty only in an activity embedded in Undo, Accept, Reject or Announce by a peer that leaves it out.


class Create(Struct, frozen=True):
    """Something new."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


class Update(Struct, frozen=True):
    """Something as it is now, whole."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


class Delete(Struct, frozen=True):
    """The thing with this URL is gone (a Tombstone or a bare id: the same)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


class Announce(Struct, frozen=True):
    """Passed on by a Group (FEP-1b12: a whole activity) or a person (an object's id)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | Document | str"


class Undo(Struct, frozen=True):
    """Taken back."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"


class Follow(Struct, frozen=True):
    """Asks to be told."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


class Accept(Struct, frozen=True):
    """Yes."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"


class Reject(Struct, frozen=True):
    """No."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: "Activity | str"
    content: str


class Like(Struct, frozen=True):
    """Likes the thing with this URL."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str


class Flag(Struct, frozen=True):
    """A report: the URLs of people and things, and why."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: tuple[str, ...]
    content: str


class Block(Struct, frozen=True):
    """Wants no more to do with the actor of this URL; with a `target`, shuts them out of it (Lemmy's Groups)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str | None


class Add(Struct, frozen=True):
    """Put into a collection (`target`)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


class Remove(Struct, frozen=True):
    """Taken out of a collection (`target`)."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


class Move(Struct, frozen=True):
    """An account now lives at `target`."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: str
    target: str


class Offer(Struct, frozen=True):
    """An agreement (FEP-0837) or a sponsorship is proposed."""

    id: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    published_at: datetime | None
    object: Document | str


class Head(Struct, frozen=True):
    """How an activity begins; `type` is its verb, also one that we do not know."""

    id: str
    actor: str
    type: str


class Ignored(Struct, frozen=True):
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


class CollectionDocument(Struct, frozen=True, kw_only=True):
    """A collection or one of its pages. Items that cannot be read are left out."""

    id: str
    """Empty for a page embedded in its collection without one."""
    type: str
    total: int | None
    first: "CollectionDocument | str | None"
    next: str | None
    part_of: str | None
    items: tuple[Activity | Document | str, ...]
