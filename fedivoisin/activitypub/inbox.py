"""Requests that arrive: verified, and kept at once for a worker to carry out."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedivoisin.activitypub import checking, dispatch, parse, remote
from fedivoisin.activitypub.fetching import GONE
from fedivoisin.activitypub.fresh import Fresh, Loaded, load
from fedivoisin.activitypub.parse.activities import Delete, Head
from fedivoisin.activitypub.proven import check_speaker, said_by
from fedivoisin.activitypub.remembered import NO_KEY, Kept, Remembered
from fedivoisin.activitypub.remote import Remote
from fedivoisin.activitypub.together import Step, Together
from fedivoisin.activitypub.wire import signatures, strict_json
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.activitypub.wire.origins import is_well_spelt, same_origin
from fedivoisin.activitypub.wire.request import Claim, SignedRequest
from fedivoisin.counters import Counters
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.proof import Verified
from fedivoisin.settings import Limits
from fedivoisin.store import actors, follows, keys
from fedivoisin.store.db import Store
from fedivoisin.store.inbox import InboxWriter, Incoming, weigh
from fedivoisin.store.tallies import Tally
from fedivoisin.urls import authority_of
from fedivoisin.urls import parse as parse_url

REFETCH_AFTER = timedelta(minutes=5)
"""A kept key this fresh is not fetched again because a signature fails: that would be a lever for strangers."""
_KEY_CODES = frozenset({"signature-invalid", "wrong-algorithm"})
LONGEST_FAREWELL = 8192
"""Bytes: nobody has signed it yet, and a Delete is 1 KiB, its proof included."""


class TooMany(Exception):
    """This origin has sent more than its share; `retry_after` is in seconds, `limit` one of `counters.LIMITS`."""

    def __init__(self, retry_after: int, limit: str) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Reception:
    """What it takes to receive and to carry out."""

    store: Store
    remote: Remote
    fresh: Fresh
    writer: InboxWriter
    limits: Limits
    allowance: Tally
    """Of what each key origin sends."""
    strangers: Tally
    """Of the unknown keys that each network makes us fetch."""
    remembered: Remembered
    counters: Counters
    door: "Together[Arrival]" = field(default_factory=lambda: Together(_STEPS))

    async def aclose(self) -> None:
        """What it asks for elsewhere is given up."""
        await self.remote.close()


@dataclass(slots=True)
class Arrival:
    """A posted request on its way through the door: filled by one step after the other."""

    reception: Reception
    request: SignedRequest
    passed: "asyncio.Future[bool]"
    count: int = 0
    """How many its origin has sent in this window; none before its signature held."""
    refused: BadActivity | None = None
    """Why the signature did not hold with the key that we have kept."""
    claim: Claim = field(init=False)
    verified: Verified = field(init=False)
    loaded: Loaded = field(init=False)
    head: Head = field(init=False)

    @property
    def host(self) -> str:
        """Whose key it was."""
        return authority_of(self.verified.key_id)


async def receive(reception: Reception, request: SignedRequest, *, network: str) -> bool:
    """Keep a posted activity once it is verified; false of a farewell that nobody can verify: passed over, or done when
    their own server calls who leaves gone. Raises BadActivity, Unreachable, TooMany or QueueFull.
    """
    arrival = Arrival(reception, request, asyncio.get_running_loop().create_future())
    reception.door.join(arrival)
    if await arrival.passed:
        return True
    # Something must be asked for first.
    if not arrival.count:
        try:
            arrival.verified = await _verified(reception, request, network, refused=arrival.refused)
        except BadActivity as error:
            farewell = _farewell(request.body) if error.code in (GONE, NO_KEY) else None
            if farewell is None:
                raise
            await _let_go(reception, farewell, arrival.claim.key_id, is_gone=error.status == 410)
            return False
        _count(arrival)
    await _within_allowance(arrival)
    _load(arrival)
    _check(arrival)
    await reception.writer.keep(_incoming(arrival))
    return True


def _take_apart(arrival: Arrival) -> bool:
    arrival.claim = signatures.claim_of(arrival.request)
    return True


def _verify(arrival: Arrival) -> bool:
    claim, reception = arrival.claim, arrival.reception
    kept = reception.remembered.at_hand(claim.key_id)
    if kept is None or kept.key is None:
        return False
    try:
        arrival.verified = checking.verify(
            reception.counters, arrival.request, kept.key, now=reception.store.now(), claim=claim
        )
    except BadActivity as error:
        if not _may_be_replaced(kept, error, reception.store.now()):
            raise
        arrival.refused = error
    return arrival.refused is None


def _count(arrival: Arrival) -> bool:
    """Whether it is so little that nobody need ask how much this origin may send."""
    reception = arrival.reception
    arrival.count = reception.allowance.count(arrival.host, reception.store.now().timestamp())
    return arrival.count <= reception.limits.inbox_unknown


def _load(arrival: Arrival) -> bool:
    # Who says it and what it is called; the rest is read by whoever carries it out.
    arrival.loaded = load(arrival.verified.body)
    arrival.head = parse.head(arrival.loaded.document)
    return True


def _check(arrival: Arrival) -> bool:
    check_speaker(arrival.head, arrival.verified.owner)
    if not is_well_spelt(arrival.head.id):
        raise BadActivity("odd-id")
    return True


def _hand_over(arrival: Arrival) -> bool:
    arrival.reception.writer.add(_incoming(arrival), arrival.passed)
    return True


def _incoming(arrival: Arrival) -> Incoming:
    verified, head = arrival.verified, arrival.head
    return Incoming(verified, head.id, head.type, arrival.loaded, weigh(verified.body))


_STEPS: tuple[Step[Arrival], ...] = (_take_apart, _verify, _count, _load, _check, _hand_over)


async def reader_of(reception: Reception, request: SignedRequest, *, network: str) -> str:
    """URL of the actor who signed a GET. Raises BadActivity, Unreachable or TooMany."""
    return (await _verified(reception, request, network)).owner


async def _verified(
    reception: Reception, request: SignedRequest, network: str, *, refused: BadActivity | None = None
) -> Verified:
    claim = signatures.claim_of(request)
    key_id = claim.key_id
    kept = await reception.remembered.key(key_id)
    now = reception.store.now()
    if kept.key is None:
        if await _leaves_unknown(reception, request.body):
            raise BadActivity(NO_KEY, status=401)  # large servers tell everybody, all day long
        # Each costs a request and a row: one who invents keys must not make us pay without end (B32).
        if reception.strangers.count(network, now.timestamp()) > reception.limits.inbox_strangers:
            raise TooMany(reception.limits.window, "inbox-strangers")
        fetched = await _fetch_key(reception, key_id)
        return checking.verify(reception.counters, request, fetched, now=now, claim=claim)
    try:
        if refused is not None and _may_be_replaced(kept, refused, now):
            raise refused  # of this very key: who came beside us may have fetched another meanwhile
        return checking.verify(reception.counters, request, kept.key, now=now, claim=claim)
    except BadActivity as error:
        if not _may_be_replaced(kept, error, now):
            raise
        # Where its owner does not answer, forgeries must not make us ask again and again.
        if await _could_not_be_had(reception, key_id):
            raise
    fetched = await _fetch_key(reception, key_id)
    return checking.verify(reception.counters, request, fetched, now=now, claim=claim)


def _may_be_replaced(kept: Kept, error: BadActivity, now: datetime) -> bool:
    """Whether the key may be another by now; one that was just fetched is not."""
    return error.code in _KEY_CODES and kept.fetched_at is not None and now - kept.fetched_at >= REFETCH_AFTER


async def _could_not_be_had(reception: Reception, key_id: str) -> bool:
    async with reception.store.read() as tx:
        return await keys.unreachable_until(tx, key_id) is not None


async def _fetch_key(reception: Reception, key_id: str) -> PublicKey:
    try:
        return await remote.fetch_key(reception.remote, key_id)
    except (BadActivity, Unreachable) as error:
        await reception.store.write(keys.note_unreachable, key_id)
        if isinstance(error, Unreachable):
            raise
        raise BadActivity(error.code, status=error.status if error.status in (401, 403, 410) else 401) from error


async def _within_allowance(arrival: Arrival) -> None:
    reception, limits = arrival.reception, arrival.reception.limits
    if arrival.count <= limits.inbox_unknown:
        return
    async with reception.store.read() as tx:
        most = limits.inbox_known if await follows.anyone_here_follows_host(tx, arrival.host) else limits.inbox_unknown
    if arrival.count > most:
        raise TooMany(limits.window, "inbox-known" if most == limits.inbox_known else "inbox-unknown")


async def _leaves_unknown(reception: Reception, body: bytes) -> bool:
    """Whether this says farewell for an actor that we never heard of: there is nothing to delete, nor to fetch."""
    farewell = _farewell(body)
    if farewell is None:
        return False
    async with reception.store.read() as tx:
        return await actors.by_url(tx, farewell.actor) is None


async def _let_go(reception: Reception, farewell: Delete, key_id: str, *, is_gone: bool) -> None:
    """A farewell whose key could not be had: nobody can sign the end of an actor whose server has forgotten the key.
    Raises Unreachable when it is to be said again.
    """
    async with reception.store.read() as tx:
        actor, kept = await actors.by_url(tx, farewell.actor), await keys.by_id(tx, key_id)
    if actor is None or actor.gone_at is not None or not same_origin(key_id, actor.url):
        return  # nothing is left to do, or that key could never say it
    is_own = parse_url(key_id).address == parse_url(actor.url).address or (kept is not None and kept.owner == actor.url)
    if not (is_gone and is_own):
        raise Unreachable(NO_KEY)
    origin = (await reception.remembered.here()).origin
    # Nobody's signature held, but what it says was asked at their own address, and is so.
    await reception.store.write(dispatch.handle, said_by(actor, farewell, origin=origin, raw={}, fetched={}))


def _farewell(body: bytes) -> Delete | None:
    if b"Delete" not in body or len(body) > LONGEST_FAREWELL:
        return None
    try:
        # As it stands: nobody has signed yet, and to expand it would be a quarter of a second for whoever asks.
        document = strict_json.load(body)
        if parse.head(document).type != Delete.__name__:
            return None  # a word inside another activity is no reason to read all of it
        said = parse.activity(document)
    except BadActivity:
        return None
    return said if isinstance(said, Delete) and said.object == said.actor else None
