"""The one row that says what the association decided."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from fedivoisin.ids import ActorId
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.neighbourhood import neighbourhood

TRIAL_ORIGIN = "https://essai.invalid"
"""Stands in local addresses until the public one is known; nothing federates meanwhile."""
ONLY = 1


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The association's answers. Empty strings where it has not answered yet."""

    origin: str
    federated_at: datetime | None
    founded_at: datetime | None
    """None until the first-run questions are answered."""
    setup_hash: str | None
    name: str
    commune: str
    department: str
    slug: str
    group_id: ActorId | None
    instance_id: ActorId | None
    latitude: float | None
    longitude: float | None
    language: str
    sponsors_needed: int
    contact_email: str
    help_name: str
    help_hours: str
    help_telephone: str
    legal: dict[str, str]
    mail: dict[str, Any]
    colour: str
    tiles: str
    code_prefix: str

    @property
    def is_trial(self) -> bool:
        """No public address yet: nothing leaves, nothing comes in."""
        return not self.origin

    @property
    def sends_mail(self) -> bool:
        """A mail server is set."""
        return _has_server(self.mail)

    @property
    def base(self) -> str:
        """The origin that local addresses are built on."""
        return self.origin or TRIAL_ORIGIN


FIELDS = tuple(Neighbourhood.__dataclass_fields__)
_MAIL = select(neighbourhood.c.mail).where(neighbourhood.c.id == ONLY)
_CURRENT = select(*(neighbourhood.c[name] for name in FIELDS)).where(neighbourhood.c.id == ONLY)


async def current(tx: Tx) -> Neighbourhood:
    """The row; `prepare` made it when the program first started."""
    (row,) = await tx.rows(_CURRENT)
    return Neighbourhood(*row)


async def sends_mail(tx: Tx) -> bool:
    """Whether a mail server is set; never where the program has not started yet."""
    if "sends_mail" not in tx.known:
        tx.known["sends_mail"] = any(_has_server(mail) for (mail,) in await tx.rows(_MAIL))
    return bool(tx.known["sends_mail"])


async def current_or_none(tx: Tx) -> Neighbourhood | None:
    """The row, where the program may never have started."""
    if await tx.conn.scalar(select(neighbourhood.c.id).where(neighbourhood.c.id == ONLY)) is None:
        return None
    return await current(tx)


async def prepare(tx: Tx, *, origin: str, setup_hash: str) -> bool:
    """Make the row if it is missing. True when it was: the first-run link may be printed."""
    if await tx.conn.scalar(select(neighbourhood.c.id).where(neighbourhood.c.id == ONLY)) is not None:
        return False
    tx.filled.add("door")
    await tx.conn.execute(
        insert(neighbourhood).values(id=ONLY, origin=origin, setup_hash=setup_hash, legal={}, mail={})
    )
    return True


async def change(tx: Tx, /, **values: Any) -> None:
    """Set some of its columns."""
    tx.filled.add("door")
    tx.known.clear()
    await tx.conn.execute(update(neighbourhood).where(neighbourhood.c.id == ONLY).values(**values))


async def change_and_read(tx: Tx, /, **values: Any) -> Neighbourhood:
    """Set some of its columns; gives the row as it is then."""
    await change(tx, **values)
    return await current(tx)


async def setup_draft(tx: Tx) -> dict[str, dict[str, Any]]:
    """The answers of the first run so far, by screen."""
    draft = await tx.conn.scalar(select(neighbourhood.c.setup_draft).where(neighbourhood.c.id == ONLY))
    return draft or {}


async def keep_setup_draft(tx: Tx, screen: str, answers: dict[str, Any]) -> None:
    """Keep what one screen of the first run was told."""
    await change(tx, setup_draft=await setup_draft(tx) | {screen: answers})


def _has_server(mail: dict[str, Any]) -> bool:
    return bool(mail.get("host"))
