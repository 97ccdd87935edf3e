"""The first run: four short screens behind the one-time word that the terminal printed, then one write."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from fedivoisin.actions import setup
from fedivoisin.actions.accounts import NewAccount, begin_session
from fedivoisin.actions.founding import Answers, FirstKeys
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.settings import Settings
from fedivoisin.store import neighbourhoods
from fedivoisin.web import answers
from fedivoisin.web.forms import Form
from fedivoisin.web.frame import is_https, token_hash
from fedivoisin.web.mail_test import try_mail
from fedivoisin.web.views.sign_in import new_session, typed_secret, with_session
from fedivoisin.web.visit import Visit

COOKIE = "fv-installation"
HOUR = 3600
SCREENS = ("quartier", "association", "courriel", "compte")
Draft = Mapping[str, Mapping[str, Any]]


async def enter(visit: Visit) -> web.StreamResponse:
    """GET /installation, where the printed link leads: the word goes into a cookie and out of the address."""
    if visit.here.founded_at is not None:
        return visit.redirect("/")
    word = visit.query("cle")
    if not word and _holds_word(visit):
        return visit.redirect(f"/installation/{SCREENS[0]}")
    if not word or token_hash(word) != visit.here.setup_hash:
        return _locked(visit)
    response = visit.redirect(f"/installation/{SCREENS[0]}")
    response.set_cookie(
        COOKIE,
        word,
        max_age=24 * HOUR,
        path="/installation",
        secure=is_https(visit),
        httponly=True,
        samesite="Strict",
    )
    return response


async def show(visit: Visit) -> web.StreamResponse:
    """GET /installation/{screen}"""
    screen = _screen(visit)
    if visit.here.founded_at is not None:
        return visit.redirect("/")
    if not _holds_word(visit):
        return _locked(visit)
    draft = await _draft(visit)
    return _page(_filled(visit, _start(visit) | dict(draft.get(screen, {}))), screen, draft)


async def answer(visit: Visit) -> web.StreamResponse:
    """POST /installation/{screen}: keep the answers and go on, or say what to mend."""
    screen = _screen(visit)
    await _open(visit)
    draft = await _draft(visit)
    if screen == "compte":
        return await _found(visit, draft)
    _read(screen, visit.form, visit.settings, draft)
    if visit.form.errors:
        return _page(visit, screen, draft, code=422)
    typed = _typed(visit, screen, draft)
    if visit.form.get("essayer"):
        return await _try(visit, screen, draft)
    await visit.store.write(setup.keep_answers, screen, typed, setup_hash=_hash(visit))
    return visit.redirect(f"/installation/{SCREENS[SCREENS.index(screen) + 1]}")


async def _found(visit: Visit, draft: Draft) -> web.StreamResponse:
    missing = next((screen for screen in SCREENS[:-1] if not _is_whole(visit, screen, draft)), None)
    if missing:
        return visit.redirect(f"/installation/{missing}")
    form = visit.form
    who = _admin(form, str(draft["quartier"].get("language", "fr")))
    if form.errors:
        return _page(visit, "compte", draft, code=422)
    try:
        hashed = await visit.world.hash_password(_password(visit))
        keys = FirstKeys(await visit.world.new_keys(), await visit.world.new_keys(), await visit.world.new_keys())
        member = await visit.store.write(
            setup.found, _answers(visit, draft), replace(who, password=hashed), keys, setup_hash=_hash(visit)
        )
    except Refused as refused:
        form.take(refused)
        return _page(visit, "compte", draft, code=422)
    return await _welcome(visit, member)


async def _welcome(visit: Visit, member: MemberId) -> web.StreamResponse:
    """Sign the admin in; where the public address is another one, lead there instead: a session stays on its host."""
    async with visit.store.read() as tx:
        here = await neighbourhoods.current(tx)
    visit = replace(visit, facts=replace(visit.facts, neighbourhood=here))
    if here.origin and urlsplit(here.origin).netloc != visit.request.host:
        return visit.render("setup/done.html", title=visit._("Votre quartier est ouvert"), site=here.origin)
    session = new_session(visit)
    await visit.store.write(begin_session, member, session)
    response = visit.redirect("/reglages", notice="fonde")
    response.del_cookie(COOKIE, path="/installation")
    return with_session(visit, response, session)


async def _try(visit: Visit, screen: str, draft: Draft) -> web.StreamResponse:
    before = answers.mail(Form(_lists(draft.get(screen, {})), {}, visit.form.translate), {})
    server = answers.mail(visit.form, before)
    to = answers.email(visit.form, "mail_try")
    if visit.form.errors:
        return _page(visit, screen, draft, code=422)
    trial = await try_mail(visit, server, to)
    return _page(visit, screen, draft, trial=trial)


async def _draft(visit: Visit) -> Draft:
    async with visit.store.read() as tx:
        return await neighbourhoods.setup_draft(tx)


async def _open(visit: Visit) -> None:
    async with visit.store.read() as tx:
        await setup.require_open(tx, _hash(visit))


def _hash(visit: Visit) -> str:
    return token_hash(visit.request.cookies.get(COOKIE, ""))


def _holds_word(visit: Visit) -> bool:
    return visit.here.setup_hash is not None and _hash(visit) == visit.here.setup_hash


def _screen(visit: Visit) -> str:
    screen = visit.path("screen")
    if screen not in SCREENS:
        raise Refused(Reason.NOT_FOUND)
    return screen


def _locked(visit: Visit) -> web.StreamResponse:
    return visit.render("setup/locked.html", title=visit._("Créer votre quartier"), code=403)


def _page(visit: Visit, screen: str, draft: Draft, *, code: int = 200, **context: Any) -> web.Response:
    step = SCREENS.index(screen)
    return visit.render(
        f"setup/{screen}.html",
        title=visit._("Créer votre quartier"),
        code=code,
        step=step + 1,
        back=f"/installation/{SCREENS[step - 1]}" if step else "",
        fixed_origin=visit.settings.origin,
        map=answers.place_map(visit.form),
        quarter=draft.get("quartier", {}),
        has_mail=bool(draft.get("courriel", {}).get("mail_host")),
        origin=visit.settings.origin or draft.get("courriel", {}).get("origin", ""),
        **({"trial": None} | context),
    )


def _filled(visit: Visit, values: Mapping[str, Any]) -> Visit:
    return replace(visit, form=Form(_lists(values), {}, visit.form.translate))


def _lists(values: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [str(value)] for name, value in values.items()}


def _start(visit: Visit) -> dict[str, str]:
    return {
        "language": visit.language,
        "sponsors_needed": "2",
        "mail_port": "587",
        "mail_security": "starttls",
        "legal_form": "association-1901",
    }


def _read(screen: str, form: Form, settings: Settings, draft: Draft) -> dict[str, Any]:
    """The columns of one screen; what is wrong lands in `form.errors`."""
    match screen:
        case "quartier":
            return answers.quarter(form)
        case "association":
            return answers.association(form)
        case _:
            before = answers.mail(Form(_lists(draft.get(screen, {})), {}, form.translate), {})
            address = settings.origin or answers.origin(form, settings)
            return {"mail": answers.mail(form, before), "origin": address}


def _typed(visit: Visit, screen: str, draft: Draft) -> dict[str, str]:
    names = [name for name in visit.form.values if name not in ("csrf", "essayer", "mail_try")]
    typed = {name: visit.form.get(name) for name in names}
    if screen == "courriel":
        typed["mail_password"] = _read(screen, visit.form, visit.settings, draft)["mail"].get("password", "")
    return typed


def _is_whole(visit: Visit, screen: str, draft: Draft) -> bool:
    form = Form(_lists(draft.get(screen, {})), {}, visit.form.translate)
    _read(screen, form, visit.settings, draft)
    return screen in draft and not form.errors


def _answers(visit: Visit, draft: Draft) -> Answers:
    columns: dict[str, Any] = {}
    for screen in SCREENS[:-1]:
        form = Form(_lists(draft[screen]), {}, visit.form.translate)
        columns |= _read(screen, form, visit.settings, draft)
    slug, prefix = setup.slug_of(columns["name"]), setup.code_prefix(columns["commune"])
    return Answers(**columns, slug=slug, code_prefix=prefix)


def _admin(form: Form, language: str) -> NewAccount:
    return NewAccount(
        display_name=form.text("display_name", least=2, most=60),
        email=answers.email(form, "email"),
        name=form.text("name", least=2, most=30).lower(),
        language=language,
        roles=setup.FOUNDER_ROLES,
    )


def _password(visit: Visit) -> str:
    password = typed_secret(visit, "password")
    if password != typed_secret(visit, "password_again"):
        raise Refused(Reason.PASSWORDS_DIFFER, field="password_again")
    return password
