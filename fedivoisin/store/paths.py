"""The nearest vouching path between a reader and others, at most three steps long."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, String, and_, case, literal, or_, select

from fedivoisin.ids import MemberId
from fedivoisin.store import members
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.trust import sponsorship
from fedivoisin.trust.path import Known, Path, Step, Tie

LONGEST = 3


async def to_each(tx: Tx, reader: MemberId, targets: Collection[MemberId]) -> dict[MemberId, Path]:
    """The path to each of `targets` that has one; never to the reader.

    Two walks of depth ≤ 2, one from each end, joined where they meet: measured far faster than one walk of
    depth 3, whose last step visits the whole town (ARCHITECTURE.md §4).
    """
    wanted = set(targets) - {reader}
    if not wanted:
        return {}
    chains = await _chains(tx, reader, wanted)
    names = await members.known(tx, {person for chain in chains.values() for person in chain})
    ties = await _ties(tx, {pair for chain in chains.values() for pair in zip((reader, *chain), chain, strict=False)})
    return {target: _path(reader, chain, names, ties) for target, chain in chains.items()}


async def between(tx: Tx, reader: MemberId, target: MemberId) -> Path | None:
    """The path from the reader to one person."""
    return (await to_each(tx, reader, [target])).get(target)


async def _chains(tx: Tx, reader: MemberId, targets: set[MemberId]) -> dict[MemberId, tuple[MemberId, ...]]:
    near, far = _walk(tx, "near", [reader]), _walk(tx, "far", sorted(targets))
    rows = await tx.conn.execute(
        select(far.c.origin, near.c.node, near.c.via.label("first"), far.c.via.label("last"))
        .join(near, near.c.node == far.c.node)
        .where(near.c.depth > 0, near.c.depth + far.c.depth <= LONGEST)
        .order_by(near.c.depth + far.c.depth, far.c.depth, near.c.via, near.c.node, far.c.via)
    )
    found: dict[MemberId, tuple[MemberId, ...]] = {}
    for row in rows:
        chain = (row.first, row.node, row.last, row.origin)
        people = [MemberId(person) for place, person in enumerate(chain) if person and person not in chain[:place]]
        found.setdefault(MemberId(row.origin), tuple(people))
    return found


def _walk(tx: Tx, name: str, starts: list[MemberId]) -> CTE:
    """(origin, node, depth, via): who is reached from each start in at most two steps, and through whom."""
    nobody = literal("", String())
    seeds = [select(literal(one, String()).label("origin"), literal(one, String()).label("node")) for one in starts]
    seed = seeds[0].union_all(*seeds[1:]).subquery(f"{name}_seed")
    walk = select(seed.c.origin, seed.c.node, literal(0).label("depth"), nobody.label("via")).cte(name, recursive=True)
    other = case((sponsorship.c.sponsor_id == walk.c.node, sponsorship.c.candidate_id), else_=sponsorship.c.sponsor_id)
    step = (
        select(walk.c.origin, other, walk.c.depth + 1, case((walk.c.depth == 1, walk.c.node), else_=nobody))
        .join(sponsorship, or_(sponsorship.c.sponsor_id == walk.c.node, sponsorship.c.candidate_id == walk.c.node))
        .where(walk.c.depth < 2, _stands(tx))
    )
    return walk.union(step)


async def _ties(tx: Tx, pairs: set[tuple[MemberId, MemberId]]) -> dict[tuple[MemberId, MemberId], Tie]:
    """How the first of each pair stands to the second."""
    if not pairs:
        return {}
    people = {person for pair in pairs for person in pair}
    rows = await tx.conn.execute(
        select(sponsorship.c.sponsor_id, sponsorship.c.candidate_id).where(
            sponsorship.c.sponsor_id.in_(people), sponsorship.c.candidate_id.in_(people), _stands(tx)
        )
    )
    found: dict[tuple[MemberId, MemberId], Tie] = {}
    for row in rows:
        found[(MemberId(row.sponsor_id), MemberId(row.candidate_id))] = Tie.SPONSORS
        found.setdefault((MemberId(row.candidate_id), MemberId(row.sponsor_id)), Tie.SPONSORED_BY)
    return found


def _path(
    reader: MemberId,
    chain: tuple[MemberId, ...],
    names: dict[MemberId, Known],
    ties: dict[tuple[MemberId, MemberId], Tie],
) -> Path:
    return Path(tuple(Step(ties[pair], names[pair[1]]) for pair in zip((reader, *chain), chain, strict=False)))


def _stands(tx: Tx) -> Any:
    return and_(
        sponsorship.c.withdrawn_at.is_(None), sponsorship.c.lapsed_at.is_(None), sponsorship.c.expires_at > tx.now
    )
