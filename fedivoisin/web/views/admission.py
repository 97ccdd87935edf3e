"""The door: ask to come in, and the people who ask."""

from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from fedivoisin.actions import admission, invitations
from fedivoisin.actions.accounts import NewAccount
from fedivoisin.actions.admission import Request
from fedivoisin.actions.profiles import AGREEMENTS
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import actors, members, vouches
from fedivoisin.store.db import Tx
from fedivoisin.store.invitations import Invitation
from fedivoisin.store.members import Membership
from fedivoisin.trust import codes, vouching
from fedivoisin.trust.rules import Rules
from fedivoisin.web.people_words import agreement_choices, portrait_path
from fedivoisin.web.reasons import sentence
from fedivoisin.web.ties import named
from fedivoisin.web.views.sign_in import new_password, new_session, with_session
from fedivoisin.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody at the door, as the page of candidates shows them."""

    name: str
    shown_name: str
    portrait: str | None
    quartier: str
    words: str
    ambassador: str
    """Empty when nobody invited them."""
    since: datetime
    sponsors: list[str]
    missing: int
    is_mine: bool
    """Whether the reader is one of the sponsors."""


async def ask_form(visit: Visit) -> web.StreamResponse:
    """GET /demander, perhaps with `?code=`."""
    if visit.visitor is not None:
        return visit.redirect("/moi")
    return await _ask_page(visit, visit.query("code"))


async def from_link(visit: Visit) -> web.StreamResponse:
    """GET /i/{word}: the form, which says who invites."""
    if visit.visitor is not None:
        return visit.redirect("/moi")
    return await _ask_page(visit, visit.path("word"))


async def ask(visit: Visit) -> web.StreamResponse:
    """POST /demander: an account at once, which reads and waits for two sponsors."""
    form, code = visit.form, visit.form.get("code")
    who = NewAccount(
        display_name=form.text("display_name", least=2, most=80).replace("\n", " "),
        email=form.text("email", least=3, most=254),
        quartier=form.text("quartier", most=80).replace("\n", " "),
        agreement=form.choice("agreement", AGREEMENTS, default="neutre"),
        language=visit.language,
    )
    words = form.text("words", least=10, most=1000)
    if not form.checked("charter"):
        form.refuse("charter", Reason.RULES_UNREAD)
    session = new_session(visit)
    try:
        hashed = await new_password(visit)
        if form.errors:
            return await _ask_page(visit, code, status=422)
        asked = Request(replace(who, password=hashed), words, code)
        await visit.store.write(admission.begin_request, network=visit.address)
        keys = await visit.world.new_keys()
        await visit.store.write(
            admission.ask_to_enter, asked, keys, session=session, confirmation=visit.world.new_secret()
        )
    except Refused as refused:
        form.take(refused, "password")
        return await _ask_page(visit, code, status=422)
    return with_session(visit, visit.redirect("/moi", notice="demande-recue"), session)


async def code_form(visit: Visit) -> web.StreamResponse:
    """GET /code"""
    return visit.render("admission/code.html", title=visit._("Taper le code de l’affiche"), example=_example(visit))


async def read_code(visit: Visit) -> web.StreamResponse:
    """POST /code: to the form, with whoever invites."""
    try:
        found = await _opened_by(visit, visit.form.get("code"))
    except Refused as refused:
        visit.form.take(refused, "code")
        title = visit._("Taper le code de l’affiche")
        return visit.render("admission/code.html", title=title, example=_example(visit), code=422)
    return visit.redirect(f"/demander?code={found.code}")


async def candidates(visit: Visit) -> web.StreamResponse:
    """GET /candidats: who asks to come in, and what each still needs."""
    reader = visit.signed_in.member_id
    async with visit.store.read() as tx:
        rules = await members.rules(tx)
        found = [await _waiting(tx, visit, one, rules, reader) for one in await members.candidates(tx)]
    return visit.render("admission/candidates.html", title=visit._("Ils demandent à entrer"), candidates=found)


async def candidate(visit: Visit) -> web.StreamResponse:
    """GET /candidats/{name}: the person, the responsibility text, the button."""
    return await _candidate_page(visit)


async def sponsor(visit: Visit) -> web.StreamResponse:
    """POST /candidats/{name}: « Je parraine »."""
    me = visit.member.member_id
    who = await _candidate(visit)
    try:
        is_admitted = await visit.store.write(
            admission.sponsor, sponsor=me, candidate=who, has_accepted=visit.form.checked("charter")
        )
    except Refused as refused:
        visit.form.take(refused, "charter")
        return await _candidate_page(visit, code=422)
    if is_admitted:
        return visit.redirect(f"/@{visit.path('name')}", notice="porte-ouverte")
    return visit.redirect(f"/candidats/{visit.path('name')}", notice="parrainage-note")


async def withdraw(visit: Visit) -> web.StreamResponse:
    """POST /candidats/{name}/retirer"""
    me = visit.signed_in.member_id
    await visit.store.write(admission.withdraw, sponsor=me, candidate=await _candidate(visit))
    return visit.redirect(f"/candidats/{visit.path('name')}", notice="parrainage-retire")


async def refuse(visit: Visit) -> web.StreamResponse:
    """POST /candidats/{name}/refuser: a moderator says why."""
    by = visit.moderator.member_id
    reason = visit.form.text("reason", least=10, most=500)
    if visit.form.errors:
        return await _candidate_page(visit, code=422)
    await visit.store.write(admission.refuse, by=by, candidate=await _candidate(visit), reason=reason)
    return visit.redirect("/candidats", notice="demande-refusee")


async def _candidate_page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    me, who = visit.signed_in.member_id, await _candidate(visit)
    async with visit.store.read() as tx:
        found = await members.of(tx, who)
        if found is None or found.state != "candidate":
            return visit.redirect(f"/@{visit.path('name')}")
        rules = await members.rules(tx)
        shown = await _waiting(tx, visit, found, rules, me)
        obstacle = await admission.why_not(tx, sponsor=me, candidate=who)
    return visit.render(
        "admission/candidate.html",
        title=visit._("Parrainer {name}").format(name=shown.shown_name),
        candidate=shown,
        obstacle=sentence(obstacle, visit.form.translate) if obstacle else "",
        until=obstacle.details.get("until") if obstacle else None,
        rules=rules,
        is_me=who == me,
        code=code,
    )


async def _ask_page(visit: Visit, code: str, *, status: int = 200) -> web.StreamResponse:
    invitation, trouble = await _invitation(visit, code)
    if trouble is not None:
        visit.form.take(trouble, "code")
    return visit.render(
        "admission/ask.html",
        title=visit._("Demander à entrer"),
        code=status,
        invitation=invitation,
        typed_code=code,
        needed=visit.here.sponsors_needed,
        agreements=agreement_choices(visit),
        example=_example(visit),
    )


async def _invitation(visit: Visit, code: str) -> tuple[Invitation | None, Refused | None]:
    if not code:
        return None, None
    try:
        return await _opened_by(visit, code), None
    except Refused as refused:
        return None, refused


async def _opened_by(visit: Visit, typed: str) -> Invitation:
    try:
        async with visit.store.read() as tx:
            return await invitations.look_up(tx, typed=typed, network=visit.address)
    except Refused as refused:
        if refused.reason is Reason.CODE_UNKNOWN:
            await visit.store.write(invitations.missed, network=visit.address)
        raise


async def _candidate(visit: Visit) -> MemberId:
    async with visit.store.read() as tx:
        person = await actors.by_local_name(tx, visit.path("name"))
    if person is None or person.type != "Person" or person.gone_at is not None:
        raise Refused(Reason.NOT_FOUND)
    return person.id


async def _waiting(tx: Tx, visit: Visit, found: Membership, rules: Rules, reader: MemberId) -> Waiting:
    facts = await vouches.candidate(tx, found.member_id)
    offers = vouching.standing_offers(facts, rules, at=tx.now)
    people = [offer.sponsor for offer in offers]
    names = await members.known(tx, [*people, *([found.ambassador_id] if found.ambassador_id else [])])
    person = await actors.by_id(tx, found.member_id)
    if person is None:
        raise Refused(Reason.NOT_FOUND)
    return Waiting(
        name=person.name,
        shown_name=person.shown_name,
        portrait=portrait_path(person),
        quartier=person.quartier,
        words=found.words,
        ambassador=named(names[found.ambassador_id], visit.form.translate) if found.ambassador_id else "",
        since=found.requested_at,
        sponsors=[named(names[one], visit.form.translate) for one in people],
        missing=vouching.missing(facts, rules, at=tx.now),
        is_mine=reader in people,
    )


def _example(visit: Visit) -> str:
    return f"{visit.here.code_prefix or codes.FALLBACK_PREFIX}-4821"
