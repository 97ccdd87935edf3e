"""A person as others see them, and the page where they say it."""

from aiohttp import web

from fedivoisin import addresses
from fedivoisin.actions import profiles
from fedivoisin.actions.profiles import AGREEMENTS, KINDS, Profile
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import accounts, actors, members, paths, search, vouches
from fedivoisin.store.accounts import Account
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx
from fedivoisin.store.pictures import Media
from fedivoisin.trust.standing import Standing
from fedivoisin.web import cards, photos
from fedivoisin.web.people_words import agreement_choices, kind_choices, kind_words, portrait_path, role_words
from fedivoisin.web.ties import path_card
from fedivoisin.web.trust_words import vouchers_words
from fedivoisin.web.visit import Visit

MOST_LISTINGS = 24


async def show(visit: Visit) -> web.StreamResponse:
    """GET /@{name}: members are shown to all, candidates to those who are signed in, those who left to nobody."""
    reader = visit.visitor.member_id if visit.visitor else None
    async with visit.store.read() as tx:
        person = await _shown(tx, visit)
        standing = await members.standing(tx, person.id)
        if reader is None and standing is not Standing.MEMBER:
            raise Refused(Reason.SIGN_IN_NEEDED)
        vouched = (await vouches.vouchers(tx, [person.id])).get(person.id)
        path = await paths.between(tx, reader, person.id) if reader else None
        listed = await cards.cards(tx, visit, await search.by_author(tx, person.id, limit=MOST_LISTINGS))
        account = await accounts.of(tx, person.id)
    return visit.render(
        "profile/person.html",
        title=person.shown_name,
        person=person,
        portrait=portrait_path(person),
        about=_about(visit, person, account, standing),
        standing=standing.value,
        path=path_card(path, visit.form.translate),
        vouchers=vouchers_words(visit, vouched) if vouched else "",
        listings=listed,
        is_me=reader == person.id,
    )


async def show_form(visit: Visit) -> web.StreamResponse:
    """GET /moi/profil"""
    return await _form_page(visit)


async def save(visit: Visit) -> web.StreamResponse:
    """POST /moi/profil"""
    me, form = visit.signed_in, visit.form
    handed_in = await photos.take_in(visit, me.member_id, form.files.get("pictures", [])[:1])
    profile = Profile(
        display_name=form.text("display_name", least=2, most=80).replace("\n", " "),
        words=form.text("words", most=1000),
        quartier=form.text("quartier", most=80).replace("\n", " "),
        member_kind=form.choice("member_kind", KINDS, default="habitant"),
        agreement=form.choice("agreement", AGREEMENTS, default="neutre"),
        icon_url=await _icon_url(visit, handed_in),
    )
    if form.errors:
        return await _form_page(visit, code=422)
    await visit.store.write(profiles.edit, member=me.member_id, profile=profile)
    return visit.redirect(f"/@{me.name}", notice="enregistre")


async def _icon_url(visit: Visit, handed_in: list[Media]) -> str | None:
    """The new picture, none when it is to go, else the one that is there."""
    if handed_in:
        return addresses.media_url(visit.here.base, handed_in[0].path)
    if visit.form.checked("remove_picture"):
        return None
    async with visit.store.read() as tx:
        person = await actors.by_id(tx, visit.signed_in.member_id)
    return person.icon_url if person else None


async def _shown(tx: Tx, visit: Visit) -> Actor:
    person = await actors.by_local_name(tx, visit.path("name"))
    if person is None or person.type != "Person" or person.gone_at is not None:
        raise Refused(Reason.NOT_FOUND)
    is_moderator = visit.visitor is not None and visit.visitor.is_moderator
    if person.hidden_at is not None and not is_moderator:
        raise Refused(Reason.NOT_FOUND)
    return person


def _about(visit: Visit, person: Actor, account: Account | None, standing: Standing) -> list[str]:
    """Where they live, as whom, and what they do for the association."""
    names = role_words(visit)
    held = account.roles if account and standing is Standing.MEMBER else ()
    roles = [words for role, words in names.items() if role in held]
    return [words for words in (person.quartier, kind_words(visit, person.member_kind), *roles) if words]


async def _form_page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    me = visit.signed_in.member_id
    async with visit.store.read() as tx:
        person = await actors.by_id(tx, me)
        known = await members.known(tx, [me])
    if person is None:
        raise Refused(Reason.NOT_FOUND)
    return visit.render(
        "profile/edit.html",
        title=visit._("Mon profil"),
        person=person,
        portrait=portrait_path(person),
        kinds=kind_choices(visit),
        agreements=agreement_choices(visit),
        agreement=known[me].agreement,
        code=code,
    )
