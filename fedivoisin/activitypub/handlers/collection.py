"""`Add` and `Remove`: what others put into collections. Nobody elsewhere fills those of our Groups.

What other Groups and people pin, and whom they make moderators, concerns their own pages: nothing here shows it, and no
word of a moderator elsewhere is taken (what they delete is asked for at its own address). So it is counted, and left.
"""

from fedivoisin import addresses
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import Add, Remove
from fedivoisin.activitypub.proven import Proven
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.store.actors import Actor


def changed(proven: Proven[Add | Remove]) -> Outcome:
    """Said by the owner of the collection, or by a moderator of a Group."""
    return of_target(proven.activity.target, proven.actor, proven.origin)


def of_target(target: str, speaker: Actor, origin: str) -> Outcome:
    """Why nothing follows. BadActivity for a collection of ours: its moderators all live here."""
    if isinstance(addresses.resolve(origin, target), addresses.Box):
        raise BadActivity("not-a-moderator", status=403)
    if target == speaker.featured:
        return Outcome.PINNED_ELSEWHERE
    return Outcome.KEPT_ELSEWHERE if same_origin(target, speaker.url) else Outcome.IGNORED
