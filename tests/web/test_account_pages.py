"""Signing in, the account, the devices, leaving: through the pages."""

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from aiohttp import FormData

from fedivoisin.actions import accounts as account_actions
from fedivoisin.store import accounts, actors, mail_tokens
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.store.sessions import hash_of
from tests.browsing import Browser, browsers
from tests.fakes import FakeWorld
from tests.makers import put_account, put_candidate, put_member, put_neighbourhood

SITE = "http://doulon.localhost"
PASSWORD = "cheval agrafe batterie"
NEW = "un âne bleu sous la pluie"


@pytest.fixture
def database_kind() -> str:
    """Pages ask the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def site(store: Store, world: FakeWorld) -> AsyncIterator[list[Browser]]:
    async def put(tx: Tx) -> None:
        await put_neighbourhood(tx, origin=SITE)
        await put_account(tx, await put_member(tx, "awa"), roles=["adherent", "admin"])
        await put_account(tx, await put_member(tx, "paul"))
        await put_account(tx, await put_candidate(tx, "leo"))

    await store.write(put)
    async with browsers(store, world, 2) as opened:
        yield opened


async def email_of(store: Store, name: str) -> str | None:
    async with store.read() as tx:
        found = await accounts.by_sign_in_name(tx, name)
    return found.email if found else None


async def test_signing_in_leads_where_one_wanted_to_go(site: list[Browser]) -> None:
    me = site[0]
    wanted = await me.get("/moi/appareils")
    assert wanted.location == "/connexion?suite=%2Fmoi%2Fappareils"
    await me.get(wanted.location)
    answer = await me.post("/connexion", {"email": "paul@example.org", "password": PASSWORD, "suite": "/moi/appareils"})
    assert (answer.status, answer.location) == (303, "/moi/appareils")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert (await me.get("/connexion")).location == "/moi"


@pytest.mark.parametrize(
    "suite", ["https://mechant.example/", "//mechant.example", "/\\mechant.example", "javascript:x"]
)
async def test_signing_in_never_leads_to_another_site(site: list[Browser], suite: str) -> None:
    me = site[0]
    await me.get(f"/connexion?suite={quote(suite, safe='')}")
    answer = await me.post("/connexion", {"email": "paul", "password": PASSWORD, "suite": suite})
    assert answer.location == "/"


@pytest.mark.parametrize(
    ("email", "password"), [("paul@example.org", "autre chose encore"), ("personne@example.org", PASSWORD), ("", "")]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_page(
    site: list[Browser], email: str, password: str
) -> None:
    me = site[0]
    await me.get("/connexion")
    answer = await me.post("/connexion", {"email": email, "password": password})
    assert answer.status == 422
    assert "ne vont pas ensemble" in answer.text
    assert f'value="{email}"' in answer.html
    assert password not in answer.html or not password


async def test_a_suspended_member_is_told_so_only_with_the_right_password(site: list[Browser], store: Store) -> None:
    async def suspend(tx: Tx) -> None:
        found = await accounts.by_email(tx, "paul@example.org")
        assert found is not None
        await accounts.change(tx, found.member_id, suspended_at=tx.now)

    await store.write(suspend)
    me = site[0]
    await me.get("/connexion")
    assert "suspendu" not in (await me.post("/connexion", {"email": "paul", "password": "faux"})).text
    assert "suspendu" in (await me.post("/connexion", {"email": "paul", "password": PASSWORD})).text


async def test_a_form_without_its_token_changes_nothing(site: list[Browser], store: Store) -> None:
    me = site[0]
    await me.sign_in("paul@example.org")
    me.csrf = "forged"
    assert (await me.post("/moi/fermer", {"sure": "1", "password": PASSWORD})).status == 403
    assert await email_of(store, "paul") == "paul@example.org"


async def test_signing_out_ends_the_session(site: list[Browser]) -> None:
    me = site[0]
    await me.sign_in("paul@example.org")
    assert "déconnecté" in (await me.send("/deconnexion")).text
    assert (await me.get("/moi")).location.startswith("/connexion")
    assert (await me.post("/deconnexion")).status in (303, 403)


async def test_a_mailed_link_signs_in_once_and_only_by_its_button(
    site: list[Browser], store: Store, world: FakeWorld
) -> None:
    me = site[0]
    await me.get("/lien")
    sent = await me.send("/lien", {"email": "paul@example.org"})
    assert "un lien vient de partir" in sent.text
    unsent = await store.write(mail_tokens.take_secret, hash_of(f"secret-{world.secrets_given - 1}".ljust(43, "_")))
    tokens = [unsent.secret] if unsent else await link_tokens(store, world)
    path = f"/lien/{tokens[0]}"
    assert "appuyez sur le bouton" in (await me.get(path)).text
    assert (await me.get(path)).status == 200
    assert (await me.post(path)).location == "/annonces"
    assert (await me.get("/moi")).status == 200
    assert (await me.get(path)).status == 410


async def link_tokens(store: Store, world: FakeWorld) -> list[str]:
    """Every unsent token, found by trying the secrets that were given out."""
    found: list[str] = []
    for number in range(1, world.secrets_given + 1):
        unsent = await store.write(mail_tokens.take_secret, hash_of(f"secret-{number}".ljust(43, "_")))
        if unsent is not None:
            found.append(unsent.secret)
    return found


async def test_an_unknown_address_gets_the_same_answer_as_a_known_one(site: list[Browser]) -> None:
    me = site[0]
    await me.get("/mot-de-passe")
    answers = [await me.send("/mot-de-passe", {"email": email}) for email in ("paul@example.org", "non@example.org")]
    assert answers[0].text == answers[1].text


async def test_where_no_mail_is_set_the_page_says_whom_to_ask(site: list[Browser]) -> None:
    assert "n’envoie pas encore de courriels" in (await site[0].get("/lien")).text


async def test_a_forgotten_password_is_chosen_anew(site: list[Browser], store: Store) -> None:
    me, elsewhere = site
    await elsewhere.sign_in("paul@example.org")
    async with store.read() as tx:
        found = await accounts.by_email(tx, "paul@example.org")
    assert found is not None
    await store.write(account_actions.make_link, member=found.member_id, purpose=Purpose.RESET, token="t" * 43)
    path = "/mot-de-passe/" + "t" * 43
    await me.get(path)
    answer = await me.post(path, {"password": NEW, "again": NEW + "x"})
    assert (answer.status, "ne sont pas les mêmes" in answer.text) == (422, True)
    assert (await me.post(path, {"password": NEW, "again": NEW})).status == 303
    assert (await me.get("/moi")).status == 200
    assert (await elsewhere.get("/moi")).status == 303
    assert (await me.get(path)).status == 410


@pytest.mark.parametrize("path", ["/lien/rien", "/mot-de-passe/rien", "/confirmer/rien"])
async def test_a_spent_link_is_explained(site: list[Browser], path: str) -> None:
    me = site[0]
    answer = await me.get(path)
    assert answer.status == 410
    assert "Ce lien a déjà servi" in answer.text
    await me.get("/connexion")
    assert (await me.post(path, {"password": NEW, "again": NEW})).status == 410


async def test_changing_the_password_keeps_this_device_and_ends_the_others(site: list[Browser]) -> None:
    me, elsewhere = site
    await me.sign_in("paul@example.org")
    await elsewhere.sign_in("paul@example.org")
    await me.get("/moi/compte")
    wrong = await me.post("/moi/compte/mot-de-passe", {"old": "non", "password": NEW, "again": NEW})
    assert (wrong.status, "pas votre mot de passe actuel" in wrong.text) == (422, True)
    done = await me.send("/moi/compte/mot-de-passe", {"old": PASSWORD, "password": NEW, "again": NEW})
    assert "Votre mot de passe est changé" in done.text
    assert (await elsewhere.get("/moi")).status == 303


async def test_a_new_address_is_confirmed_by_its_link(site: list[Browser], store: Store, world: FakeWorld) -> None:
    me = site[0]
    await me.sign_in("paul@example.org")
    await me.get("/moi/compte")
    wrong = await me.post("/moi/compte/adresse", {"email": "awa@example.org", "current": PASSWORD})
    assert (wrong.status, "a déjà un compte" in wrong.text) == (422, True)
    wrong = await me.post("/moi/compte/adresse", {"email": "nouvelle@example.org", "current": "non"})
    assert (wrong.status, 'value="nouvelle@example.org"' in wrong.html) == (422, True)
    await me.send("/moi/compte/adresse", {"email": "nouvelle@example.org", "current": PASSWORD})
    [token] = await link_tokens(store, world)
    assert "Confirmer mon adresse" in (await me.get(f"/confirmer/{token}")).text
    assert "votre adresse est confirmée" in (await me.send(f"/confirmer/{token}")).text
    assert await email_of(store, "paul") == "nouvelle@example.org"


async def test_language_and_colours_are_remembered(site: list[Browser]) -> None:
    me = site[0]
    await me.sign_in("paul@example.org")
    await me.get("/moi/compte")
    answer = await me.send("/moi/compte/affichage", {"language": "en", "theme": "dark"})
    assert '<html lang="en" data-theme="dark">' in answer.html
    wrong = await me.post("/moi/compte/affichage", {"language": "xx", "theme": "rose"})
    assert wrong.status == 422


async def test_a_device_is_named_and_disconnected(site: list[Browser]) -> None:
    me, elsewhere = site
    await me.sign_in("paul@example.org")
    await elsewhere.sign_in("paul@example.org")
    page = await me.get("/moi/appareils")
    assert page.text.count("Firefox, Android") >= 2
    [other] = re.findall(r'name="session" value="([^"]+)"', page.html)
    await me.send("/moi/appareils", {"session": other})
    assert (await elsewhere.get("/moi")).status == 303
    assert (await me.post("/moi/appareils", {"session": "inconnu"})).status == 404
    await elsewhere.sign_in("paul@example.org")
    await me.send("/moi/appareils")
    assert (await elsewhere.get("/moi")).status == 303


async def test_leaving_takes_a_tick_and_the_password(site: list[Browser], store: Store) -> None:
    me, other = site
    await me.sign_in("paul@example.org")
    await me.get("/moi/fermer")
    for fields, words in (
        ({"password": PASSWORD}, "Cochez la case"),
        ({"sure": "1", "password": "non"}, "pas votre mot de passe actuel"),
    ):
        answer = await me.post("/moi/fermer", fields)
        assert (answer.status, words in answer.text) == (422, True)
    answer = await me.post("/moi/fermer", {"sure": "1", "password": PASSWORD})
    assert answer.location == "/annonces?dit=compte-ferme"
    assert (await me.get("/moi")).status == 303
    assert (await other.get("/@paul")).status == 404


async def test_a_profile_is_written_shown_and_its_picture_drawn_anew(
    site: list[Browser], store: Store, world: FakeWorld
) -> None:
    me, other = site
    await me.sign_in("paul@example.org")
    await me.get("/moi/profil")
    form = FormData()
    for name, value in (
        ("display_name", "Paul <b>Martin</b>"),
        ("words", "Je prête ma perceuse.\nEt ma scie."),
        ("quartier", "Rue du Chêne"),
        ("member_kind", "producteur"),
        ("agreement", "ami"),
    ):
        form.add_field(name, value)
    form.add_field("pictures", b"a photograph", filename="moi.jpg", content_type="image/jpeg")
    shown = await me.send("/moi/profil", form)
    assert "Paul &lt;b&gt;Martin&lt;/b&gt;" in shown.html
    assert "Productrice ou producteur" in shown.text
    async with store.read() as tx:
        paul = await actors.by_local_name(tx, "paul")
    assert paul is not None
    assert paul.icon_url is not None
    assert paul.icon_url.startswith(f"{SITE}/media/")
    assert paul.icon_url.removeprefix(SITE) in shown.html
    assert "Je prête ma perceuse." in (await other.get("/@paul")).text
    await me.get("/moi/profil")
    await me.send(
        "/moi/profil",
        {"display_name": "Paul", "member_kind": "habitant", "agreement": "neutre", "remove_picture": "1"},
    )
    async with store.read() as tx:
        paul = await actors.by_local_name(tx, "paul")
    assert paul is not None
    assert (paul.icon_url, paul.summary) == (None, "")


async def test_a_profile_with_faults_keeps_what_was_typed_and_changes_nothing(
    site: list[Browser], store: Store
) -> None:
    me = site[0]
    await me.sign_in("paul@example.org")
    await me.get("/moi/profil")
    answer = await me.post(
        "/moi/profil",
        {"display_name": "P", "words": "x" * 1001, "quartier": "Doulon", "member_kind": "roi", "agreement": "?"},
    )
    assert answer.status == 422
    assert "4 choses sont à corriger" in answer.text
    assert 'value="Doulon"' in answer.html
    async with store.read() as tx:
        paul = await actors.by_local_name(tx, "paul")
    assert paul is not None
    assert paul.display_name == "Paul"


async def test_nobody_sees_a_person_who_is_not(site: list[Browser]) -> None:
    for path in ("/@personne", "/@doulon", "/@instance"):
        assert (await site[0].get(path)).status in (303, 404)


async def test_candidates_are_shown_to_those_who_are_signed_in(site: list[Browser]) -> None:
    me, stranger = site
    assert (await stranger.get("/@leo")).location.startswith("/connexion")
    await me.sign_in("paul@example.org")
    assert "Parrainer cette personne" in (await me.get("/@leo")).text


async def test_an_admin_gives_roles_a_link_and_suspends(site: list[Browser], store: Store) -> None:
    admin, paul = site
    await paul.sign_in("paul@example.org")
    assert (await paul.get("/membres/awa/gerer")).status == 403
    assert (await paul.post("/membres/paul/roles", {"roles": "admin"})).status == 403
    await admin.sign_in("awa@example.org")
    await admin.get("/membres/paul/gerer")
    await admin.send("/membres/paul/roles", {"roles": ["moderateur", "ambassadeur", "roi"]})
    assert "Modératrice ou modérateur" in (await admin.get("/@paul")).text
    made = await admin.post("/membres/paul/lien")
    [path] = re.findall(r"(/mot-de-passe/[^<]+)<", made.html)
    journal = await admin.get("/moderation/journal?quoi=personnes")
    assert "Awa a fait un lien pour que Paul choisisse un mot de passe" in journal.text
    await admin.get("/membres/paul/gerer")
    assert (await paul.get(path)).status == 200
    await admin.send("/membres/paul/suspendre")
    assert (await paul.get("/moi")).status == 303
    assert "Ce compte est suspendu" in (await admin.get("/membres/paul/gerer")).text
    await admin.send("/membres/paul/suspendre", {"restore": "1"})
    await paul.sign_in("paul@example.org")


async def test_the_last_admin_is_told_why_the_role_stays(site: list[Browser]) -> None:
    admin = site[0]
    await admin.sign_in("awa@example.org")
    await admin.get("/membres/awa/gerer")
    for path in ("/membres/awa/roles", "/membres/awa/suspendre"):
        answer = await admin.post(path)
        assert (answer.status, "seule personne à administrer" in answer.text) == (422, True)


async def test_an_admin_enters_founders(site: list[Browser], world: FakeWorld) -> None:
    admin, paul = site
    await admin.sign_in("awa@example.org")
    await admin.get("/fondateurs")
    answer = await admin.post("/fondateurs", {"display_name": "Zoé", "email": "pas une adresse"})
    assert (answer.status, 'value="Zoé"' in answer.html) == (422, True)
    assert (await admin.post("/fondateurs", {"display_name": ""})).status == 422
    answer = await admin.send("/fondateurs", {"display_name": "Zoé Le Goff", "quartier": "Doulon"})
    assert "Zoé Le Goff : gérer le compte" in answer.text
    await paul.sign_in("paul@example.org")
    assert (await paul.get("/fondateurs")).status == 403
    world.pass_time(days=60)
    await admin.sign_in("awa@example.org")
    assert "La fondation est terminée" in (await admin.get("/fondateurs")).text
