"""One neighbourhood full of life, as the demonstration builds it, with a bit of everything that a page can show."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import select

from fedivoisin.actions import accounts, conversations, drafts, following, invitations, likes, listings, moderation
from fedivoisin.actions.accounts import NewSession
from fedivoisin.actions.moderation import Decision
from fedivoisin.app import create_app, new_id, open_world, utc_now
from fedivoisin.demo.build import build
from fedivoisin.demo.towns import TOWNS, login, people
from fedivoisin.ids import ActivityId, ActorId, ListingId, MemberId, PictureId
from fedivoisin.market.listing import Picture
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.store import actors, blocks, follows, outbox, peers, queued, search
from fedivoisin.store import listings as stored
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.store.reports import NewReport
from fedivoisin.store.schema.neighbourhood import statement
from fedivoisin.trust.decisions import Breach, Measure
from fedivoisin.web import publishing
from tests.makers import a_listing, put_actor

THERE = "rennes.localhost:8102"
ROLES = ("admin", "moderator", "member", "candidate")
UNLIMITED = 100_000


@dataclass(frozen=True, slots=True)
class Filled:
    """Where it answers, and the words that stand in the addresses of its pages. Sessions are `token-{role}`."""

    settings: Settings
    listening: socket.socket
    names: dict[str, str]

    def url(self, path: str) -> str:
        """`/annonces/{mine}` with its id, as an address."""
        return self.settings.origin + path.format(**self.names)


async def fill(folder: Path, listening: socket.socket) -> Filled:
    """Build it. It takes some ten seconds."""
    town = replace(TOWNS[0], port=listening.getsockname()[1])
    settings = Settings(
        origin=town.origin,
        database=f"sqlite:///{folder / 'filled.db'}",
        media=str(folder / "media"),
        network=Network(lab=True),
        limits=Limits(page_requests=UNLIMITED),
    )
    await build(town, settings, lambda _words: None)
    store = Store.open(settings.database, now=utc_now, new_id=new_id)
    try:
        return Filled(settings, listening, await store.write(_more))
    finally:
        await store.close()


@asynccontextmanager
async def serving(filled: Filled) -> AsyncIterator[None]:
    """Let it answer, without workers: nothing leaves it, nothing changes by itself."""
    store = Store.open(filled.settings.database, now=utc_now, new_id=new_id)
    async with open_world(filled.settings, store) as world:
        app = create_app(filled.settings, store, world)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, filled.listening.dup()).start()
        try:
            yield
        finally:
            await runner.cleanup()
            await store.close()
            await asyncio.sleep(0)


async def _more(tx: Tx) -> dict[str, str]:
    ids, names = await _who(tx)
    names |= await _from_elsewhere(tx, ids["member"])
    names |= await _own_listings(tx, ids)
    names |= await _doors(tx, ids)
    return names | await _decisions(tx, ids, ListingId(names["other"]))


async def _who(tx: Tx) -> tuple[dict[str, MemberId], dict[str, str]]:
    residents = people("nantes")
    candidates = [one for one in residents if one.is_candidate]
    chosen = dict(zip(ROLES, (residents[0], residents[1], residents[9], candidates[1]), strict=True))
    chosen |= {"waiting": candidates[0], "neighbour": residents[3]}
    ids: dict[str, MemberId] = {}
    for role, person in chosen.items():
        found = await actors.by_local_name(tx, login(person))
        assert found is not None
        ids[role] = MemberId(found.id)
        session = NewSession(f"token-{role}", f"csrf-{role}".ljust(43, "_"), "Firefox, Android")
        await accounts.begin_session(tx, ids[role], session)
    return ids, {f"{role}_name": login(person) for role, person in chosen.items()}


async def _from_elsewhere(tx: Tx, member: MemberId) -> dict[str, str]:
    """Rennes: its Group, one of its people, what she offers, and a conversation with her."""
    group = await put_actor(tx, "cleunay", host=THERE, type="Group", display_name="Cleunay, Rennes")
    maelle = await put_actor(tx, "maelle", host=THERE, display_name="Maëlle Le Goff")
    picture = Picture(PictureId("far"), f"http://{THERE}/media/far.webp", "image/webp", "Un vélo", 640, 480, "")
    far = a_listing(1, author=maelle, group_id=group, is_local=False, url=f"http://{THERE}/users/maelle/items/1")
    far = replace(far, page_url=f"http://{THERE}/annonces/1", pictures=(picture,), published_at=tx.now, ends_at=None)
    await stored.insert(tx, far)
    thread = await conversations.ask(tx, listing_id=far.id, asker_id=member, text="Bonjour, samedi vous irait ?")
    await likes.like(tx, listing_id=far.id, by=member)
    for number, state in enumerate(("accepted", "asked")):
        followed = (group, maelle)[number]
        url = f"http://nantes.localhost/follows/{number}"
        await follows.put(
            tx, follow_id=f"f{number}", follower_id=member, followed_id=followed, activity_url=url, state=state
        )
    asks = f"http://{THERE}/follows/9"
    await follows.put(tx, follow_id="f9", follower_id=maelle, followed_id=member, activity_url=asks, state="asked")
    await peers.answered(tx, THERE)
    await _waiting_for(tx, "loin.example", member)
    looked = await following.follow_address(tx, member_id=member, typed="@rocabey@saint-malo.example")
    return {"far": far.id, "far_thread": thread.id, "lookup": getattr(looked, "id", "")}


async def _waiting_for(tx: Tx, host: str, member: MemberId) -> None:
    """A host that fails, with two deliveries that wait for it: one that was tried, one to a person."""
    await peers.describe(tx, host, software="mastodon", version="4.5.2", metadata=None)
    await peers.seen(tx, host)
    for _ in range(peers.FAILURES_TO_OPEN):
        await peers.did_not_answer(tx, host, error="timeout")
    for number, is_public in enumerate((True, False)):
        said = outbox.Activity(
            id=ActivityId(f"waiting-{number}"),
            url=f"http://nantes.localhost/activities/waiting-{number}",
            actor_id=ActorId(member),
            type="Create",
            object_url="http://nantes.localhost/users/soizic/items/018f2c5e-7a10-7c3b-9a55-000000000001",
            body="{}",
            is_public=is_public,
            published_at=tx.now,
        )
        inbox = f"https://{host}/" + ("inbox" if is_public else "users/gwenole-de-la-tour-du-bout-du-monde/inbox")
        await outbox.put(tx, said, [outbox.Target(inbox, host)], priority=int(is_public))
    (first,) = [one.id for one in await queued.rows(tx, host, limit=9) if one.is_public]
    await outbox.again(tx, [outbox.Again(first, timedelta(minutes=40), 502, "status-502")])


async def _own_listings(tx: Tx, ids: dict[str, MemberId]) -> dict[str, str]:
    member = ids["member"]
    mine = (await search.by_author(tx, member, limit=1))[0]
    await conversations.ask(tx, listing_id=mine.id, asker_id=ids["neighbour"], text="Bonjour, toujours libre ?")
    other = (await search.by_author(tx, ids["neighbour"], limit=1))[0]
    thread = await conversations.ask(tx, listing_id=other.id, asker_id=member, text="Bonjour !\nQuand passer ?")
    fields = publishing.fields_of(mine)
    draft = await drafts.begin_edit(tx, by=member, listing_id=mine.id, fields=fields)
    await drafts.keep(tx, by=member, draft_id=None, fields={**fields, "title": "Un brouillon"})
    gone = (await search.by_author(tx, ids["admin"], limit=1))[0]
    await listings.delete(tx, listing_id=gone.id, by=ids["admin"])
    await stored.reminded(tx, mine.id, token="renewal")
    return {"mine": mine.id, "other": other.id, "thread": thread.id, "draft": draft.id, "gone": gone.id}


async def _doors(tx: Tx, ids: dict[str, MemberId]) -> dict[str, str]:
    member = ids["member"]
    code = await invitations.make_code(tx, ambassador=member, street="boulangerie")
    await invitations.make_link(tx, ambassador=member, word="word-of-a-link")
    for purpose in (Purpose.SIGN_IN, Purpose.RESET, Purpose.CONFIRM):
        await accounts.make_link(tx, member=member, purpose=purpose, token=f"token-to-{purpose}")
    return {"code": code, "word": "word-of-a-link"}


async def _decisions(tx: Tx, ids: dict[str, MemberId], listing: ListingId) -> dict[str, str]:
    """A report that waits, one that was decided, a blocked domain."""
    said = NewReport(
        reason=Breach.FALSE_LISTING,
        words="La photo n’est pas la sienne.",
        listing_id=None,
        actor_id=ActorId(ids["member"]),
        reporter_id=ids["neighbour"],
    )
    decided = await moderation.report(tx, said, network="lan")
    warn = Decision(measure=Measure.WARN, ground=Breach.FALSE_LISTING, facts="La photo venait d’un catalogue.")
    await moderation.decide(tx, decided, warn, by=ids["moderator"])
    waiting = await moderation.report(tx, replace(said, actor_id=None, listing_id=listing), network="lan")
    await blocks.add(tx, "arnaque.example", reason="Fausses annonces", by=ids["admin"])
    reasons = await tx.conn.scalar(select(statement.c.id))
    return {"report": waiting, "decided": decided, "statement": str(reasons)}
