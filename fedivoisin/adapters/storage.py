"""Where pictures are kept: a folder, or a store that all machines reach."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from fedivoisin.adapters import media
from fedivoisin.settings import Settings
from fedivoisin.world import MediaFolder

TRIAL = "es/sa/essai-de-fedivoisin.webp"


@asynccontextmanager
async def pictures(settings: Settings, *, now: Callable[[], datetime]) -> AsyncGenerator[MediaFolder]:
    """As the settings say, until the end of the block."""
    chosen = settings.s3
    if not chosen.bucket:
        yield media.MediaFolder(Path(settings.media))
        return
    # Few instances need it.
    from fedivoisin.adapters import s3, sigv4

    credentials = sigv4.Credentials(chosen.access_key, chosen.secret_key, chosen.region)
    folder = s3.S3Folder(s3.Bucket(chosen.endpoint, chosen.bucket, chosen.prefix), credentials, now=now)
    try:
        yield folder
    finally:
        await folder.close()


async def fault(folder: MediaFolder) -> str | None:
    """What goes wrong when a file is kept, read and taken away again; nothing when all is well."""
    try:
        await folder.save(TRIAL, b"essai")
        kept = await folder.load(TRIAL)
        await folder.remove(TRIAL)
    except OSError as error:
        return str(error)
    return None if kept == b"essai" else "what was kept could not be read"
