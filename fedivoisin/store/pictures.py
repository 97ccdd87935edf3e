"""Pictures: files of ours, what stands under a listing, and the kept copies of other towns' pictures."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, insert, or_, select, update

from fedivoisin.ids import ActorId, PictureId
from fedivoisin.market.listing import Listing, Picture
from fedivoisin.store.claims import found_once
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.actors import actor
from fedivoisin.store.schema.listings import draft, media, picture, remote_media
from fedivoisin.store.schema.listings import listing as listing_table

CLAIM = timedelta(minutes=5)
MOST_ATTEMPTS = 6
WEBP = "image/webp"


@dataclass(frozen=True, slots=True)
class Media:
    """One file below the media folder; its small copy stands at `thumbnail_path(path)`."""

    id: PictureId
    owner_id: ActorId
    path: str
    media_type: str
    width: int
    height: int
    bytes: int
    blurhash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RemotePicture:
    """A picture of another town of which we keep a copy; `path` and sizes once it is kept."""

    url: str
    public_id: str
    state: str
    """waiting, kept or failed."""
    attempts: int
    path: str | None = None
    width: int | None = None
    height: int | None = None


_PICTURE = tuple(column.name for column in picture.c)
_UNDER_ONE = select(picture).where(picture.c.listing_id == bindparam("wanted")).order_by(picture.c.position)


def thumbnail_path(path: str) -> str:
    """Where the small copy of a file stands."""
    stem, dot, ending = path.rpartition(".")
    return f"{stem}-480{dot}{ending}"


async def keep_media(tx: Tx, kept: Media) -> None:
    """A file that was just written below the media folder."""
    await tx.conn.execute(insert(media).values(**asdict(kept)))


async def media_of(tx: Tx, owner_id: str, ids: Collection[str]) -> dict[str, Media]:
    """Those of `ids` that belong to this member, by id."""
    if not ids:
        return {}
    rows = await tx.conn.execute(select(media).where(media.c.id.in_(set(ids)), media.c.owner_id == owner_id))
    return {row["id"]: Media(**row) for row in rows.mappings()}


async def under(tx: Tx, listing_ids: Collection[str]) -> dict[str, tuple[Picture, ...]]:
    """The pictures of these listings, in order."""
    if not listing_ids:
        return {}
    rows = await tx.conn.execute(
        select(picture).where(picture.c.listing_id.in_(set(listing_ids))).order_by(picture.c.position)
    )
    found: dict[str, tuple[Picture, ...]] = {}
    for row in rows.mappings():
        found[row["listing_id"]] = (*found.get(row["listing_id"], ()), _picture(row))
    return found


async def under_one(tx: Tx, listing_id: str) -> tuple[Picture, ...]:
    """The pictures of this listing, in order."""
    rows = await tx.rows(_UNDER_ONE, wanted=listing_id)
    return tuple(_picture(dict(zip(_PICTURE, row, strict=True))) for row in rows)


async def write(tx: Tx, listing: Listing) -> None:
    """Let these pictures stand under the listing. Those of another town are asked for, to be kept here."""
    await remove_all(tx, listing.id)
    if not listing.pictures:
        return
    rows = [_row(listing, position, one) for position, one in enumerate(listing.pictures)]
    await tx.conn.execute(insert(picture), rows)
    if not listing.is_local:
        await _ask_for(tx, [one.url for one in listing.pictures])


async def remove_all(tx: Tx, listing_id: str) -> None:
    """The listing shows none any more."""
    await tx.conn.execute(delete(picture).where(picture.c.listing_id == listing_id))


async def kept_copies(tx: Tx, urls: Collection[str]) -> dict[str, RemotePicture]:
    """What we keep of these pictures of other towns, by their address; only those that can be shown."""
    if not urls:
        return {}
    rows = await tx.conn.execute(_with_media().where(remote_media.c.url.in_(set(urls)), remote_media.c.state == "kept"))
    return {row["url"]: RemotePicture(**row) for row in rows.mappings()}


async def kept_copy(tx: Tx, public_id: str) -> RemotePicture | None:
    """The kept copy of that public name."""
    rows = await tx.conn.execute(
        _with_media().where(remote_media.c.public_id == public_id, remote_media.c.state == "kept")
    )
    row = rows.mappings().first()
    return RemotePicture(**row) if row is not None else None


async def claim_remote(tx: Tx, *, limit: int) -> list[RemotePicture]:
    """Take pictures of other towns that are due to be fetched; nobody else takes them meanwhile.

    What is not done by then is due again, but after the last try: one may break whoever draws it.
    """
    due = (
        select(remote_media.c.url)
        .where(remote_media.c.state == "waiting", remote_media.c.next_at <= tx.now)
        .order_by(remote_media.c.next_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = await tx.conn.execute(
        update(remote_media)
        .where(remote_media.c.url.in_(found_once(due)))
        .values(
            next_at=case((remote_media.c.attempts + 1 < MOST_ATTEMPTS, tx.now + CLAIM)),
            attempts=remote_media.c.attempts + 1,
        )
        .returning(remote_media.c.url, remote_media.c.public_id, remote_media.c.state, remote_media.c.attempts)
    )
    return [RemotePicture(**row) for row in rows.mappings()]


async def owner_of_remote(tx: Tx, url: str) -> ActorId | None:
    """The author of a listing that shows this picture; None when none does any more."""
    author = await tx.conn.scalar(
        select(listing_table.c.author_id)
        .join(picture, picture.c.listing_id == listing_table.c.id)
        .where(picture.c.url == url, listing_table.c.deleted_at.is_(None))
        .limit(1)
    )
    return ActorId(author) if author is not None else None


async def keep_remote(tx: Tx, url: str, kept: Media) -> None:
    """Our copy is written: it may be shown."""
    await keep_media(tx, kept)
    await tx.conn.execute(
        update(remote_media)
        .where(remote_media.c.url == url)
        .values(state="kept", media_id=kept.id, next_at=None, fetched_at=tx.now)
    )


async def remote_failed(tx: Tx, url: str, *, is_final: bool, wait: timedelta) -> None:
    """It could not be kept: tried again after `wait`, or never."""
    values = {"state": "failed", "next_at": None} if is_final else {"next_at": tx.now + wait}
    await tx.conn.execute(update(remote_media).where(remote_media.c.url == url).values(**values))


async def put_off_remote(tx: Tx, urls: Sequence[str], *, wait: timedelta) -> None:
    """They were claimed and not asked for: due again after `wait`, and no try is counted."""
    await tx.conn.execute(
        update(remote_media)
        .where(remote_media.c.url.in_(urls))
        .values(next_at=tx.now + wait, attempts=remote_media.c.attempts - 1)
    )


async def forget_unused(tx: Tx, *, before: datetime, limit: int) -> list[str]:
    """Forget files made before that moment which nothing shows: no listing, no draft, no profile. Gives their paths."""
    shown_copy = (
        select(remote_media.c.url)
        .join(picture, picture.c.url == remote_media.c.url)
        .where(remote_media.c.media_id == media.c.id)
        .exists()
    )
    shown = select(picture.c.id).where(picture.c.media_id == media.c.id).exists()
    rows = await tx.conn.execute(
        select(media.c.id, media.c.path).where(media.c.created_at < before, ~shown, ~shown_copy)
    )
    spoken_for = await _in_drafts(tx) | await _on_profiles(tx)
    found = [(row.id, row.path) for row in rows if row.id not in spoken_for and row.path not in spoken_for][:limit]
    if found:
        ids = [one for one, _path in found]
        await tx.conn.execute(delete(remote_media).where(remote_media.c.media_id.in_(ids)))
        await tx.conn.execute(delete(media).where(media.c.id.in_(ids)))
    return [path for _one, path in found]


async def _in_drafts(tx: Tx) -> set[str]:
    fields = await tx.conn.scalars(select(draft.c.fields))
    return {str(one["id"]) for kept in fields for one in kept.get("pictures", [])}


async def _on_profiles(tx: Tx) -> set[str]:
    urls = await tx.conn.scalars(select(actor.c.icon_url).where(actor.c.is_local, actor.c.icon_url.is_not(None)))
    return {str(url).partition("/media/")[2] for url in urls}


def _with_media() -> Any:
    columns = [remote_media.c[name] for name in ("url", "public_id", "state", "attempts")]
    return select(*columns, media.c.path, media.c.width, media.c.height).join(
        media, media.c.id == remote_media.c.media_id
    )


async def _ask_for(tx: Tx, urls: list[str]) -> None:
    known = set(await tx.conn.scalars(select(remote_media.c.url).where(or_(*(remote_media.c.url == u for u in urls)))))
    wanted = [url for url in dict.fromkeys(urls) if url not in known]
    if wanted:
        tx.filled.add("pictures")
        await tx.conn.execute(
            insert(remote_media),
            [{"url": url, "public_id": tx.new_id(), "state": "waiting", "next_at": tx.now} for url in wanted],
        )


def _row(listing: Listing, position: int, one: Picture) -> dict[str, Any]:
    # A picture of ours bears the id of its file.
    return asdict(one) | {
        "listing_id": listing.id,
        "media_id": one.id if listing.is_local else None,
        "position": position,
    }


def _picture(row: Any) -> Picture:
    return Picture(**{name: row[name] for name in Picture.__dataclass_fields__})
