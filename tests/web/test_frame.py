"""What stands around every page, over real HTTP: sessions, tokens, throttle, languages, headers."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import update

from fedivoisin.errors import Reason, Refused
from fedivoisin.store import neighbourhoods, visits
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.accounts import account
from fedivoisin.web.frame import end_session, start_session, token_hash
from fedivoisin.web.visit import Visit
from tests.fakes import FakeWorld
from tests.web.framing import HTML, Client, few_requests, framed, put_awa, show, tell, with_cookies

AWA = {"fv": "token-1"}
TOKEN = "c" * 43
SECRET = "s" * 43


async def _sign_in(visit: Visit) -> web.StreamResponse:
    response = web.Response(text="ok")
    start_session(response, visit, "token-2")
    return response


async def _sign_out(visit: Visit) -> web.StreamResponse:
    response = web.Response(text="ok")
    end_session(response, visit)
    return response


async def _refuse(visit: Visit) -> web.StreamResponse:
    raise Refused(Reason(visit.query("reason")))


VIEWS = {
    "/": tell,
    "/page": show,
    "/entrer": _sign_in,
    "/sortir": _sign_out,
    "/refus": _refuse,
    "/installation": tell,
    "/theme": tell,
    "/langue": tell,
    "/manifest.webmanifest": tell,
    "/couleurs.css": tell,
    "/installations": tell,
}


@pytest.fixture
def database_kind() -> str:
    """The frame asks the store, which is tested on both databases: once is enough here."""
    return "sqlite"


@pytest.fixture
async def client(store: Store, world: FakeWorld) -> AsyncIterator[Client]:
    await put_awa(store)
    async with framed(store, world, VIEWS) as opened:
        yield opened


async def _ask(client: Client, path: str = "/", **headers: str) -> dict[str, object]:
    async with client.get(path, headers=headers) as answer:
        assert answer.status == 200
        told: dict[str, object] = await answer.json()
        return told


async def _post(client: Client, fields: dict[str, str], **headers: str) -> int:
    async with client.post("/", data=fields, headers={k.replace("_", "-"): v for k, v in headers.items()}) as answer:
        return answer.status


# --- sessions ---------------------------------------------------------------------------------------------------------


async def test_a_session_says_who_visits(client: Client) -> None:
    told = await _ask(client, **with_cookies(**AWA))
    assert (told["visitor"], told["csrf"]) == ("awa", TOKEN)


@pytest.mark.parametrize("token", ["token-2", "", "x" * 5000, "é"])
async def test_an_unknown_token_is_nobody(client: Client, token: str) -> None:
    assert (await _ask(client, **with_cookies(fv=token)))["visitor"] is None


async def test_a_session_ends_after_fourteen_idle_days(client: Client, world: FakeWorld) -> None:
    for _ in range(3):
        world.pass_time(days=13, hours=23)
        assert (await _ask(client, **with_cookies(**AWA)))["visitor"] == "awa"
    world.pass_time(days=14)
    assert (await _ask(client, **with_cookies(**AWA)))["visitor"] is None


async def test_a_session_ends_after_ninety_days_however_used(client: Client, world: FakeWorld) -> None:
    for _ in range(8):
        world.pass_time(days=11)
        assert (await _ask(client, **with_cookies(**AWA)))["visitor"] == "awa"
    world.pass_time(days=2)
    assert (await _ask(client, **with_cookies(**AWA)))["visitor"] is None


@pytest.mark.parametrize("column", ["suspended_at", "closed_at"])
async def test_a_suspended_or_closed_account_is_out_at_once(
    client: Client, store: Store, world: FakeWorld, column: str
) -> None:
    async def strike(tx: Tx) -> None:
        await tx.conn.execute(update(account).values({column: world.now()}))

    await store.write(strike)
    assert (await _ask(client, **with_cookies(**AWA)))["visitor"] is None


async def test_cookies_are_plain_over_http_and_host_bound_over_https(client: Client) -> None:
    for path, maximum in (("/entrer", 90 * 24 * 3600), ("/sortir", 0)):
        async with client.get(path) as answer:
            plain = _cookies(answer.headers.getall("Set-Cookie"))["fv"]
        async with client.get(path, headers={"X-Forwarded-Proto": "https"}) as answer:
            bound = _cookies(answer.headers.getall("Set-Cookie"))["__Host-fv"]
        for cookie in (plain, bound):
            assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={maximum}"} <= cookie
            assert not any(part.startswith("Domain") for part in cookie)
        assert "Secure" in bound
        assert "Secure" not in plain


async def test_the_public_address_decides_even_behind_a_silent_proxy(store: Store, world: FakeWorld) -> None:
    await put_awa(store, origin="https://voisins.example")
    async with framed(store, world, VIEWS) as client:
        async with client.get("/entrer") as answer:
            cookies = _cookies(answer.headers.getall("Set-Cookie"))
            assert {"__Host-fv", "__Host-fv-visit"} == set(cookies)
        assert (await _ask(client, **with_cookies(host_fv="token-1")))["visitor"] == "awa"


async def test_over_https_a_cookie_that_a_subdomain_could_set_is_not_read(client: Client) -> None:
    https = {"X-Forwarded-Proto": "https"}
    assert (await _ask(client, **https, **with_cookies(**AWA)))["visitor"] is None
    assert (await _ask(client, **https, **with_cookies(host_fv="token-1")))["visitor"] == "awa"
    told = await _ask(client, **https, **with_cookies(fv_visit=SECRET))
    assert told["csrf"] != token_hash("csrf:" + SECRET)


# --- forms that come from elsewhere -----------------------------------------------------------------------------------


async def test_a_form_with_the_sessions_token_passes(client: Client) -> None:
    assert await _post(client, {"csrf": TOKEN}, **with_cookies(**AWA)) == 200


@pytest.mark.parametrize("fields", [{}, {"csrf": ""}, {"csrf": "d" * 43}, {"csrf": "é"}, {"other": TOKEN}])
async def test_a_form_without_the_right_token_is_refused(client: Client, fields: dict[str, str]) -> None:
    assert await _post(client, fields, **with_cookies(**AWA)) == 403


async def test_the_token_of_another_session_is_refused(client: Client) -> None:
    anonymous = token_hash("csrf:" + SECRET)
    assert await _post(client, {"csrf": anonymous}, **with_cookies(fv="token-1", fv_visit=SECRET)) == 403
    assert await _post(client, {"csrf": TOKEN}, **with_cookies(fv_visit=SECRET)) == 403


async def test_who_is_not_signed_in_has_a_token_too(client: Client) -> None:
    async with client.get("/") as answer:
        visit_cookie = _cookies(answer.headers.getall("Set-Cookie"))["fv-visit"]
        csrf = (await answer.json())["csrf"]
    secret = next(part for part in visit_cookie if part.startswith("fv-visit=")).partition("=")[2]
    assert {"HttpOnly", "SameSite=Lax"} <= visit_cookie
    assert csrf not in secret
    assert await _post(client, {"csrf": csrf}, **with_cookies(fv_visit=secret)) == 200
    assert await _post(client, {"csrf": csrf}) == 403
    async with client.get("/", headers=with_cookies(fv_visit=secret)) as again:
        assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "http://{host}"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://{host}.evil.example"}, 403),
        ({"Origin": "http://{host}", "Sec_Fetch_Site": "cross-site"}, 403),
    ],
)
async def test_a_form_sent_from_another_site_is_refused(client: Client, headers: dict[str, str], status: int) -> None:
    host = f"{client.host}:{client.port}"
    told = {name: value.format(host=host) for name, value in headers.items()}
    assert await _post(client, {"csrf": TOKEN}, **told, **with_cookies(**AWA)) == status


async def test_the_public_address_is_ours_under_whatever_name_the_proxy_asks(store: Store, world: FakeWorld) -> None:
    await put_awa(store, origin="https://voisins.example")
    cookies = with_cookies(host_fv="token-1")
    async with framed(store, world, VIEWS) as client:
        assert await _post(client, {"csrf": TOKEN}, Origin="https://voisins.example", **cookies) == 200
        assert await _post(client, {"csrf": TOKEN}, Origin="http://voisins.example", **cookies) == 403


# --- throttle ---------------------------------------------------------------------------------------------------------


async def test_too_many_requests_are_told_when_to_come_back(store: Store, world: FakeWorld) -> None:
    await put_awa(store)
    world.pass_time(seconds=-(world.now().timestamp() % 300) + 60)
    async with framed(store, world, VIEWS, few_requests(3)) as client:
        assert [await _status(client, "/") for _ in range(4)] == [200, 200, 200, 429]
        async with client.get("/", headers=HTML) as answer:
            assert answer.headers["Retry-After"] == "240"
            assert "Vous allez trop vite" in await answer.text()
        assert dict(world.counters.limits) == {"page-requests": 2}
        assert await _status(client, "/", {"X-Forwarded-For": "192.0.2.7"}) == 200
        assert await _status(client, "/livez") == 200
        world.pass_time(minutes=4)
        assert await _status(client, "/") == 200


async def test_a_refusal_for_too_many_tries_says_when_to_come_back(client: Client, world: FakeWorld) -> None:
    async with client.get("/refus?reason=too-many-attempts") as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "300")
    assert dict(world.counters.limits) == {"attempts": 1}


# --- before the neighbourhood exists ----------------------------------------------------------------------------------


async def test_before_founding_every_page_leads_to_the_questions(client: Client, store: Store) -> None:
    await store.write(neighbourhoods.change, founded_at=None)
    for path in ("/", "/page", "/installations"):
        async with client.get(path, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/installation")
    for path in ("/installation", "/theme", "/langue", "/manifest.webmanifest", "/couleurs.css", "/livez"):
        assert await _status(client, path) == 200


# --- refusals ---------------------------------------------------------------------------------------------------------


async def test_who_must_sign_in_is_led_there_and_back(client: Client) -> None:
    async with client.get("/refus?reason=sign-in-needed", allow_redirects=False) as answer:
        assert answer.status == 303
        assert answer.headers["Location"] == "/connexion?suite=%2Frefus%3Freason%3Dsign-in-needed"


@pytest.mark.parametrize(
    ("reason", "status"), [("not-found", 404), ("forbidden", 403), ("listing-gone", 410), ("field-missing", 422)]
)
async def test_a_refusal_is_a_page_with_its_sentence(client: Client, reason: str, status: int) -> None:
    async with client.get(f"/refus?reason={reason}", headers=HTML) as answer:
        assert answer.status == status
        assert '<p class="chapo">' in await answer.text()


# --- language and theme -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("en;q=0.3, fr-FR;q=0.9", "fr"),
        ("de, en;q=0.5", "en"),
        ("en;q=0, fr", "fr"),
        ("de", "fr"),
        ("", "fr"),
        (",;q=,en;q=x", "fr"),
        ("en," * 2000, "en"),
    ],
)
async def test_the_browser_chooses_the_language(client: Client, asked: str, language: str) -> None:
    assert (await _ask(client, **{"Accept-Language": asked}))["language"] == language


async def test_what_was_chosen_here_wins_over_the_browser(client: Client) -> None:
    english = {"Accept-Language": "en"}
    assert (await _ask(client, **english, **with_cookies(langue="fr")))["language"] == "fr"
    assert (await _ask(client, **english, **with_cookies(langue="de")))["language"] == "en"


async def test_an_account_keeps_its_language_and_theme(client: Client, store: Store) -> None:
    async def prefer(tx: Tx) -> None:
        await tx.conn.execute(update(account).values(language="en", theme="dark"))

    await store.write(prefer)
    told = await _ask(client, **with_cookies(**AWA, langue="fr", theme="light"))
    assert (told["language"], told["theme"]) == ("en", "dark")


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto")])
async def test_the_theme_is_one_of_three(client: Client, cookie: str, theme: str) -> None:
    assert (await _ask(client, **with_cookies(theme=cookie)))["theme"] == theme


# --- headers ----------------------------------------------------------------------------------------------------------


async def test_a_page_may_run_its_own_scripts_alone(client: Client, store: Store) -> None:
    await store.write(neighbourhoods.change, tiles="https://tiles.example/{z}/{x}/{y}.png")
    nonces = set()
    for _ in range(2):
        async with client.get("/page", headers=HTML) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
        nonces |= set(re.findall(r"script-src 'nonce-([^']+)';", policy))
        assert policy.startswith("default-src 'none'; ")
        assert "img-src 'self' data: blob: https://tiles.example;" in policy
        assert "unsafe" not in policy
    assert len(nonces) == 2


async def test_a_page_may_be_asked_by_head(client: Client) -> None:
    async with client.head("/page", headers=HTML) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_a_session_in_use_is_touched_every_ten_minutes_at_most(
    client: Client, store: Store, world: FakeWorld
) -> None:
    begun = world.now()
    for minutes, seen in ((10, 0), (1, 11), (5, 11), (6, 22)):
        world.pass_time(minutes=minutes)
        await _ask(client, **with_cookies(**AWA))
        async with store.read() as tx:
            facts = await visits.load(tx, token_hash("token-1"))
        assert facts.visitor is not None
        assert facts.visitor.seen_at == begun + timedelta(minutes=seen)


async def _status(client: Client, path: str, headers: dict[str, str] | None = None) -> int:
    async with client.get(path, headers=headers) as answer:
        return answer.status


def _cookies(lines: list[str]) -> dict[str, set[str]]:
    return {line.partition("=")[0]: set(line.split("; ")) for line in lines}
