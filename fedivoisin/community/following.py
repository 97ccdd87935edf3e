"""Following: who may ask, who is taken without being asked, and what then happened."""

import re
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId

LONGEST_ADDRESS = 500

_ADDRESS = re.compile(r"@?([a-z0-9_.-]{1,64})@([^\s/@?#]{3,260})", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s/?#]+(?:/[^\s#]*)?", re.IGNORECASE)


class FollowAsked(Struct, frozen=True):
    """Somebody wishes to hear of what an actor publishes."""

    follow_id: str
    follower: ActorId
    followed: ActorId


class FollowAccepted(Struct, frozen=True):
    """They will."""

    follow_id: str
    follower: ActorId
    followed: ActorId


class FollowRejected(Struct, frozen=True):
    """They will not, or no longer."""

    follow_id: str
    follower: ActorId
    followed: ActorId


class FollowWithdrawn(Struct, frozen=True):
    """The follower changed their mind; the request had this address on the wire."""

    follower: ActorId
    followed: ActorId
    activity_url: str


FollowEvent: TypeAlias = FollowAsked | FollowAccepted | FollowRejected | FollowWithdrawn


class TypedAddress(Struct, frozen=True):
    """`@name@host`, taken apart."""

    name: str
    host: str


def read_address(typed: str) -> TypedAddress | str:
    """What a person typed or pasted: `@name@host`, or the URL of a profile. Refused when it is neither."""
    text = typed.strip()
    if not text or len(text) > LONGEST_ADDRESS:
        raise Refused(Reason.ADDRESS_UNREADABLE, field="address")
    found = _ADDRESS.fullmatch(text)
    if found:
        return TypedAddress(found[1], found[2].lower())
    if _URL.fullmatch(text):
        return text
    raise Refused(Reason.ADDRESS_UNREADABLE, field="address")


def ask(
    *, follow_id: str, follower: ActorId, followed: ActorId, already: str | None, answers_itself: bool, is_gone: bool
) -> Iterator[FollowAsked | FollowAccepted]:
    """A request between two actors. `already` is the state of an earlier one; a Group of ours answers at once."""
    if follower == followed:
        raise Refused(Reason.FOLLOW_ONESELF)
    if is_gone:
        raise Refused(Reason.NOT_FOUND)
    if already in ("asked", "accepted"):
        raise Refused(Reason.ALREADY_FOLLOWED)
    yield FollowAsked(follow_id, follower, followed)
    if answers_itself:
        yield FollowAccepted(follow_id, follower, followed)
