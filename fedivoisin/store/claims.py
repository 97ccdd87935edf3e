"""What a process that was killed had taken and never gave back."""

from sqlalchemy import update

from fedivoisin.store.db import Tx
from fedivoisin.store.schema.accounts import mail
from fedivoisin.store.schema.federation import delivery, inbox
from fedivoisin.store.schema.journal import event

QUEUES = (event, inbox, delivery, mail)


async def forget(tx: Tx) -> None:
    """Give everything back at once. Only where no other process works: others' claims end by themselves."""
    for queue in QUEUES:
        await tx.conn.execute(update(queue).where(queue.c.claimed_until.is_not(None)).values(claimed_until=None))
