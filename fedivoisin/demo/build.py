"""Gives one town half a year of life, through the same actions as its pages, with a clock that is moved by hand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from fedivoisin import app
from fedivoisin.actions import admission, conversations, invitations, likes, listings, moderation
from fedivoisin.actions.accounts import NewAccount, NewSession
from fedivoisin.actions.admission import Request
from fedivoisin.actions.founding import Answers, FirstKeys, enter_founder, found
from fedivoisin.adapters.media import Encoder, MediaFolder
from fedivoisin.adapters.passwords import Passwords
from fedivoisin.demo.pictures import draw
from fedivoisin.demo.towns import FOUNDERS, PASSWORD, QUARTERS, Offer, Person, Town, login, offers, people
from fedivoisin.demo.words import ANSWERS, QUESTIONS
from fedivoisin.ids import ActorId, ListingId, PictureId
from fedivoisin.market import categories
from fedivoisin.market.draft import Draft
from fedivoisin.market.listing import Listing, Picture
from fedivoisin.settings import Settings
from fedivoisin.store import accounts, pictures
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.pictures import Media, thumbnail_path
from fedivoisin.store.reports import NewReport
from fedivoisin.trust.roles import Role
from fedivoisin.world import NewKeys

AGE = timedelta(days=220)
"""How long the neighbourhood has existed."""
LIVELY = timedelta(days=26)
"""How far back its oldest listing goes."""
Say = Callable[[str], None]


@dataclass(slots=True)
class Clock:
    """The moment that the store believes in."""

    time: datetime

    def now(self) -> datetime:
        """Where the story stands."""
        return self.time

    def pass_days(self, days: float) -> None:
        """Turn some pages of the calendar."""
        self.time += timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Builder:
    """One town under construction."""

    town: Town
    store: Store
    clock: Clock
    folder: MediaFolder
    encoder: Encoder
    password: str
    keys: list[NewKeys]
    say: Say


async def build(town: Town, settings: Settings, say: Say) -> None:
    """Fill the empty database of `settings`. It takes some ten seconds, most of them for keys."""
    opened = app.open_store(settings)
    await app.prepare(settings, opened)
    await opened.close()
    today = app.utc_now()
    clock = Clock(today - AGE)
    store = Store.open(settings.database, now=clock.now, new_id=app.new_id)
    encoder = Encoder()
    try:
        say(f"{town.commune} : les clés de chacun")
        keys = [await app.new_keys() for _ in range(len(people(town.slug)) + 2 + len(categories.roots()))]
        password = await Passwords(app.new_secret).hash(PASSWORD)
        builder = Builder(town, store, clock, MediaFolder(Path(settings.media)), encoder, password, keys, say)
        members = await _gather(builder)
        clock.time = today - LIVELY
        published = await _publish(builder, members)
        clock.time = today - timedelta(days=6)
        await _talk(builder, members, published)
        await _wait_at_the_door(builder, members)
    finally:
        await encoder.close()
        await store.close()


async def _gather(builder: Builder) -> list[ActorId]:
    town, clock, store = builder.town, builder.clock, builder.store
    builder.say(f"{town.commune} : les voisins arrivent et se parrainent")
    everyone = [person for person in people(town.slug) if not person.is_candidate]
    who, keys = _account(builder, everyone[0], is_admin=True), _first_keys(builder)
    roots = {root.id: builder.keys.pop() for root in categories.roots()}
    admin = await store.write(found, _answers(town), who, keys, categories=roots)
    members = [admin]
    for person in everyone[1:FOUNDERS]:
        clock.pass_days(0.5)
        members.append(
            await store.write(enter_founder, by=admin, who=_account(builder, person), keys=builder.keys.pop())
        )
    await store.write(_make_moderator, members[1])
    for number, person in enumerate(everyone[FOUNDERS:]):
        clock.pass_days(8)
        newcomer = await _ask(builder, person, code="")
        # Founders take turns, so that none sponsors twice in a week nor holds more than ten places.
        for step in (0, 3):
            clock.pass_days(1)
            sponsor = members[(number + step) % FOUNDERS]
            await store.write(admission.sponsor, sponsor=sponsor, candidate=newcomer, has_accepted=True)
        members.append(newcomer)
    await store.write(_confirm_addresses, members)
    return members


async def _publish(builder: Builder, members: list[ActorId]) -> list[Listing]:
    all_offers = offers(builder.town.slug)
    builder.say(f"{builder.town.commune} : {len(all_offers)} annonces, avec leurs dessins")
    published: list[Listing] = []
    everyone = [person for person in people(builder.town.slug) if not person.is_candidate]
    residents = list(zip(members, everyone, strict=True))
    for number in range(len(all_offers)):
        # Seven is prime to the number of lines: neighbours in the file are not neighbours on the page.
        offer = all_offers[number * 7 % len(all_offers)]
        author, person = residents[number * 5 % len(residents)]
        builder.clock.pass_days(LIVELY.days / len(all_offers) * 0.97)
        draft = placed(builder.town, offer, person)
        if offer.drawing is not None:
            draft = replace(draft, pictures=(await _picture(builder, author, offer),))
        published.append(await builder.store.write(listings.publish, by=author, draft=draft))
    return published


async def _talk(builder: Builder, members: list[ActorId], published: list[Listing]) -> None:
    builder.say(f"{builder.town.commune} : des messages, des réservations, des « j’aime »")
    store, clock = builder.store, builder.clock
    for number, listing in enumerate(published[:30:3]):
        asker = _other(members, listing, number)
        clock.pass_days(0.1)
        thread = await store.write(
            conversations.ask, listing_id=listing.id, asker_id=asker, text=QUESTIONS[number % len(QUESTIONS)]
        )
        clock.pass_days(0.1)
        await store.write(
            conversations.answer,
            thread_id=thread.id,
            writer_id=listing.author_id,
            text=ANSWERS[number % len(ANSWERS)],
        )
        if number % 2 == 0:
            await store.write(listings.reserve, listing_id=listing.id, by=listing.author_id, reserved_for=asker)
        if number % 5 == 1:
            await store.write(listings.close, listing_id=listing.id, by=listing.author_id)
    for number, listing in enumerate(published):
        for liker in range(number % 4):
            await _like(store, listing.id, _other(members, listing, number + liker * 3 + 1))
    reported = published[11]
    report = NewReport(
        reporter_id=_other(members, reported, 2),
        listing_id=reported.id,
        actor_id=None,
        reason="annonce-trompeuse",
        words="J'y suis allé hier, il n'y avait plus rien depuis une semaine.",
    )
    await store.write(moderation.report, report, network="démonstration")
    await store.write(
        conversations.ask_in_public,
        listing_id=published[-1].id,
        writer_id=_other(members, published[-1], 4),
        text="Est-ce encore possible ce samedi matin ?",
    )


async def _wait_at_the_door(builder: Builder, members: list[ActorId]) -> None:
    town, store = builder.town, builder.store
    builder.clock.time += timedelta(days=2)
    ambassador = members[0]
    code = await store.write(invitations.make_code, ambassador=ambassador, street=town.street)
    waiting = [person for person in people(town.slug) if person.is_candidate]
    for number, person in enumerate(waiting):
        candidate = await _ask(builder, person, code=code if number == 0 else "")
        if number == 0:
            await store.write(admission.sponsor, sponsor=members[8], candidate=candidate, has_accepted=True)


async def _ask(builder: Builder, person: Person, *, code: str) -> ActorId:
    session = NewSession(app.new_secret(), app.new_secret(), "démonstration")
    request = Request(_account(builder, person), person.words, code)
    keys = builder.keys.pop()
    return await builder.store.write(
        admission.ask_to_enter, request, keys, session=session, confirmation=app.new_secret()
    )


async def _like(store: Store, listing: ListingId, by: ActorId) -> None:
    await store.write(likes.like, listing_id=listing, by=by)


async def _picture(builder: Builder, author: ActorId, offer: Offer) -> Picture:
    title = offer.draft.title
    drawn = await asyncio.to_thread(draw, offer.drawing or "", title)
    made = await builder.encoder.encode(drawn, max_side=1200, max_pixels=64_000_000)
    name = PictureId(app.new_id())
    path = f"{name[:2]}/{name[2:4]}/{name}.webp"
    await builder.folder.save(path, made.body)
    await builder.folder.save(thumbnail_path(path), made.thumbnail)
    kept = Media(
        name, author, path, pictures.WEBP, made.width, made.height, len(made.body), made.blurhash, builder.clock.now()
    )
    await builder.store.write(pictures.keep_media, kept)
    return Picture(
        id=name,
        url=f"{builder.town.origin}/media/{path}",
        media_type=pictures.WEBP,
        alt=f"Dessin : {title[:1].lower()}{title[1:]}",
        width=made.width,
        height=made.height,
        blurhash=made.blurhash,
    )


def placed(town: Town, offer: Offer, person: Person) -> Draft:
    """The offer as this person of the town would publish it, where they live."""
    category = categories.find(offer.draft.category)
    latitude, longitude = QUARTERS[person.quartier]
    return replace(
        offer.draft,
        place_name=f"{person.quartier}, {town.commune} ({town.department})",
        latitude=latitude,
        longitude=longitude,
        notice_seen=category.notice.id if category and category.notice else "",
    )


def _other(members: list[ActorId], listing: Listing, number: int) -> ActorId:
    """Somebody who is not the author."""
    others = [member for member in members if member != listing.author_id]
    return others[number * 5 % len(others)]


def _account(builder: Builder, person: Person, *, is_admin: bool = False) -> NewAccount:
    return NewAccount(
        display_name=person.name,
        email=f"{login(person)}@{builder.town.slug}.example",
        password=builder.password,
        name=login(person),
        member_kind=person.kind,
        quartier=person.quartier,
        agreement=person.agreement,
        roles=frozenset({Role.ADHERENT, Role.ADMIN, Role.REFERENT} if is_admin else {Role.ADHERENT}),
    )


def _first_keys(builder: Builder) -> FirstKeys:
    return FirstKeys(builder.keys.pop(), builder.keys.pop(), builder.keys.pop())


async def _confirm_addresses(tx: Tx, members: list[ActorId]) -> None:
    for member in members:
        await accounts.change(tx, member, email_confirmed_at=tx.now)


async def _make_moderator(tx: Tx, member: ActorId) -> None:
    await accounts.change(tx, member, roles=[Role.ADHERENT, Role.MODERATEUR])


def _answers(town: Town) -> Answers:
    first = people(town.slug)[0]
    return Answers(
        origin=town.origin,
        name=town.quarter,
        commune=town.commune,
        department=town.department,
        slug=town.group,
        latitude=town.latitude,
        longitude=town.longitude,
        language="fr",
        sponsors_needed=2,
        contact_email=f"bonjour@{town.slug}.example",
        help_name=first.name,
        help_hours="mardi et jeudi, 14 h – 17 h, à la maison de quartier",
        help_telephone=town.telephone,
        code_prefix=town.prefix,
        legal=_legal(town, first.name),
        mail={},
    )


def _legal(town: Town, publisher: str) -> dict[str, str]:
    return {
        "form": "association-1901",
        "name": f"Les voisins de {town.quarter}",
        "address": f"1 {town.street}, {town.commune}",
        "number": "",
        "publisher": publisher,
        "host_name": "Cette machine, pour la démonstration",
        "host_address": "là où vous êtes",
        "host_telephone": town.telephone,
    }
