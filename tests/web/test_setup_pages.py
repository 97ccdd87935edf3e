"""The first run in a browser: four screens, one write, and nobody without the word."""

import hashlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import FormData

from fedivoisin.errors import Unreachable
from fedivoisin.store import accounts, neighbourhoods
from fedivoisin.store.db import Store
from fedivoisin.trust.roles import Role
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld

WORD = "le-mot-du-terminal"
QUARTER = {
    "name": "Doulon",
    "commune": "Nantes",
    "department": "44",
    "latitude": "47,235",
    "longitude": "-1.52",
    "contact_email": "bonjour@voisins.example",
    "language": "fr",
    "help_name": "Awa",
    "help_hours": "le mardi",
    "help_telephone": "02 61 91 00 12",
}
ASSOCIATION = {
    "legal_form": "association-1901",
    "legal_name": "Les voisins de Doulon",
    "legal_address": "1 rue du Port\n44300 Nantes",
    "legal_number": "",
    "legal_publisher": "Awa Diop",
    "legal_host_name": "Un hébergeur",
    "legal_host_address": "2 rue des Serveurs\n59000 Lille",
    "legal_host_telephone": "",
    "sponsors_needed": "2",
}
MAIL = {
    "mail_host": "smtp.example",
    "mail_port": "587",
    "mail_security": "starttls",
    "mail_user": "quartier",
    "mail_password": " un secret ",
    "mail_sender": "quartier@voisins.example",
    "origin": "voisins.example/",
}
NO_MAIL = {"mail_host": "", "mail_port": "587", "mail_security": "starttls", "origin": ""}
ACCOUNT = {
    "display_name": "Awa Diop",
    "name": "awa",
    "email": "awa@voisins.example",
    "password": "cheval agrafe batterie",
    "password_again": "cheval agrafe batterie",
}


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    """Two browsers at a program that was just installed."""
    await store.write(neighbourhoods.prepare, origin="", setup_hash=hashlib.sha256(WORD.encode()).hexdigest())
    async with browsers(store, world, 2) as opened:
        yield opened


async def _here(store: Store) -> neighbourhoods.Neighbourhood:
    async with store.read() as tx:
        return await neighbourhoods.current(tx)


async def _to_the_last_screen(me: Browser, mail: dict[str, str]) -> None:
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/quartier")
    await me.send("/installation/quartier", QUARTER)
    await me.send("/installation/association", ASSOCIATION)
    await me.send("/installation/courriel", mail)


async def test_every_page_leads_to_the_first_run_until_it_is_done(site: list[Browser]) -> None:
    for path in ("/", "/annonces", "/connexion", "/aide"):
        assert (await site[0].get(path)).location == "/installation"


async def test_without_the_word_a_plain_page_says_where_it_is(site: list[Browser]) -> None:
    for path in ("/installation", "/installation?cle=faux", "/installation/quartier"):
        answer = await site[0].get(path)
        assert answer.status == 403
        assert "terminal" in answer.text
    answer = await site[0].post("/installation/quartier", QUARTER)
    assert answer.status == 403


async def test_a_neighbourhood_is_founded_in_four_screens(site: list[Browser], store: Store) -> None:
    me = site[0]
    entered = await me.get(f"/installation?cle={WORD}")
    assert entered.location == "/installation/quartier"
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    await _to_the_last_screen(me, MAIL)
    last = await me.get("/installation/compte")
    assert "Doulon, Nantes" in last.text
    assert "https://voisins.example" in last.text or "voisins.example/" in last.text
    done = await me.post("/installation/compte", ACCOUNT)
    assert done.status == 200
    assert 'href="https://voisins.example/connexion"' in done.html
    here = await _here(store)
    assert (here.name, here.origin, here.slug, here.code_prefix) == (
        "Doulon",
        "https://voisins.example",
        "doulon",
        "NTS",
    )
    assert here.legal["publisher"] == "Awa Diop"
    assert here.mail == {
        "host": "smtp.example",
        "port": 587,
        "security": "starttls",
        "user": "quartier",
        "password": " un secret ",
        "sender": "quartier@voisins.example",
    }
    async with store.read() as tx:
        account = await accounts.by_email(tx, "awa@voisins.example")
    assert account is not None
    assert {Role.ADMIN, Role.REFERENT} <= account.roles
    assert (await me.get("/installation")).location == "/"
    assert (await me.get("/installation/quartier")).location == "/"


async def test_mail_and_address_can_wait(site: list[Browser], store: Store) -> None:
    await _to_the_last_screen(site[0], NO_MAIL)
    assert "mode essai" in (await site[0].get("/installation/compte")).text
    settings = await site[0].send("/installation/compte", ACCOUNT)
    assert "Votre quartier est ouvert." in settings.text
    assert "Les voisins de Doulon" in settings.text
    here = await _here(store)
    assert here.is_trial
    assert here.mail == {}
    assert "Mode essai" in (await site[0].get("/annonces")).text


async def test_answers_are_kept_between_screens_and_visits(site: list[Browser]) -> None:
    me = site[0]
    await _to_the_last_screen(me, MAIL)
    page = await me.get("/installation/quartier")
    assert 'value="Doulon"' in page.html
    assert 'value="47,235"' in page.html
    mail = await me.get("/installation/courriel")
    assert 'value="smtp.example"' in mail.html
    assert "un secret" not in mail.html


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", "", "Remplissez ce champ."),
        ("name", "D" * 61, "Trop long"),
        ("department", "99", "numéro du département"),
        ("latitude", "", "Touchez la carte"),
        ("latitude", "91", "entre -90 et 90"),
        ("longitude", "abc", "entre -180 et 180"),
        ("contact_email", "pas une adresse", "adresse électronique"),
        ("language", "tlh", "Choisissez dans la liste"),
        ("help_telephone", "au bistrot", "numéro de téléphone"),
    ],
)
async def test_a_wrong_answer_is_said_and_nothing_is_lost(
    site: list[Browser], store: Store, field: str, typed: str, said: str
) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/quartier")
    answer = await me.post("/installation/quartier", QUARTER | {field: typed})
    assert answer.status == 422
    assert said in answer.text
    assert 'value="bonjour@voisins.example"' in answer.html or field == "contact_email"
    async with store.read() as tx:
        assert await neighbourhoods.setup_draft(tx) == {}


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("legal_form", "empire"),
        ("legal_name", ""),
        ("legal_address", ""),
        ("legal_publisher", ""),
        ("legal_host_name", ""),
        ("legal_host_telephone", "x"),
        ("sponsors_needed", "1"),
        ("sponsors_needed", ""),
    ],
)
async def test_the_law_asks_for_these(site: list[Browser], field: str, typed: str) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/association")
    answer = await me.post("/installation/association", ASSOCIATION | {field: typed})
    assert answer.status == 422
    assert f'href="#f-{field}"' in answer.html


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("mail_host", "smtp example"),
        ("mail_port", "99999"),
        ("mail_port", ""),
        ("mail_security", "rot13"),
        ("mail_sender", "quartier"),
        ("origin", "http://voisins.example"),
        ("origin", "https://voisins.example/chemin"),
        ("origin", "https://qui:quoi@voisins.example"),
        ("origin", "https://voisins.example:port"),
    ],
)
async def test_a_wrong_server_or_address_is_said(site: list[Browser], field: str, typed: str) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/courriel")
    answer = await me.post("/installation/courriel", MAIL | {field: typed})
    assert answer.status == 422
    assert f'href="#f-{field}"' in answer.html


async def test_a_mail_is_tried_before_it_is_kept(site: list[Browser], store: Store, world: FakeWorld) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/courriel")
    trial = MAIL | {"essayer": "1", "mail_try": "awa@voisins.example"}
    answer = await me.post("/installation/courriel", trial)
    assert answer.status == 200
    assert "Le message est parti vers awa@voisins.example" in answer.text
    assert world.mails[0].to == "awa@voisins.example"
    assert world.mail_servers[0].password == " un secret "
    world.mail_answer = Unreachable("mail-login", status=535)
    answer = await me.post("/installation/courriel", trial)
    assert "refuse ce nom ou ce mot de passe" in answer.text
    assert 'value="smtp.example"' in answer.html
    assert "Écrivez d’abord" in (await me.post("/installation/courriel", trial | {"mail_host": ""})).text
    assert (await me.post("/installation/courriel", trial | {"mail_try": "x"})).status == 422
    async with store.read() as tx:
        assert await neighbourhoods.setup_draft(tx) == {}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"password_again": "autre chose entièrement"}, "ne sont pas les mêmes"),
        ({"name": "Awa Diop"}, "lettres sans accent"),
        ({"name": "doulon"}, "déjà pris"),
        ({"name": "admin"}, "lettres sans accent"),
        ({"email": "awa"}, "adresse électronique"),
        ({"display_name": ""}, "Remplissez ce champ."),
    ],
)
async def test_a_wrong_account_founds_nothing(
    site: list[Browser], store: Store, changes: dict[str, str], said: str
) -> None:
    me = site[0]
    await _to_the_last_screen(me, NO_MAIL)
    answer = await me.post("/installation/compte", ACCOUNT | changes)
    assert answer.status == 422
    assert said in answer.text
    assert (await _here(store)).founded_at is None


async def test_a_screen_that_was_jumped_over_is_asked_first(site: list[Browser]) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/quartier")
    await me.send("/installation/quartier", QUARTER)
    await me.get("/installation/compte")
    assert (await me.post("/installation/compte", ACCOUNT)).location == "/installation/association"


async def test_an_unknown_screen_does_not_exist(site: list[Browser]) -> None:
    await site[0].get(f"/installation?cle={WORD}")
    assert (await site[0].get("/installation/cuisine")).status == 404


async def test_theme_and_language_can_be_chosen_before_anything_else(site: list[Browser]) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/quartier")
    answer = await me.send("/langue", {"langue": "en", "suite": "/installation/quartier"})
    assert 'lang="en"' in answer.html


async def test_hostile_answers_are_shown_as_text(site: list[Browser]) -> None:
    me = site[0]
    await me.get(f"/installation?cle={WORD}")
    await me.get("/installation/quartier")
    answer = await me.post("/installation/quartier", QUARTER | {"name": "<script>x</script>", "department": "0"})
    assert answer.status == 422
    assert "<script>x" not in answer.html
    form = FormData({"name": "x" * 300_000})
    assert (await me.post("/installation/quartier", form)).status == 413
