"""From a document and its readers to rows: proved, kept in the outbox, one delivery per inbox."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fedivoisin import addresses
from fedivoisin.activitypub import signing
from fedivoisin.activitypub.documents import contexts
from fedivoisin.activitypub.documents.activities import Envelope
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.wire import proofs
from fedivoisin.addresses import PUBLIC
from fedivoisin.ids import ActivityId
from fedivoisin.store import actors, blocks, follows, neighbourhoods, outbox
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.outbox import Activity, Target
from fedivoisin.urls import parse


@dataclass(frozen=True, slots=True)
class Post:
    """An activity about to leave. `object_url` is what it is about."""

    document: Json
    object_url: str


def envelope(tx: Tx, speaker: Actor, below: str | None = None) -> Envelope:
    """A new address for something that `speaker` says now, below their own or that of a listing."""
    from_url = below or speaker.url
    return Envelope(f"{from_url}/activities/{tx.new_id()}", speaker.url, tx.now)


async def proved(tx: Tx, document: Json, speaker: Actor) -> Json:
    """With the speaker's proof, so that others may pass it on (FEP-8b32)."""
    key = await signing.key_of(tx, speaker.id, "assertion")
    if key is None:
        return document
    readable = {**document, "@context": contexts.with_proofs(document["@context"])}
    return proofs.make(readable, key=key, created=tx.now)


async def post(tx: Tx, said: Post, speaker: Actor, targets: Collection[Target]) -> None:
    """Keep it in the outbox and let it be delivered; from the first delivery on the origin is fixed."""
    document = said.document
    to_a_person = PUBLIC not in document.get("to", ()) and PUBLIC not in document.get("cc", ())
    shut_out = await blocks.domains(tx)
    allowed = [target for target in targets if not blocks.covers(shut_out, target.host)]
    await outbox.put(
        tx,
        Activity(
            id=ActivityId(tx.new_id()),
            url=str(document["id"]),
            actor_id=speaker.id,
            type=str(document["type"]),
            object_url=said.object_url,
            body=written(document),
            is_public=not to_a_person,
            published_at=tx.now,
        ),
        allowed,
        priority=outbox.TO_A_PERSON if to_a_person else outbox.FAN_OUT,
    )
    if allowed and (await neighbourhoods.current(tx)).federated_at is None:
        await neighbourhoods.change(tx, federated_at=tx.now)


async def readers(tx: Tx, followed: Iterable[Actor], others: Iterable[Actor] = ()) -> dict[str, Target]:
    """The inboxes of everyone elsewhere who follows any of `followed`, and of `others`; shared ones where there are."""
    found = _inboxes(others)
    for address in await follows.remote_inboxes(tx, [one.id for one in followed]):
        found[address] = Target(address, _host(address))
    return found


async def with_instance(tx: Tx, speaker: Actor) -> list[Actor]:
    """Whose followers hear what a member says to everybody: their own, and those of the instance (flohmarkt follows
    instances and nothing else).
    """
    url = addresses.instance_url((await neighbourhoods.current(tx)).origin)
    instance = await actors.by_url(tx, url)
    return [speaker] if instance is None else [speaker, instance]


def _inboxes(people: Iterable[Actor]) -> dict[str, Target]:
    found: dict[str, Target] = {}
    for one in people:
        if not one.is_local and one.gone_at is None:
            address = one.shared_inbox or one.inbox
            found[address] = Target(address, _host(address))
    return found


def to_one(person: Actor) -> list[Target]:
    """The person's own inbox: what is private need not pass through a shared one. Nothing for one of ours."""
    if person.is_local or person.gone_at is not None:
        return []
    return [Target(person.inbox, _host(person.inbox))]


def written(document: Mapping[str, Any]) -> str:
    """The text that is kept, signed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def read(kept: Activity) -> Json:
    """The document of an activity that we said."""
    return dict(json.loads(kept.body))


def _host(address: str) -> str:
    return parse(address).authority
