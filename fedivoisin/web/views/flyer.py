"""« Inviter un voisin »: links, printed codes, and the A5 flyer."""

from urllib.parse import urlsplit

from aiohttp import web
from markupsafe import Markup

from fedivoisin.actions import invitations
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import invitations as kept
from fedivoisin.web.visit import Visit


async def show(visit: Visit) -> web.StreamResponse:
    """GET /inviter"""
    return await _page(visit)


async def make(visit: Visit) -> web.StreamResponse:
    """POST /inviter: a link for one person, or a code for a stairwell."""
    me, kind = visit.member.member_id, visit.form.choice("kind", ("link", "code"))
    street = visit.form.text("street", most=80).replace("\n", " ")
    if visit.form.errors:
        return await _page(visit, code=422)
    try:
        if kind == "link":
            await visit.store.write(invitations.make_link, ambassador=me, word=visit.world.new_secret())
            return visit.redirect("/inviter", notice="lien-pret")
        made = await visit.store.write(invitations.make_code, ambassador=me, street=street)
    except Refused as refused:
        visit.form.take(refused, "kind")
        return await _page(visit, code=422)
    return visit.redirect(f"/inviter/{made}/affiche")


async def revoke(visit: Visit) -> web.StreamResponse:
    """POST /inviter/{code}/fermer"""
    await visit.store.write(invitations.revoke, ambassador=visit.signed_in.member_id, code=visit.path("code"))
    return visit.redirect("/inviter", notice="invitation-fermee")


async def flyer(visit: Visit) -> web.StreamResponse:
    """GET /inviter/{code}/affiche: one A5 page, with the QR of /i/{code}."""
    me = visit.signed_in.member_id  # first: a stranger shall not try codes through here
    async with visit.store.read() as tx:
        found = await kept.by_code(tx, visit.path("code"))
    if found is None or found.kind != "code" or found.ambassador_id != me:
        raise Refused(Reason.NOT_FOUND)
    site = _site(visit)
    return visit.render(
        "flyer.html",
        title=visit._("Votre affiche"),
        flyer={
            "ambassador": found.ambassador,
            "code": found.code,
            "address": urlsplit(site).netloc,
            "qr": qr(f"{site}/i/{found.code}", label=visit._("QR de l’invitation {code}").format(code=found.code)),
            "help": {
                "name": visit.here.help_name,
                "hours": visit.here.help_hours,
                "telephone": visit.here.help_telephone,
            },
        },
    )


def qr(text: str, *, label: str) -> Markup:
    """A QR code as SVG, error level M: read from paper, with a name for those who do not see it."""
    import segno

    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=0, omitsize=True, svgclass="qr", dark="#17213a", lineclass=None
    )
    # The SVG is segno's own drawing of our text: nothing a visitor typed stands in it.
    return Markup(drawn.replace("<svg ", f'<svg role="img" aria-label="{Markup.escape(label)}" ', 1))  # noqa: S704  # see above


def _site(visit: Visit) -> str:
    return visit.here.origin or f"{visit.request.scheme}://{visit.request.host}"


async def _page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    async with visit.store.read() as tx:
        found = await kept.of(tx, visit.member.member_id)
    return visit.render(
        "profile/invite.html", title=visit._("Inviter un voisin"), invitations=found, site=_site(visit), code=code
    )
