"""What one of our actors says about one thing reaches an inbox in the order in which it was said.

A Delete that came before its Create would bring the thing back. Of different things, or of different speakers, none
waits for the other: what one server cannot take would hold up all the rest for days.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Delivery
from fedivoisin.store.schema.federation import activity, delivery

LOOK_AGAIN = timedelta(seconds=5)
"""When what was said before is under way elsewhere, or due like this one."""
OLDEST = timedelta(days=14)
"""Nothing waits for so long: deliveries are given up after a week."""


async def in_order(tx: Tx, claimed: Sequence[Delivery]) -> tuple[list[Delivery], Mapping[int, set[int]]]:
    """Those of `claimed` that may go now, and behind which others of them; what must wait for another is given back."""
    said_now = {"ids": sorted({one.activity_id for one in claimed}), "since": tx.now - OLDEST}
    pairs = {(said, earlier) for said, earlier in await tx.conn.execute(_EARLIER, said_now)}
    if not pairs:
        return list(claimed), {}
    taken = {one.id: one.activity_id for one in claimed}
    late, early = ({pair[which] for pair in pairs} for which in (0, 1))
    values = {"ids": [id for id, said in taken.items() if said in late], "earlier": sorted(early)}
    behind: dict[int, set[int]] = {}
    later: dict[int, datetime] = {}
    for one, before, activity_id, next_at in await tx.conn.execute(_BEFORE, values):
        if (taken[one], activity_id) not in pairs:
            continue
        if before in taken:
            behind.setdefault(one, set()).add(before)
        else:
            later[one] = max(later.get(one, tx.now + LOOK_AGAIN), next_at)
    if later:
        await tx.conn.execute(_LATER, [{"row": one, "then": then} for one, then in later.items()])
    return [one for one in claimed if one.id not in later], behind


# All that is said at once has one moment: the ids of their deliveries tell which came first.
_earlier, _before = activity.alias("earlier"), delivery.alias("before")
# An Undo is about the activity that it takes back.
_IS_ABOUT: Any = or_(_earlier.c.object_url == activity.c.object_url, _earlier.c.url == activity.c.object_url)
_IS_EARLIER: Any = (_earlier.c.actor_id == activity.c.actor_id) & (_earlier.c.id != activity.c.id) & _IS_ABOUT
_EARLIER = (
    select(activity.c.id, _earlier.c.id)
    .join(_earlier, _IS_EARLIER)
    .where(
        activity.c.id.in_(bindparam("ids", expanding=True)),
        _earlier.c.published_at > bindparam("since"),
        _earlier.c.published_at <= activity.c.published_at,
    )
)
_BEFORE = (
    select(delivery.c.id, _before.c.id, _before.c.activity_id, _before.c.next_at)
    .join(_before, (_before.c.inbox == delivery.c.inbox) & (_before.c.id < delivery.c.id))
    .where(
        delivery.c.id.in_(bindparam("ids", expanding=True)),
        _before.c.activity_id.in_(bindparam("earlier", expanding=True)),
        _before.c.next_at.is_not(None),
    )
)
_LATER = (
    update(delivery)
    .where(delivery.c.id == bindparam("row"))
    .values(claimed_until=None, next_at=bindparam("then", type_=delivery.c.next_at.type))
)
