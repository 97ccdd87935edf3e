"""Photos that a member hands in: drawn anew at once, so that nothing of the original file stays."""

import asyncio
from collections.abc import Sequence

from fedivoisin.errors import Refused
from fedivoisin.ids import ActorId, PictureId
from fedivoisin.store import pictures
from fedivoisin.store.pictures import WEBP, Media, thumbnail_path
from fedivoisin.web.visit import Visit

LONGEST_SIDE = 1600


async def take_in(visit: Visit, owner: ActorId, bodies: Sequence[bytes], field: str = "pictures") -> list[Media]:
    """The files kept and written down. What cannot be read is told beside the field; the others are kept."""
    found: list[Media] = []
    for body in bodies:
        try:
            found.append(await _keep(visit, owner, body))
        except Refused as refused:
            visit.form.take(refused, field)
    return found


async def _keep(visit: Visit, owner: ActorId, body: bytes) -> Media:
    world = visit.world
    encoded = await world.encode_image(body, max_side=LONGEST_SIDE, max_pixels=visit.settings.limits.picture_pixels)
    picture_id = world.new_id()
    path = path_of(picture_id)
    await asyncio.gather(
        world.media.save(path, encoded.body), world.media.save(thumbnail_path(path), encoded.thumbnail)
    )
    kept = Media(
        id=PictureId(picture_id),
        owner_id=owner,
        path=path,
        media_type=WEBP,
        width=encoded.width,
        height=encoded.height,
        bytes=len(encoded.body),
        blurhash=encoded.blurhash,
        created_at=visit.now,
    )
    await visit.store.append(pictures.keep_media, kept)
    return kept


def path_of(picture_id: str) -> str:
    """Where the file of that random id stands."""
    plain = picture_id.replace("-", "")
    return f"{plain[-2:]}/{plain[-4:-2]}/{picture_id}.webp"
