"""Ids to URLs and back, over the configured origin: FEDERATION.md §1 in one pure module."""

import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, unquote

from fedivoisin.ids import ListingId, MessageId

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
INSTANCE_NAME = "instance"

_RESERVED_WORDS = """
    abuse acct activitypub admin administrateur administrator administration all anonymous api association bot bureau
    contact everyone fedivoisin followers here hostmaster inbox info instance mail media mod moderateur moderation
    moderator moderators news noreply no-reply null outbox postmaster press public relay root security securite staff
    support system test undefined webmaster www
"""
RESERVED = frozenset(_RESERVED_WORDS.split())

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,28}[a-z0-9])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Person:
    """`/users/{name}`"""

    name: str


@dataclass(frozen=True, slots=True)
class Group:
    """`/groups/{slug}`"""

    slug: str


@dataclass(frozen=True, slots=True)
class Instance:
    """`/users/instance`"""


Owner: TypeAlias = Person | Group | Instance


@dataclass(frozen=True, slots=True)
class Listing:
    """`/users/{author}/items/{id}`"""

    author: str
    id: ListingId


@dataclass(frozen=True, slots=True)
class Message:
    """`/messages/{id}`"""

    id: MessageId


@dataclass(frozen=True, slots=True)
class Activity:
    """`{actor or listing}/activities/{id}`, or `/messages/{id}/create`"""

    of: Owner | Listing | Message
    id: str


@dataclass(frozen=True, slots=True)
class Box:
    """A collection of an actor: `inbox`, `outbox`, `followers`, `followers_synchronization`, `following`, `featured` or
    `moderators`.
    """

    of: Owner
    name: str


@dataclass(frozen=True, slots=True)
class SharedInbox:
    """`/inbox`"""


@dataclass(frozen=True, slots=True)
class Replies:
    """`{listing}/replies`"""

    of: Listing


@dataclass(frozen=True, slots=True)
class Thread:
    """`{listing}/fil/{id}`, one private conversation; without id, the public one."""

    of: Listing
    id: str = ""


@dataclass(frozen=True, slots=True)
class PersonPage:
    """`/@{name}`, for people."""

    name: str


@dataclass(frozen=True, slots=True)
class GroupPage:
    """`/quartiers/{slug}`, for people."""

    slug: str


@dataclass(frozen=True, slots=True)
class ListingPage:
    """`/annonces/{id}`, for people."""

    id: ListingId


@dataclass(frozen=True, slots=True)
class Tag:
    """`/tags/{name}`"""

    name: str


@dataclass(frozen=True, slots=True)
class Circle:
    """`/circles/{number}`"""

    number: int


@dataclass(frozen=True, slots=True)
class Credits:
    """`/credits/{slug}`: a currency of this instance."""

    slug: str


Place: TypeAlias = (
    Owner
    | Listing
    | Message
    | Activity
    | Box
    | SharedInbox
    | Replies
    | Thread
    | PersonPage
    | GroupPage
    | ListingPage
    | Tag
    | Circle
    | Credits
)
"""What an address of ours leads to."""

_PERSON_BOXES = ("inbox", "outbox", "followers", "followers_synchronization", "following")
_GROUP_BOXES = (*_PERSON_BOXES, "featured", "moderators")


def valid_name(name: str) -> bool:
    """Whether a person or a group may be called so: one `acct:` namespace, 2 to 30 of a–z, 0–9, - and _."""
    return _NAME.fullmatch(name) is not None and name not in RESERVED


def actor_url(origin: str, name: str) -> str:
    """A person."""
    return f"{origin}/users/{name}"


def group_url(origin: str, slug: str) -> str:
    """A neighbourhood or a category."""
    return f"{origin}/groups/{slug}"


def instance_url(origin: str) -> str:
    """The instance itself."""
    return actor_url(origin, INSTANCE_NAME)


def inbox(actor: str) -> str:
    """Of the actor with this URL."""
    return f"{actor}/inbox"


def outbox(actor: str) -> str:
    """Of the actor with this URL."""
    return f"{actor}/outbox"


def followers(actor: str) -> str:
    """Of the actor with this URL."""
    return f"{actor}/followers"


def followers_synchronization(actor: str) -> str:
    """The part of the followers that concerns the server which asks (FEP-8fcf)."""
    return f"{actor}/followers_synchronization"


def following(actor: str) -> str:
    """Of the actor with this URL."""
    return f"{actor}/following"


def featured(group: str) -> str:
    """The pinned listings of a Group."""
    return f"{group}/featured"


def moderators(group: str) -> str:
    """The moderators of a Group (FEP-1b12)."""
    return f"{group}/moderators"


def shared_inbox(origin: str) -> str:
    """One inbox for all actors of this instance."""
    return f"{origin}/inbox"


def main_key(actor: str, version: str = "") -> str:
    """The RSA key that signs requests. A rotation gives a new `version`: no key's address ever changes its meaning."""
    return f"{actor}#main-key{version and '-'}{version}"


def assertion_key(actor: str, version: str = "") -> str:
    """The Ed25519 key that proves documents (FEP-521a)."""
    return f"{actor}#ed25519-key{version and '-'}{version}"


def listing_url(origin: str, author_name: str, listing_id: str) -> str:
    """The listing for machines."""
    return f"{origin}/users/{author_name}/items/{listing_id}"


def listing_page(origin: str, listing_id: str) -> str:
    """The listing for people."""
    return f"{origin}/annonces/{listing_id}"


def person_page(origin: str, name: str) -> str:
    """The person for people."""
    return f"{origin}/@{name}"


def group_page(origin: str, slug: str) -> str:
    """The neighbourhood for people."""
    return f"{origin}/quartiers/{slug}"


def activity_url(owner: str, activity_id: str) -> str:
    """An activity below the actor or listing with this URL."""
    return f"{owner}/activities/{activity_id}"


def replies(listing: str) -> str:
    """The visible questions on the listing with this URL."""
    return f"{listing}/replies"


def thread_url(listing: str, thread_id: str = "") -> str:
    """The private conversation of that (unguessable) id on the listing; without id, the public one (FEP-7888)."""
    return f"{listing}/fil/{thread_id}" if thread_id else f"{listing}/fil"


def message_url(origin: str, message_id: str) -> str:
    """A private message or a visible question."""
    return f"{origin}/messages/{message_id}"


def message_activity(message: str) -> str:
    """The `Create` of the message with this URL."""
    return f"{message}/create"


def tag_url(origin: str, tag: str) -> str:
    """A hashtag, given without its #."""
    return f"{origin}/tags/{quote(tag, safe='')}"


def circle_url(origin: str, number: int) -> str:
    """The people whom a reach of 1 to 4 addresses."""
    return f"{origin}/circles/{number}"


def credits_url(origin: str, slug: str) -> str:
    """A currency of this instance."""
    return f"{origin}/credits/{slug}"


def media_url(origin: str, path: str) -> str:
    """A file below the media folder."""
    return f"{origin}/media/{quote(path)}"


def acct(name: str, host: str) -> str:
    """`amina@nantes.example`, as WebFinger and people write it."""
    return f"{name}@{host}"


def resolve(origin: str, url: str) -> Place | None:
    """What `url` leads to here; none when it is another's, malformed, or carries a query or a fragment."""
    if not url.startswith(f"{origin}/") or "?" in url or "#" in url:
        return None
    return _at(url.removeprefix(f"{origin}/").split("/"))


def _at(path: list[str]) -> Place | None:
    match path:
        case ["users", name, *rest]:
            return _of_person(name, rest)
        case ["groups", slug, *rest] if _NAME.fullmatch(slug):
            return _of_owner(Group(slug), rest, _GROUP_BOXES)
        case ["messages", uuid, *rest] if _UUID.fullmatch(uuid):
            return _of_message(Message(MessageId(uuid)), rest)
        case [kind, value]:
            return _below(kind, value)
        case [page]:
            return _at_top(page)
        case _:
            return None


def _at_top(page: str) -> Place | None:
    if page.startswith("@") and _NAME.fullmatch(page[1:]):
        return PersonPage(page[1:])
    return SharedInbox() if page == "inbox" else None


def _of_person(name: str, rest: list[str]) -> Place | None:
    if name == INSTANCE_NAME:
        return _of_owner(Instance(), rest, _PERSON_BOXES)
    if not _NAME.fullmatch(name):
        return None
    match rest:
        case ["items", uuid, *below] if _UUID.fullmatch(uuid):
            return _of_listing(Listing(name, ListingId(uuid)), below)
        case _:
            return _of_owner(Person(name), rest, _PERSON_BOXES)


def _of_owner(owner: Owner, rest: list[str], boxes: tuple[str, ...]) -> Place | None:
    match rest:
        case []:
            return owner
        case [box] if box in boxes:
            return Box(owner, box)
        case ["activities", uuid] if _UUID.fullmatch(uuid):
            return Activity(owner, uuid)
        case _:
            return None


def _of_listing(listing: Listing, rest: list[str]) -> Place | None:
    match rest:
        case []:
            return listing
        case ["replies"]:
            return Replies(listing)
        case ["fil"]:
            return Thread(listing)
        case ["fil", uuid] if _UUID.fullmatch(uuid):
            return Thread(listing, uuid)
        case ["activities", uuid] if _UUID.fullmatch(uuid):
            return Activity(listing, uuid)
        case _:
            return None


def _of_message(message: Message, rest: list[str]) -> Place | None:
    match rest:
        case []:
            return message
        case ["create"]:
            return Activity(message, "create")
        case _:
            return None


def _below(kind: str, value: str) -> Place | None:
    match kind:
        case "annonces" if _UUID.fullmatch(value):
            return ListingPage(ListingId(value))
        case "quartiers" if _NAME.fullmatch(value):
            return GroupPage(value)
        case "tags" if value:
            return Tag(unquote(value))
        case "circles" if value in ("1", "2", "3", "4"):
            return Circle(int(value))
        case "credits" if _SLUG.fullmatch(value):
            return Credits(value)
        case _:
            return None
