"""What the association's people do with accounts: founders, roles, suspension, a link where no mail is set."""

from aiohttp import web

from fedivoisin.actions import founding, staff
from fedivoisin.actions.accounts import NewAccount
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import accounts, actors, members
from fedivoisin.store.actors import Actor
from fedivoisin.trust.roles import Role
from fedivoisin.web.people_words import role_words
from fedivoisin.web.visit import Visit

GIVABLE = tuple(role for role in Role if role is not Role.ADHERENT)


async def show(visit: Visit) -> web.StreamResponse:
    """GET /membres/{name}/gerer"""
    _ = visit.moderator
    return await _page(visit)


async def change_roles(visit: Visit) -> web.StreamResponse:
    """POST /membres/{name}/roles: the ticked roles and no other."""
    by, person = visit.admin.member_id, await _person(visit)
    wanted = [role for role in GIVABLE if role.value in visit.form.all("roles")]
    try:
        await visit.store.write(staff.set_roles, by=by, member=person.id, roles=wanted)
    except Refused as refused:
        visit.form.take(refused, "roles")
        return await _page(visit, code=422)
    return visit.redirect(f"/membres/{person.name}/gerer", notice="enregistre")


async def suspend(visit: Visit) -> web.StreamResponse:
    """POST /membres/{name}/suspendre, and back with `restore`."""
    by, person = visit.moderator.member_id, await _person(visit)
    change = staff.restore if visit.form.checked("restore") else staff.suspend
    try:
        await visit.store.write(change, by=by, member=person.id)
    except Refused as refused:
        visit.form.take(refused, "suspend")
        return await _page(visit, code=422)
    return visit.redirect(f"/membres/{person.name}/gerer", notice="enregistre")


async def make_link(visit: Visit) -> web.StreamResponse:
    """POST /membres/{name}/lien: a link shown once, to be handed over; it lasts thirty minutes."""
    by, person, token = visit.admin.member_id, await _person(visit), visit.world.new_secret()
    await visit.store.write(staff.hand_link, by=by, member=person.id, token=token)
    site = visit.here.origin or f"{visit.request.scheme}://{visit.request.host}"
    return await _page(visit, link=f"{site}/mot-de-passe/{token}")


async def founders_form(visit: Visit) -> web.StreamResponse:
    """GET /fondateurs"""
    return await _founders_page(visit)


async def enter_founder(visit: Visit) -> web.StreamResponse:
    """POST /fondateurs: one founding member; a link lets them choose their password."""
    by, form = visit.admin.member_id, visit.form
    who = NewAccount(
        display_name=form.text("display_name", least=2, most=80).replace("\n", " "),
        email=form.text("email", most=254) or None,
        quartier=form.text("quartier", most=80).replace("\n", " "),
        language=visit.here.language,
    )
    if form.errors:
        return await _founders_page(visit, code=422)
    try:
        keys = await visit.world.new_keys()
        member = await visit.store.write(founding.enter_founder, by=by, who=who, keys=keys)
    except Refused as refused:
        form.take(refused, "display_name")
        return await _founders_page(visit, code=422)
    async with visit.store.read() as tx:
        person = await actors.by_id(tx, member)
    return visit.redirect(f"/membres/{person.name}/gerer" if person else "/fondateurs", notice="fondateur-inscrit")


async def _person(visit: Visit) -> Actor:
    async with visit.store.read() as tx:
        person = await actors.by_local_name(tx, visit.path("name"))
    if person is None or person.type != "Person" or person.gone_at is not None:
        raise Refused(Reason.NOT_FOUND)
    return person


async def _page(visit: Visit, *, link: str = "", code: int = 200) -> web.StreamResponse:
    person = await _person(visit)
    async with visit.store.read() as tx:
        account = await accounts.of(tx, person.id)
        membership = await members.of(tx, person.id)
        standing = await members.standing(tx, person.id)
    if account is None:
        raise Refused(Reason.NOT_FOUND)
    names = role_words(visit)
    return visit.render(
        "account/manage.html",
        title=visit._("{name} : gérer le compte").format(name=person.shown_name),
        person=person,
        account=account,
        membership=membership,
        standing=standing.value,
        roles=[{"value": role.value, "words": names[role.value]} for role in GIVABLE],
        held=[role.value for role in account.roles],
        link=link,
        code=code,
    )


async def _founders_page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    _ = visit.admin
    async with visit.store.read() as tx:
        rules = await members.rules(tx)
        number = await members.count_founders(tx)
    founded = visit.here.founded_at
    return visit.render(
        "account/founders.html",
        title=visit._("Membres fondateurs"),
        number=number,
        rules=rules,
        until=founded + rules.founding if founded else None,
        is_open=founded is not None and visit.now < founded + rules.founding and number < rules.founders,
        code=code,
    )
