"""Requests that arrive: verified, and kept at once for a worker to carry out."""

from dataclasses import dataclass
from datetime import timedelta

from fedivoisin.activitypub import checking, parse, remote
from fedivoisin.activitypub.fetching import GONE, is_well_spelt
from fedivoisin.activitypub.parse.activities import Activity, Delete, Ignored
from fedivoisin.activitypub.proven import check_speaker
from fedivoisin.activitypub.remembered import NO_KEY, Remembered
from fedivoisin.activitypub.remote import Remote
from fedivoisin.activitypub.wire import jsonld, signatures, strict_json
from fedivoisin.activitypub.wire.keys import PublicKey
from fedivoisin.activitypub.wire.request import SignedRequest
from fedivoisin.counters import Counters
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.proof import Verified
from fedivoisin.settings import Limits
from fedivoisin.store import actors, follows, keys
from fedivoisin.store.db import Store
from fedivoisin.store.inbox import InboxWriter, Incoming
from fedivoisin.store.tallies import Tally
from fedivoisin.urls import parse as parse_url

REFETCH_AFTER = timedelta(minutes=5)
"""A kept key this fresh is not fetched again because a signature fails: that would be a lever for strangers."""
_KEY_CODES = frozenset({"signature-invalid", "wrong-algorithm"})


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


async def receive(reception: Reception, request: SignedRequest, *, network: str) -> bool:
    """Keep a posted activity once it is verified; false of a farewell that nobody can verify, and that is passed over.
    Raises BadActivity, Unreachable, TooMany or QueueFull.
    """
    try:
        verified = await _verified(reception, request, network)
    except BadActivity as error:
        if error.code in (GONE, NO_KEY) and _who_leaves(request.body):
            return False  # somebody that we never knew, or whose end nobody can sign any more
        raise
    await _within_allowance(reception, parse_url(verified.key_id).authority)
    activity = parse.activity(jsonld.normalise(strict_json.load(verified.body)))
    check_speaker(activity, verified.owner)
    if not is_well_spelt(activity.id):
        raise BadActivity("odd-id")
    await reception.writer.keep(Incoming(verified, activity.id, _type_of(activity)))
    return True


async def reader_of(reception: Reception, request: SignedRequest, *, network: str) -> str:
    """URL of the actor who signed a GET. Raises BadActivity, Unreachable or TooMany."""
    return (await _verified(reception, request, network)).owner


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
        # Where its owner does not answer, forgeries must not make us ask again and again.
        if await _could_not_be_had(reception, key_id):
            raise
    fetched = await _fetch_key(reception, key_id)
    return checking.verify(reception.counters, request, fetched, now=now, claim=claim)


async def _could_not_be_had(reception: Reception, key_id: str) -> bool:
    async with reception.store.read() as tx:
        return await keys.unreachable_until(tx, key_id) is not None


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
        # As it stands: nobody has signed yet, and to expand it would be a quarter of a second for whoever asks.
        said = parse.activity(strict_json.load(body))
    except BadActivity:
        return None
    return said.actor if isinstance(said, Delete) and said.object == said.actor else None


def _type_of(activity: Activity) -> str:
    return activity.type if isinstance(activity, Ignored) else type(activity).__name__
