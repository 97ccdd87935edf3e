"""What an admin may change after the first run; each change stands in the journal."""

from typing import Any

from fedivoisin.actions import groups
from fedivoisin.actions.staff import require_admin
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import blocks, events, mails, neighbourhoods, origins, outbox, peers, queued
from fedivoisin.store.db import Tx
from fedivoisin.trust.decisions import (
    DeliveriesDropped,
    DeliveriesRetried,
    DomainBlocked,
    DomainUnblocked,
    SettingsChanged,
)

SUBJECT = "reglages"
"""One subject for all settings: their effects keep one order."""


async def change(tx: Tx, *, by: MemberId, section: str, values: dict[str, Any]) -> None:
    """Set columns of the neighbourhood. Names what differs, never a value: one of them is a password."""
    await require_admin(tx, by)
    here = await neighbourhoods.current(tx)
    differing = {name: value for name, value in values.items() if getattr(here, name) != value}
    if not differing:
        return
    await neighbourhoods.change(tx, **differing)
    if {"name", "commune"} & differing.keys():
        await groups.rename(tx)
    if "mail" in differing:
        await mails.wake(tx)
    changed = SettingsChanged(section, tuple(sorted(differing)))
    await events.record(tx, changed, subject=SUBJECT, by=by)


async def choose_origin(tx: Tx, *, by: MemberId, origin: str) -> None:
    """Leave trial mode, or correct the address while nobody knows it. Raises Refused(ORIGIN_FIXED)."""
    await require_admin(tx, by)
    if await move_to(tx, origin):
        await events.record(tx, SettingsChanged("adresse", ("origin",)), subject=SUBJECT, by=by)


async def move_to(tx: Tx, origin: str) -> bool:
    """Put everything of ours under `origin`; false if it is there already. Raises Refused(ORIGIN_FIXED)."""
    here = await neighbourhoods.current(tx)
    if origin == here.origin:
        return False
    if here.federated_at is not None or await origins.ever_spoke(tx):
        raise Refused(Reason.ORIGIN_FIXED, field="origin")
    await origins.move(tx, old=here.base, new=origin)
    await neighbourhoods.change(tx, origin=origin)
    return True


async def block_domain(tx: Tx, *, by: MemberId, domain: str, reason: str) -> None:
    """Nothing is fetched from it, accepted or sent any more."""
    await require_admin(tx, by)
    await blocks.add(tx, domain, reason=reason, by=by)
    await events.record(tx, DomainBlocked(domain), subject=SUBJECT, by=by)


async def unblock_domain(tx: Tx, *, by: MemberId, block_id: str) -> None:
    """Let it in again. Raises Refused(NOT_FOUND)."""
    await require_admin(tx, by)
    removed = await blocks.remove(tx, block_id)
    if removed is None:
        raise Refused(Reason.NOT_FOUND)
    await events.record(tx, DomainUnblocked(removed.domain), subject=SUBJECT, by=by)


async def retry_host(tx: Tx, *, by: MemberId, host: str) -> None:
    """Send at once what waits for this host."""
    await require_admin(tx, by)
    await peers.try_now(tx, host)
    await outbox.wake(tx, host)
    await events.record(tx, DeliveriesRetried(host), subject=SUBJECT, by=by)


async def drop_host(tx: Tx, *, by: MemberId, host: str) -> None:
    """Give up what waits for this host."""
    await require_admin(tx, by)
    await outbox.drop(tx, host)
    await events.record(tx, DeliveriesDropped(host), subject=SUBJECT, by=by)


async def drop_delivery(tx: Tx, *, by: MemberId, host: str, delivery_id: int) -> None:
    """Give up one delivery to this host. Raises Refused(NOT_FOUND) when it waits no more."""
    await require_admin(tx, by)
    if not await queued.drop(tx, host, delivery_id):
        raise Refused(Reason.NOT_FOUND)
    await events.record(tx, DeliveriesDropped(host), subject=SUBJECT, by=by)
