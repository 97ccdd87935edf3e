"""Coming in and going out: sign in, sign out, links by mail, a forgotten password."""

from urllib.parse import urlencode

from aiohttp import web

from fedivoisin.actions import accounts
from fedivoisin.actions.accounts import NewSession
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import mail_tokens
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.web.devices import device_name
from fedivoisin.web.frame import end_session, start_session
from fedivoisin.web.visit import Visit, local_path

HOME = "/annonces"


def new_session(visit: Visit) -> NewSession:
    """The secrets of a session for this browser."""
    device = device_name(visit.request.headers.get("User-Agent", ""))
    return NewSession(visit.world.new_secret(), visit.world.new_secret(), device)


def with_session(visit: Visit, response: web.StreamResponse, session: NewSession) -> web.StreamResponse:
    """The answer, with the session's cookie."""
    start_session(response, visit, session.token)
    return response


def typed_secret(visit: Visit, name: str) -> str:
    """A password exactly as typed, spaces included."""
    return next(iter(visit.form.values.get(name, [])), "")


async def show(visit: Visit) -> web.StreamResponse:
    """GET /connexion"""
    if visit.visitor is not None:
        return visit.redirect(local_path(visit.query("suite")) if visit.query("suite") else "/moi")
    return _page(visit, visit.query("suite"))


async def sign_in(visit: Visit) -> web.StreamResponse:
    """POST /connexion: the same answer and the same work whether the address is known or not."""
    typed, password, after = visit.form.get("email"), typed_secret(visit, "password"), visit.form.get("suite")
    session = new_session(visit)
    try:
        found = await visit.store.write(accounts.begin_sign_in, typed=typed, network=visit.address)
        fits = await visit.world.check_password(password, found.password if found else None)
        if found is None or not fits:
            raise Refused(Reason.SIGN_IN_WRONG)
        await visit.store.write(accounts.sign_in, member=found.member_id, typed=typed, session=session)
    except Refused as refused:
        visit.form.take(refused, "email")
        return _page(visit, after, code=422)
    return with_session(visit, visit.redirect(after or HOME), session)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """POST /deconnexion"""
    if visit.visitor is not None:
        await visit.store.write(accounts.sign_out, member=visit.visitor.member_id, session_id=visit.visitor.session_id)
    response = visit.redirect("/connexion", notice="deconnecte")
    end_session(response, visit)
    return response


async def ask_link(visit: Visit) -> web.StreamResponse:
    """GET and POST /lien: a link by mail, to sign in without a password."""
    return await _ask(visit, Purpose.SIGN_IN, _link_title(visit))


async def ask_reset(visit: Visit) -> web.StreamResponse:
    """GET and POST /mot-de-passe: a link by mail, to choose a new password."""
    return await _ask(visit, Purpose.RESET, visit._("Mot de passe oublié"))


async def use_link(visit: Visit) -> web.StreamResponse:
    """GET and POST /lien/{token}: mail programs open links by themselves, so only the button spends it."""
    if visit.request.method == "POST":
        session = new_session(visit)
        await visit.store.write(accounts.sign_in_by_link, link=visit.path("token"), session=session)
        return with_session(visit, visit.redirect(HOME), session)
    await _require_link(visit, Purpose.SIGN_IN)
    return visit.render("account/use_link.html", title=_link_title(visit), purpose="sign-in")


async def reset(visit: Visit) -> web.StreamResponse:
    """GET and POST /mot-de-passe/{token}"""
    title = visit._("Choisir un mot de passe")
    await _require_link(visit, Purpose.RESET)
    if visit.request.method != "POST":
        return visit.render("account/reset.html", title=title)
    session = new_session(visit)
    try:
        hashed = await new_password(visit)
        await visit.store.write(accounts.reset_password, link=visit.path("token"), password=hashed, session=session)
    except Refused as refused:
        visit.form.take(refused, "password")
        return visit.render("account/reset.html", title=title, code=422)
    return with_session(visit, visit.redirect(HOME, notice="mot-de-passe"), session)


async def confirm(visit: Visit) -> web.StreamResponse:
    """GET and POST /confirmer/{token}: the address is yours."""
    if visit.request.method == "POST":
        await visit.store.write(accounts.confirm_email, link=visit.path("token"))
        return visit.redirect("/moi" if visit.visitor else "/connexion", notice="adresse-confirmee")
    await _require_link(visit, Purpose.CONFIRM)
    return visit.render("account/use_link.html", title=visit._("Confirmer votre adresse"), purpose="confirm")


async def new_password(visit: Visit) -> str:
    """The hash of the two equal passwords that were typed. Raises Refused."""
    password = typed_secret(visit, "password")
    if password != typed_secret(visit, "again"):
        raise Refused(Reason.PASSWORDS_DIFFER, field="again")
    return await visit.world.hash_password(password)


async def _ask(visit: Visit, purpose: Purpose, title: str) -> web.StreamResponse:
    if visit.request.method != "POST":
        return _ask_page(visit, purpose, title)
    try:
        await visit.store.write(
            accounts.ask_link,
            email=visit.form.get("email"),
            purpose=purpose,
            token=visit.world.new_secret(),
            network=visit.address,
        )
    except Refused as refused:
        visit.form.take(refused, "email")
        return _ask_page(visit, purpose, title, code=422)
    return visit.redirect(f"{visit.request.path}?{urlencode({'envoye': '1'})}")


def _ask_page(visit: Visit, purpose: Purpose, title: str, *, code: int = 200) -> web.StreamResponse:
    return visit.render(
        "account/ask_link.html",
        title=title,
        purpose=purpose.value,
        has_mail=bool(visit.here.mail.get("host")),
        is_sent=bool(visit.query("envoye")) and code == 200,
        code=code,
    )


async def _require_link(visit: Visit, purpose: Purpose) -> None:
    async with visit.store.read() as tx:
        if await mail_tokens.find(tx, visit.path("token"), purpose) is None:
            raise Refused(Reason.LINK_SPENT)


def _link_title(visit: Visit) -> str:
    return visit._("Se connecter par courriel")


def _page(visit: Visit, after: str, *, code: int = 200) -> web.StreamResponse:
    return visit.render("account/sign_in.html", title=visit._("Se connecter"), after=after, code=code)
