"""Pictures of other towns: fetched by us, drawn anew, kept; members' browsers ask nobody else."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from fedivoisin.errors import BadActivity, Refused, Unreachable
from fedivoisin.ids import ActorId, PictureId
from fedivoisin.settings import Limits
from fedivoisin.store import blocks, pictures
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.pictures import WEBP, Media, RemotePicture, thumbnail_path
from fedivoisin.urls import parse
from fedivoisin.world import EncodedImage, World

log = logging.getLogger(__name__)

ACCEPT = "image/webp, image/jpeg, image/png"
LONGEST_SIDE = 1600
BATCH = 32
MOST_HOSTS = 8
"""Asked at once."""
LONGEST_TURN = timedelta(seconds=20)
"""After which a host is asked for nothing more in this batch: the next batch waits for the slowest host of this one."""


async def fetch_remote_pictures(store: Store, world: World, limits: Limits) -> int:
    """Fetch what is due; how many were tried."""
    claimed = await store.take(pictures.claim_remote, limit=BATCH)
    by_host: dict[str, list[RemotePicture]] = {}
    for one in claimed:
        by_host.setdefault(urlsplit(one.url).netloc, []).append(one)
    places = asyncio.Semaphore(MOST_HOSTS)
    # One host's pictures one after the other, several hosts at once: who drips holds up nobody else (B25).
    async with asyncio.TaskGroup() as group:
        for those in by_host.values():
            group.create_task(_fetch_of_one_host(store, world, limits, those, places))
    return len(claimed)


async def _fetch_of_one_host(
    store: Store, world: World, limits: Limits, those: Sequence[RemotePicture], places: asyncio.Semaphore
) -> None:
    left = iter(those)
    async with places:
        began = world.now()
        for one in left:
            await _try(store, world, limits, one)
            if world.now() - began >= LONGEST_TURN:
                break
    if put_off := [one.url for one in left]:
        await store.append(pictures.put_off_remote, put_off, wait=LONGEST_TURN)


async def _try(store: Store, world: World, limits: Limits, one: RemotePicture) -> None:
    try:
        await _fetch(store, world, limits, one)
    except Exception:
        # Whatever broke us: those behind it are fetched, and it is not tried for ever.
        log.exception("picture failed", extra={"url": one.url})
        await _give_up(store, one, is_final=one.attempts >= pictures.MOST_ATTEMPTS)


async def _fetch(store: Store, world: World, limits: Limits, one: RemotePicture) -> None:
    owner = await _owner(store, one.url)
    if owner is None:
        await _give_up(store, one, is_final=True)
        return
    try:
        response = await world.fetch(
            one.url, accept=ACCEPT, max_bytes=limits.remote_picture, may_go=lambda target: _check_host(store, target)
        )
        if response.status != 200:
            raise Unreachable("not-there", status=response.status)
        encoded = await world.encode_image(
            response.body, max_side=LONGEST_SIDE, max_pixels=limits.remote_picture_pixels
        )
    except Unreachable as error:
        is_gone = error.status is not None and error.status in (401, 403, 404, 410)
        await _give_up(store, one, is_final=is_gone or one.attempts >= pictures.MOST_ATTEMPTS)
        return
    except (BadActivity, Refused):
        await _give_up(store, one, is_final=True)
        return
    await _keep(store, world, one, owner, encoded)


async def _owner(store: Store, url: str) -> ActorId | None:
    try:
        await _check_host(store, url)
    except BadActivity:
        return None
    async with store.read() as tx:
        return await pictures.owner_of_remote(tx, url)


async def _check_host(store: Store, url: str) -> None:
    # A blocked domain is asked for nothing, not even a picture; whatever way its name is spelt (CVE-2023-42451).
    async with store.read() as tx:
        if await blocks.is_blocked(tx, parse(url).host):
            raise BadActivity("blocked", status=403)


async def _keep(store: Store, world: World, one: RemotePicture, owner: ActorId, encoded: EncodedImage) -> None:
    path = f"{one.public_id[-2:]}/{one.public_id[-4:-2]}/{one.public_id}.webp"
    await asyncio.gather(
        world.media.save(path, encoded.body), world.media.save(thumbnail_path(path), encoded.thumbnail)
    )

    async def write(tx: Tx) -> None:
        kept = Media(
            id=PictureId(one.public_id),
            owner_id=owner,
            path=path,
            media_type=WEBP,
            width=encoded.width,
            height=encoded.height,
            bytes=len(encoded.body),
            blurhash=encoded.blurhash,
            created_at=tx.now,
        )
        await pictures.keep_remote(tx, one.url, kept)

    await store.append(write)


async def _give_up(store: Store, one: RemotePicture, *, is_final: bool) -> None:
    wait = timedelta(minutes=4**one.attempts)
    await store.append(pictures.remote_failed, one.url, is_final=is_final, wait=wait)
