"""Publishing in three screens: what, when and where, read again. Kept at each step."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from fedivoisin import addresses
from fedivoisin.actions import drafts as acting
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ListingId, PictureId
from fedivoisin.market import categories, communes, life
from fedivoisin.market.draft import LONGEST_LIFE, MAX_PICTURES, Draft
from fedivoisin.market.life import Urls
from fedivoisin.market.listing import Listing, Picture
from fedivoisin.store import actors, drafts
from fedivoisin.store import listings as stored
from fedivoisin.store.drafts import KeptDraft
from fedivoisin.store.pictures import thumbnail_path
from fedivoisin.web import cards, photos, publishing
from fedivoisin.web.forms import Form
from fedivoisin.web.visit import Visit

NOWHERE = Urls("", "", "")
PREVIEW = ListingId("apercu")


async def begin(visit: Visit) -> web.StreamResponse:
    """The first screen, empty but for what the address proposes; above it what was kept."""
    member = visit.member
    async with visit.store.read() as tx:
        kept = await drafts.of_member(tx, member.member_id)
    form = Form({"kind": [visit.query("kind")], "title": [visit.query("titre")[:80]]}, {}, visit.form.translate)
    return _what(visit, form, {}, draft_id="", kept=kept)


async def begun(visit: Visit) -> web.StreamResponse:
    """The first screen was sent, for the first time."""
    member = visit.member
    async with visit.store.read() as tx:
        person = await actors.by_id(tx, member.member_id)
        point = await cards.reader_point(tx, visit)
    fields = publishing.first_fields(visit.here, person.quartier if person else "", point)
    return await _keep_what(visit, fields, draft_id=None)


async def what(visit: Visit) -> web.StreamResponse:
    """The first screen, as it was kept."""
    kept = await _kept(visit)
    return _what(visit, publishing.form_of(kept.fields, visit.form), kept.fields, draft_id=kept.id)


async def keep_what(visit: Visit) -> web.StreamResponse:
    """The first screen, again."""
    kept = await _kept(visit)
    return await _keep_what(visit, kept.fields, draft_id=kept.id)


async def where(visit: Visit) -> web.StreamResponse:
    """The second screen, as it was kept."""
    kept = await _kept(visit)
    return _where(visit, publishing.form_of(kept.fields, visit.form), kept)


async def keep_where(visit: Visit) -> web.StreamResponse:
    """The second screen was sent."""
    kept = await _kept(visit)
    is_later = visit.form.checked("plus_tard")
    fields = {**kept.fields, **publishing.typed(visit.form, publishing.WHERE)}
    if not is_later:
        fields |= publishing.place(visit.form, kept.fields, visit.here)
    await visit.store.write(acting.keep, by=visit.member.member_id, draft_id=kept.id, fields=fields)
    if is_later:
        return visit.redirect("/publier", notice="brouillon-garde")
    form = publishing.form_of(fields, visit.form)
    form.errors.update(visit.form.errors)
    draft = publishing.read(form, fields, language=visit.language, notice_seen="")
    if draft is not None:
        publishing.judge(form, draft, visit.now)
    if not form.errors:
        return visit.redirect(f"/publier/{kept.id}/relire")
    if set(form.errors) <= publishing.ON_FIRST_SCREEN:
        return _what(visit, form, fields, draft_id=kept.id, code=422)
    return _where(visit, form, kept, code=422)


async def review(visit: Visit) -> web.StreamResponse:
    """The third screen: the card exactly as neighbours will see it."""
    kept = await _kept(visit)
    return await _review(visit, kept, visit.form)


async def publish(visit: Visit) -> web.StreamResponse:
    """« Publier »."""
    kept = await _kept(visit)
    fields = _described(visit.form, kept.fields)
    await visit.store.write(acting.keep, by=visit.member.member_id, draft_id=kept.id, fields=fields)
    if visit.form.checked("plus_tard"):
        return visit.redirect("/publier", notice="brouillon-garde")
    notice = publishing.notice_of(str(fields.get("category", "")))
    if notice is not None and visit.form.get("notice") != notice.id:
        visit.form.refuse("notice", Reason.NOTICE_UNREAD)
        return await _review(visit, kept, visit.form, code=422)
    draft = _draft(visit, fields, notice_seen=notice.id if notice else "")
    if draft is None:
        return visit.redirect(f"/publier/{kept.id}/ou")
    try:
        listing = await visit.store.write(acting.publish, by=visit.member.member_id, draft_id=kept.id, draft=draft)
    except Refused as refused:
        visit.form.take(refused)
        return await _review(visit, kept, visit.form, code=422)
    said = "annonce-modifiee" if kept.listing_id else "annonce-publiee"
    return visit.redirect(f"/annonces/{listing.id}", notice=said)


async def edit(visit: Visit) -> web.StreamResponse:
    """Change a listing by the same screens."""
    listing_id = ListingId(visit.path("id"))
    async with visit.store.read() as tx:
        listing = await stored.find(tx, listing_id)
    if listing is None:
        raise Refused(Reason.NOT_FOUND)
    kept = await visit.store.write(
        acting.begin_edit, by=visit.signed_in.member_id, listing_id=listing_id, fields=publishing.fields_of(listing)
    )
    return visit.redirect(f"/publier/{kept.id}/quoi")


async def discard(visit: Visit) -> web.StreamResponse:
    """Throw a draft away."""
    await visit.store.write(acting.discard, by=visit.member.member_id, draft_id=visit.path("draft"))
    return visit.redirect("/publier", notice="brouillon-jete")


async def _kept(visit: Visit) -> KeptDraft:
    async with visit.store.read() as tx:
        kept = await drafts.find(tx, visit.path("draft"), member_id=visit.member.member_id)
    if kept is None:
        raise Refused(Reason.NOT_FOUND)
    return kept


async def _keep_what(visit: Visit, before: Mapping[str, Any], *, draft_id: str | None) -> web.StreamResponse:
    form = visit.form
    pictures = [one for one in _described(form, before)["pictures"] if not form.checked(f"remove-{one['id']}")]
    pictures += await _new_pictures(visit, room=MAX_PICTURES - len(pictures))
    fields = {**before, **publishing.typed(form, publishing.WHAT), "pictures": pictures}
    kept = await visit.store.write(acting.keep, by=visit.member.member_id, draft_id=draft_id, fields=fields)
    if form.checked("plus_tard"):
        return visit.redirect("/publier", notice="brouillon-garde")
    publishing.check_what(form)
    if form.errors:
        return _what(visit, form, fields, draft_id=kept.id, code=422)
    return visit.redirect(f"/publier/{kept.id}/ou")


async def _new_pictures(visit: Visit, *, room: int) -> list[dict[str, Any]]:
    bodies = visit.form.files.get("pictures", [])
    if len(bodies) > room:
        visit.form.refuse("pictures", Reason.TOO_MANY_PICTURES)
    taken = await photos.take_in(visit, visit.member.member_id, bodies[: max(0, room)])
    words = visit.form.get("alt")[: publishing.MOST_ALT]
    return [
        publishing.picture_fields(
            Picture(
                id=PictureId(one.id),
                url=addresses.media_url(visit.here.base, one.path),
                media_type=one.media_type,
                alt=words if number == 0 else "",
                width=one.width,
                height=one.height,
                blurhash=one.blurhash,
            )
        )
        for number, one in enumerate(taken)
    ]


def _described(form: Form, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with the descriptions of photos as they were typed now."""
    pictures = [
        {**one, "alt": form.get(f"alt-{one['id']}")[: publishing.MOST_ALT]}
        if f"alt-{one['id']}" in form.values
        else one
        for one in fields.get("pictures", [])
    ]
    return {**fields, "pictures": pictures}


def _what(
    visit: Visit,
    form: Form,
    fields: Mapping[str, Any],
    *,
    draft_id: str,
    kept: list[KeptDraft] | None = None,
    code: int = 200,
) -> web.Response:
    return visit.render(
        "publish/what.html",
        title=visit._("Publier une annonce"),
        code=code,
        typed=form,
        action=f"/publier/{draft_id}/quoi" if draft_id else "/publier",
        draft_id=draft_id,
        kept=kept or [],
        thumbnails=_thumbnails(fields),
        room=MAX_PICTURES - len(fields.get("pictures", [])),
    )


def _where(visit: Visit, form: Form, kept: KeptDraft, *, code: int = 200) -> web.Response:
    kind = str(kept.fields.get("kind", ""))
    here = visit.here
    near = communes.around(here.latitude, here.longitude) if here.latitude and here.longitude else []
    return visit.render(
        "publish/where.html",
        title=visit._("Quand et où"),
        code=code,
        typed=form,
        draft_id=kept.id,
        kind=kind,
        shown=publishing.shown_for(kind),
        categories=_categories(visit),
        units=_units(visit, kind),
        communes=[here.commune, *(one.label for one in near if one.name != here.commune)],
        map={
            "latitude": form.get("latitude") or here.latitude or 46.6,
            "longitude": form.get("longitude") or here.longitude or 2.4,
            "zoom": 13 if here.latitude else 5,
            "tiles": here.tiles,
            "attribution": "",
        },
        earliest=visit.now.date().isoformat(),
        latest=(visit.now + LONGEST_LIFE).date().isoformat(),
    )


async def _review(visit: Visit, kept: KeptDraft, form: Form, *, code: int = 200) -> web.StreamResponse:
    notice = publishing.notice_of(str(kept.fields.get("category", "")))
    draft = _draft(visit, kept.fields, notice_seen=notice.id if notice else "")
    listing = _preview(visit, draft) if draft else None
    if listing is None:
        return visit.redirect(f"/publier/{kept.id}/{'ou' if kept.fields.get('title') else 'quoi'}")
    async with visit.store.read() as tx:
        known = await cards.around(tx, visit, [listing])
    category = categories.find(listing.category)
    return visit.render(
        "publish/review.html",
        title=visit._("Relire"),
        code=code,
        typed=form,
        draft_id=kept.id,
        is_edit=kept.listing_id is not None,
        listing=listing,
        card=replace(cards.card(visit, listing, known), url="#apercu"),
        category=category,
        notice=notice,
        undescribed=[one for one in _thumbnails(kept.fields) if not one["alt"]],
    )


def _draft(visit: Visit, fields: Mapping[str, Any], *, notice_seen: str) -> Draft | None:
    form = publishing.form_of(fields, visit.form)
    return publishing.read(form, fields, language=visit.language, notice_seen=notice_seen)


def _preview(visit: Visit, draft: Draft) -> Listing | None:
    try:
        change = life.publish(
            draft,
            listing_id=PREVIEW,
            urls=NOWHERE,
            author_id=visit.member.member_id,
            group_id=visit.here.group_id,
            at=visit.now,
        )
    except Refused:
        return None
    return change.listing


def _thumbnails(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {**one, "url": "/media/" + thumbnail_path(one["url"].partition("/media/")[2]), "error": None}
        for one in fields.get("pictures", [])
    ]


def _categories(visit: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    language = visit.language
    first = (visit._("Rubrique"), [("", visit._("Choisir…"))])
    return [
        first,
        *(
            (root.name(language), [(sub.id, sub.name(language)) for sub in categories.subs(root.id)])
            for root in categories.roots()
        ),
    ]


def _units(visit: Visit, kind: str) -> list[tuple[str, str]]:
    words = {"one": visit._("en tout"), "hour": visit._("de l’heure"), "day": visit._("par jour")}
    return [(unit, words[unit]) for unit in publishing.shown_for(kind).price_units]
