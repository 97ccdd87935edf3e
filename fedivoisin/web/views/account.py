"""Everything about oneself: the page « Moi », the account, the devices, leaving."""

from aiohttp import web

from fedivoisin.actions import accounts
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import accounts as kept_accounts
from fedivoisin.store import members, sessions, vouches
from fedivoisin.trust import vouching
from fedivoisin.web.frame import end_session
from fedivoisin.web.render import LANGUAGES
from fedivoisin.web.views.sign_in import new_password, new_session, typed_secret, with_session
from fedivoisin.web.visit import Visit

THEMES = ("auto", "light", "dark")


async def show(visit: Visit) -> web.StreamResponse:
    """GET /moi: where one stands, and the way to everything that is one's own."""
    me = visit.signed_in.member_id
    async with visit.store.read() as tx:
        standing = await members.standing(tx, me)
        membership = await members.of(tx, me)
        rules = await members.rules(tx)
        facts = await vouches.candidate(tx, me)
        sponsored = await members.known(tx, await vouches.sponsored_by(tx, me))
        sponsors = await members.known(tx, [offer.sponsor for offer in facts.offers])
        account = await kept_accounts.of(tx, me)
    return visit.render(
        "account/me.html",
        title=visit._("Moi"),
        standing=standing.value,
        membership=membership,
        missing=vouching.missing(facts, rules, at=visit.now),
        needed=rules.sponsors_needed,
        sponsors=[known.name for known in sponsors.values()],
        sponsored=list(sponsored.values()),
        account=account,
    )


async def show_account(visit: Visit) -> web.StreamResponse:
    """GET /moi/compte"""
    return await _account_page(visit)


async def change_email(visit: Visit) -> web.StreamResponse:
    """POST /moi/compte/adresse"""
    me = visit.signed_in.member_id
    try:
        await _require_password(visit, "current")
        await visit.store.write(
            accounts.ask_new_email, member=me, email=visit.form.get("email"), token=visit.world.new_secret()
        )
    except Refused as refused:
        visit.form.take(refused, "email")
        return await _account_page(visit, code=422)
    return visit.redirect("/moi/compte", notice="adresse-a-confirmer")


async def change_password(visit: Visit) -> web.StreamResponse:
    """POST /moi/compte/mot-de-passe: every other device is signed out."""
    me, session = visit.signed_in, new_session(visit)
    try:
        await _require_password(visit, "old")
        hashed = await new_password(visit)
        await visit.store.write(
            accounts.change_password,
            member=me.member_id,
            password=hashed,
            session_id=me.session_id,
            session=session,
        )
    except Refused as refused:
        visit.form.take(refused, "password")
        return await _account_page(visit, code=422)
    return with_session(visit, visit.redirect("/moi/compte", notice="mot-de-passe"), session)


async def change_preferences(visit: Visit) -> web.StreamResponse:
    """POST /moi/compte/affichage"""
    me = visit.signed_in
    language = visit.form.choice("language", LANGUAGES, default=me.language)
    theme = visit.form.choice("theme", THEMES, default=me.theme)
    if visit.form.errors:
        return await _account_page(visit, code=422)
    await visit.store.write(accounts.prefer, member=me.member_id, language=language, theme=theme)
    return visit.redirect("/moi/compte", notice="enregistre")


async def show_devices(visit: Visit) -> web.StreamResponse:
    """GET /moi/appareils"""
    me = visit.signed_in
    async with visit.store.read() as tx:
        found = await sessions.of(tx, me.member_id)
    return visit.render("account/devices.html", title=visit._("Mes appareils"), sessions=found, here=me.session_id)


async def end_device(visit: Visit) -> web.StreamResponse:
    """POST /moi/appareils: one device, or all the others."""
    me, wanted = visit.signed_in, visit.form.get("session")
    if wanted:
        await visit.store.write(accounts.revoke_session, member=me.member_id, session_id=wanted)
    else:
        await visit.store.write(accounts.revoke_other_sessions, member=me.member_id, session_id=me.session_id)
    return visit.redirect("/moi/appareils", notice="appareil-deconnecte")


async def show_closing(visit: Visit) -> web.StreamResponse:
    """GET /moi/fermer"""
    _ = visit.signed_in
    return visit.render("account/close.html", title=visit._("Fermer mon compte"))


async def close(visit: Visit) -> web.StreamResponse:
    """POST /moi/fermer: erased at once, after a tick and the password."""
    me = visit.signed_in.member_id
    try:
        if not visit.form.checked("sure"):
            raise Refused(Reason.CONFIRMATION_WRONG, field="sure")
        await _require_password(visit, "password")
        await visit.store.write(accounts.close, member=me)
    except Refused as refused:
        visit.form.take(refused, "sure")
        return visit.render("account/close.html", title=visit._("Fermer mon compte"), code=422)
    response = visit.redirect("/annonces", notice="compte-ferme")
    end_session(response, visit)
    return response


async def _require_password(visit: Visit, field: str) -> None:
    account = await visit.store.write(accounts.begin_proof, member=visit.signed_in.member_id)
    hashed = account.password if account else None
    if hashed is not None and not await visit.world.check_password(typed_secret(visit, field), hashed):
        raise Refused(Reason.PASSWORD_WRONG, field=field)
    await visit.store.write(accounts.proved, member=visit.signed_in.member_id)


async def _account_page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    me = visit.signed_in.member_id
    async with visit.store.read() as tx:
        account = await kept_accounts.of(tx, me)
    return visit.render("account/account.html", title=visit._("Mon compte"), account=account, code=code)
