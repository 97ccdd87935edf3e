"""Which handler for which activity: one line each, and dropping a case is a type error."""

from typing import assert_never

from fedivoisin.activitypub.handlers import announce, collection, flag, follow, like, thing
from fedivoisin.activitypub.handlers.outcome import Outcome
from fedivoisin.activitypub.parse.activities import (
    Accept,
    Activity,
    Add,
    Announce,
    Block,
    Create,
    Delete,
    Flag,
    Follow,
    Ignored,
    Like,
    Move,
    Offer,
    Reject,
    Remove,
    Undo,
    Update,
)
from fedivoisin.activitypub.proven import Proven
from fedivoisin.store.db import Tx


async def handle(tx: Tx, proven: Proven[Activity]) -> Outcome:  # noqa: C901  # one line per verb
    """Do what the activity asks. Raises BadActivity for good, Missing for now."""
    match proven.activity:
        case Create() as activity:
            return await thing.created(tx, proven.of(activity))
        case Update() as activity:
            return await thing.updated(tx, proven.of(activity))
        case Delete() as activity:
            return await thing.deleted(tx, proven.of(activity))
        case Announce() as activity:
            return await announce.announced(tx, proven.of(activity))
        case Follow() as activity:
            return await follow.asked(tx, proven.of(activity))
        case Accept() as activity:
            return await follow.accepted(tx, proven.of(activity))
        case Reject() as activity:
            return await follow.rejected(tx, proven.of(activity))
        case Undo() as activity:
            return await like.undone(tx, proven.of(activity))
        case Like() as activity:
            return await like.liked(tx, proven.of(activity))
        case Flag() as activity:
            return await flag.reported(tx, proven.of(activity))
        case Block() as activity:
            return await follow.blocked(tx, proven.of(activity))
        case Move() as activity:
            return await follow.moved(tx, proven.of(activity))
        case Add() | Remove() as activity:
            return collection.changed(proven.of(activity))
        case Offer() | Ignored():
            return Outcome.IGNORED
        case _ as never:
            assert_never(never)
