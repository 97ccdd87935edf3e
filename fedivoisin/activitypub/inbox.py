"""Requests that arrive: verified and kept at once, carried out by a worker."""

from dataclasses import dataclass
from datetime import timedelta

from fedivoisin.activitypub import checking, dispatch, parse, remote
from fedivoisin.activitypub.fetching import GONE, is_well_spelt
from fedivoisin.activitypub.parse.activities import Activity, CollectionDocument, Delete, Ignored
from fedivoisin.activitypub.parse.objects import Document, Tombstone
from fedivoisin.activitypub.proven import check_speaker, said_by
from fedivoisin.activitypub.remembered import NO_KEY, Remembered
from fedivoisin.activitypub.remote import Remote
from fedivoisin.activitypub.wire import jsonld, signatures, strict_json
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.activitypub.wire.request import SignedRequest
from fedivoisin.counters import Counters
from fedivoisin.errors import BadActivity, Missing, Refused, Unreachable
from fedivoisin.proof import Verified
from fedivoisin.settings import Limits
from fedivoisin.store import actors, blocks, follows, inbox, keys, neighbourhoods, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.inbox import InboxWriter, Incoming, Received
from fedivoisin.store.tallies import Tally
from fedivoisin.urls import parse as parse_url

MAX_FETCHES = 5
MAX_ATTEMPTS = 8
REFETCH_AFTER = timedelta(minutes=5)
"""A kept key this fresh is not fetched again because a signature fails: that would be a lever for strangers."""
_KEY_CODES = frozenset({"signature-invalid", "wrong-algorithm"})
SEEN_AGAIN = timedelta(minutes=10)


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
    writer: InboxWriter
    limits: Limits
    allowance: Tally
    """Of what each key origin sends."""
    strangers: Tally
    """Of the unknown keys that each network makes us fetch."""
    remembered: Remembered
    counters: Counters


async def receive(reception: Reception, request: SignedRequest, *, network: str) -> None:
    """Keep a posted activity once it is verified. Raises BadActivity, Unreachable, TooMany or QueueFull."""
    try:
        verified = await _verified(reception, request, network)
    except BadActivity as error:
        if error.code in (GONE, NO_KEY) and _who_leaves(request.body):
            return  # somebody that we never knew, or whose end nobody can sign any more
        raise
    await _within_allowance(reception, parse_url(verified.key_id).authority)
    activity = parse.activity(jsonld.normalise(strict_json.load(verified.body)))
    check_speaker(activity, verified.owner)
    if not is_well_spelt(activity.id):
        raise BadActivity("odd-id")
    await reception.writer.keep(Incoming(verified, activity.id, _type_of(activity)))


async def reader_of(reception: Reception, request: SignedRequest, *, network: str) -> str:
    """URL of the actor who signed a GET. Raises BadActivity, Unreachable or TooMany."""
    return (await _verified(reception, request, network)).owner


async def process(reception: Reception, row: Received) -> str:
    """Carry out a kept activity in one transaction, fetching what it lacks between tries. Says how it ended."""
    fetched: dict[str, Document | CollectionDocument] = {}
    try:
        raw = strict_json.load(row.body)
        activity = parse.activity(jsonld.normalise(raw))
        for _ in range(MAX_FETCHES + 1):
            try:
                return await reception.store.write(_carry_out, row, activity, raw, fetched)
            except Missing as missing:
                if missing.url in fetched:
                    raise BadActivity("not-what-was-needed") from None
                fetched[missing.url] = await _fetch(reception.remote, missing.url)
        raise BadActivity("too-many-fetches")
    except BadActivity as error:
        await reception.store.write(inbox.done, row.id, error.code)
        return error.code
    except Refused as error:  # a rule for people said no to a peer
        await reception.store.write(inbox.done, row.id, error.reason)
        return error.reason
    except Unreachable as error:
        return await _postpone(reception.store, row, error)


async def _carry_out(
    tx: Tx,
    row: Received,
    activity: Activity,
    raw: dict[str, object],
    fetched: dict[str, Document | CollectionDocument],
) -> str:
    actor = await actors.by_url(tx, row.actor_url)
    if actor is None:
        raise Missing(row.actor_url)
    if not await inbox.done(tx, row.id, "done"):
        return "done"  # somebody else did it meanwhile
    if await blocks.is_blocked(tx, actor.host) or actor.gone_at is not None or actor.hidden_at is not None:
        raise BadActivity("actor-refused")
    origin = (await neighbourhoods.current(tx)).origin
    proven = said_by(actor, activity, origin=origin, raw=raw, fetched=fetched)
    outcome = await dispatch.handle(tx, proven)
    await inbox.ended(tx, row.id, outcome)
    await _seen(tx, actor.host)
    return outcome


async def _seen(tx: Tx, host: str) -> None:
    known = await peers.by_host(tx, host)
    fresh = known is not None and known.last_seen_at is not None and tx.now - known.last_seen_at < SEEN_AGAIN
    if (not fresh or known is None or known.dead_at is not None) and await peers.seen(tx, host):
        await outbox.wake(tx, host)


async def _fetch(way: Remote, url: str) -> Document | CollectionDocument:
    try:
        return await remote.fetch_document(way, url)
    except BadActivity as error:
        if error.code == GONE:
            return Tombstone(url, None)
        raise


async def _postpone(store: Store, row: Received, error: Unreachable) -> str:
    if row.attempts >= MAX_ATTEMPTS:
        await store.write(inbox.done, row.id, "unreachable")
        return "unreachable"
    wait = timedelta(seconds=max(row.attempts**4 + 15, error.retry_after or 0))
    await store.write(inbox.later, row.id, wait)
    return "later"


async def _verified(reception: Reception, request: SignedRequest, network: str) -> Verified:
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
        return checking.verify(reception.counters, request, kept.key, now=now, claim=claim)
    except BadActivity as error:
        # The key may have been replaced; one that was just fetched was not.
        if error.code not in _KEY_CODES or kept.fetched_at is None or now - kept.fetched_at < REFETCH_AFTER:
            raise
    fetched = await _fetch_key(reception, key_id)
    return checking.verify(reception.counters, request, fetched, now=now, claim=claim)


async def _fetch_key(reception: Reception, key_id: str) -> PublicKey:
    try:
        return await remote.fetch_key(reception.remote, key_id)
    except (BadActivity, Unreachable) as error:
        await reception.store.write(keys.note_unreachable, key_id)
        if isinstance(error, Unreachable) or error.code == GONE:
            raise
        raise BadActivity(error.code, status=error.status if error.status in (401, 403) else 401) from error


async def _within_allowance(reception: Reception, host: str) -> None:
    limits, now = reception.limits, reception.store.now()
    count = reception.allowance.count(host, now.timestamp())
    if count <= limits.inbox_unknown:
        return
    async with reception.store.read() as tx:
        most = limits.inbox_known if await follows.anyone_here_follows_host(tx, host) else limits.inbox_unknown
    if count > most:
        raise TooMany(limits.window, "inbox-known" if most == limits.inbox_known else "inbox-unknown")


async def _leaves_unknown(reception: Reception, body: bytes) -> bool:
    """Whether this says farewell for an actor that we never heard of: there is nothing to delete, nor to fetch."""
    url = _who_leaves(body)
    if url is None:
        return False
    async with reception.store.read() as tx:
        return await actors.by_url(tx, url) is None


def _who_leaves(body: bytes) -> str | None:
    if b"Delete" not in body:
        return None
    try:
        said = parse.activity(jsonld.normalise(strict_json.load(body)))
    except BadActivity:
        return None
    return said.actor if isinstance(said, Delete) and said.object == said.actor else None


def _type_of(activity: Activity) -> str:
    return activity.type if isinstance(activity, Ignored) else type(activity).__name__
