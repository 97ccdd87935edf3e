"""What was deleted, here or elsewhere, so that it does not come back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, exists, insert, or_, select

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.federation import early_deletion, tombstone

_MARKED = exists().where(tombstone.c.url == bindparam("wanted"))
_TAKEN_BACK = exists().where(
    early_deletion.c.url == bindparam("wanted"), early_deletion.c.actor_id == bindparam("author")
)
_IS_GONE = select(or_(_MARKED, _TAKEN_BACK))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """`former_type` is the type that stood there: Note, Person…"""

    url: str
    former_type: str
    deleted_at: datetime


async def put(tx: Tx, url: str, former_type: str, *, is_local: bool) -> None:
    """Mark `url` as deleted, once."""
    if await by_url(tx, url) is None:
        await tx.conn.execute(
            insert(tombstone).values(url=url, former_type=former_type, deleted_at=tx.now, is_local=is_local)
        )


async def put_early(tx: Tx, url: str, by: str) -> None:
    """`by` deletes what never came here: nobody else is bound by it, for any address may be named.

    Kept for good, like a tombstone: with a proof, anybody may pass on what was taken back, however late.
    """
    values = {"url": url, "actor_id": by}
    if (await tx.conn.execute(select(early_deletion.c.url).filter_by(**values))).first() is None:
        await tx.conn.execute(insert(early_deletion).values(**values, deleted_at=tx.now))


async def is_gone(tx: Tx, url: str, *, author_id: str) -> bool:
    """Whether what this author puts at `url` was deleted, here or by the author before it came."""
    return bool((await tx.rows(_IS_GONE, wanted=url, author=author_id))[0][0])


async def by_url(tx: Tx, url: str) -> Tombstone | None:
    """The mark at this address."""
    row = (
        await tx.conn.execute(
            select(tombstone.c.url, tombstone.c.former_type, tombstone.c.deleted_at).where(tombstone.c.url == url)
        )
    ).first()
    return Tombstone(row.url, row.former_type, row.deleted_at) if row is not None else None
