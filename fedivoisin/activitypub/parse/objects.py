"""What peers show us, once read: listings, messages, actors and keys. HTML in them is raw."""

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.market.listing import Kind, Price, Purpose, State, Unit


class Image(Struct, frozen=True):
    """A picture that a peer keeps."""

    url: str
    media_type: str
    alt: str
    width: int | None
    height: int | None
    blurhash: str | None


class Mention(Struct, frozen=True):
    """A person whom a message names."""

    url: str
    name: str


class PlaceDocument(Struct, frozen=True):
    """Where; coordinates as sent, not yet blurred."""

    name: str
    latitude: float | None
    longitude: float | None


class ListingDocument(Struct, frozen=True, kw_only=True):
    """A listing in any of the shapes that peers send (FEDERATION.md §2)."""

    id: str
    author: str
    page_url: str
    """The id itself when no page was given."""
    group: str | None
    to: tuple[str, ...]
    cc: tuple[str, ...]
    kind: Kind
    purpose: Purpose
    title: str
    content: str
    """HTML, or empty."""
    text: str
    """The words alone (HTML possible in some peers'), when the peer gave them beside `content`."""
    language: str
    category: str
    """`root/sub` of ours, or empty."""
    price: Price | None
    deposit: Decimal | None
    availability: str
    max_days: int | None
    negotiable: bool
    wanted: str
    unit: Unit
    quantity: Decimal | None
    available: Decimal | None
    minimum_quantity: Decimal | None
    goal_quantity: Decimal | None
    place: PlaceDocument | None
    begins_at: datetime | None
    ends_at: datetime | None
    state: State
    reach: int
    context: str | None
    replies: str | None
    published_at: datetime | None
    updated_at: datetime | None
    pictures: tuple[Image, ...]
    hashtags: tuple[str, ...]
    understands_agreements: bool
    """It came with `publishes`: its author's server speaks FEP-0837."""


class NoteDocument(Struct, frozen=True, kw_only=True):
    """A message, public or private, that is no listing."""

    id: str
    type: str
    author: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    content: str
    summary: str
    name: str
    language: str
    page_url: str
    in_reply_to: str | None
    context: str | None
    mentions: tuple[Mention, ...]
    hashtags: tuple[str, ...]
    pictures: tuple[Image, ...]
    published_at: datetime | None
    updated_at: datetime | None


class KeyDocument(Struct, frozen=True):
    """A key that signs requests, inside its owner or standing alone (GoToSocial serves it at its own address)."""

    id: str
    owner: str
    pem: str


class MultikeyDocument(Struct, frozen=True):
    """A key in the form of FEP-521a; which list it stands in says what it is for."""

    id: str
    controller: str
    multibase: str
    expires_at: datetime | None = None
    """After which it proves nothing any more (Controlled Identifiers §2.2)."""


class Field(Struct, frozen=True):
    """One line of a profile's table; `value` is HTML."""

    name: str
    value: str


class ActorDocument(Struct, frozen=True, kw_only=True):
    """A person, a group or a server."""

    id: str
    type: str
    username: str
    """Empty when the peer gave none."""
    name: str
    summary: str
    page_url: str
    inbox: str
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    shared_inbox: str | None
    moderators: str | None
    """`attributedTo` of a Group (FEP-1b12)."""
    webfinger: str
    approves_followers: bool
    discoverable: bool
    indexable: bool
    published_at: datetime | None
    icon: Image | None
    public_keys: tuple[KeyDocument, ...]
    named_keys: tuple[str, ...]
    """Keys of requests that stand somewhere else, by their addresses."""
    assertion_keys: tuple[MultikeyDocument, ...]
    request_keys: tuple[MultikeyDocument, ...]
    """`authentication` (Controlled Identifiers §2.3.1): more keys that sign requests, such as one that was replaced."""
    also_known_as: tuple[str, ...]
    moved_to: str | None
    implements: tuple[str, ...]
    """FEP-844e, the addresses."""
    place: PlaceDocument | None
    fields: tuple[Field, ...]


class Tombstone(Struct, frozen=True):
    """What stood here is gone."""

    id: str
    deleted_at: datetime | None


class Unknown(Struct, frozen=True):
    """An object of a type that means nothing to us."""

    id: str
    type: str


Document: TypeAlias = ListingDocument | NoteDocument | ActorDocument | KeyDocument | Tombstone | Unknown
