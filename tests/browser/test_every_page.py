"""Every page, as everyone who may see it: accessible by day and night, valid, quiet, narrow, and without dead links."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Literal

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from fedivoisin.web.routes import PAGES
from tests.browser.conftest import DESK, PHONE, SCREENSHOTS, TIMEOUT_MS, Device
from tests.browser.filled import Filled, fill, serving
from tests.browser.judges import assert_accessible, html_faults
from tests.federation.towns import free_socket

NARROW = 320
NOT_PAGES = re.compile(r"\.(atom|xml|txt|webmanifest|css|ico)$")
ELSEWHERE = {"/", "/installation", "/installation/{screen}", "/annonces/carte"}
"""The front page leads to the listings, the first run is another test's, the points of the map are no page."""

WALKS: dict[str, tuple[str, ...]] = {
    "visitor": (
        "/annonces",
        "/annonces?vue=carte&portee=reseau",
        "/annonces?q=trottinette-volante",
        "/annonces?kind=lend&libre=1&photo=1",
        "/annonces/{other}",
        "/annonces/{gone} 410",
        "/annonces/jamais 404",
        "/nulle-part 404",
        "/quartier",
        "/quartiers/vide-grenier",
        "/connexion",
        "/connexion Me connecter",
        "/lien",
        "/lien/token-to-sign-in",
        "/mot-de-passe",
        "/mot-de-passe/token-to-reset",
        "/confirmer/token-to-confirm",
        "/toujours-libre/renewal",
        "/demander",
        "/demander Demander à entrer",
        "/i/{word}",
        "/code",
        "/code Continuer",
        "/mentions-legales",
        "/cgu",
        "/confidentialite",
        "/accessibilite",
        "/aide",
        "/style",
        "/@{neighbour_name}",
        "/@personne 404",
        "/signaler?annonce={other}",
        "/signaler?annonce={other} Envoyer aux modérateurs",
    ),
    "candidate": (
        "/annonces/{other}",
        "/candidats",
        "/candidats/{candidate_name}",
        "/echanges",
        "/abonnements",
        "/moi",
        "/publier 403",
    ),
    "member": (
        "/annonces?portee=reseau",
        "/annonces/{mine}",
        "/annonces/{mine}/supprimer",
        "/annonces/{far}",
        "/annonces/{other}",
        "/publier",
        "/publier Continuer",
        "/publier/{draft}/quoi",
        "/publier/{draft}/ou",
        "/publier/{draft}/relire",
        "/quartier",
        "/echanges",
        "/echanges/{thread}",
        "/echanges/{far_thread}",
        "/abonnements",
        "/abonnements?recherche={lookup}",
        "/candidats",
        "/candidats/{waiting_name}",
        "/candidats/{waiting_name} Parrainer Léo Bertin",
        "/inviter",
        "/inviter/{code}/affiche",
        "/@{neighbour_name}",
        "/@{member_name}",
        "/membres",
        "/membres?q=personne-de-ce-nom",
        "/moi",
        "/moi/profil",
        "/moi/compte",
        "/moi/appareils",
        "/moi/fermer",
        "/moi/fermer Fermer mon compte",
        "/decisions/{statement}",
        "/signaler?personne={neighbour_name}",
        "/moderation 403",
    ),
    "moderator": (
        "/moderation",
        "/moderation/journal",
        "/moderation/dossiers/{report}",
        "/moderation/dossiers/{report} Décider et prévenir",
        "/moderation/dossiers/{decided}",
        "/membres/{member_name}/gerer",
        "/candidats/{waiting_name}",
    ),
    "admin": (
        "/moi",
        "/fondateurs",
        "/membres/{member_name}/gerer",
        "/reglages",
        "/reglages/quartier",
        "/reglages/association",
        "/reglages/courriel",
        "/reglages/adresse",
        "/reglages/apparence",
        "/reglages/equipe",
        "/reglages/voisins-federes",
        "/reglages/voisins-federes/loin.example",
        "/reglages/voisins-federes/loin.example/abandonner",
        "/reglages/voisins-federes/jamais.example 404",
        "/reglages/blocages",
        "/reglages/blocages Bloquer",
    ),
}
"""Who goes where. After a space: the answer that is due, or the button to press on the form as it stands."""


Scheme = Literal["light", "dark"]
VIEWS: tuple[tuple[Device, Scheme, str], ...] = (
    (PHONE, "light", ""),
    (PHONE, "dark", "color-contrast"),
    (DESK, "light", ""),
)
"""Where the judges look, and by which rule alone: the night only changes colours, the same ones on every device."""


@dataclass
class Walk:
    """What one person saw on the way. Without slots: Playwright keeps a note on whose methods it calls."""

    origin: str
    faults: list[str] = field(default_factory=list[str])
    pages: dict[str, str] = field(default_factory=dict[str, str])
    links: set[str] = field(default_factory=set[str])

    def request(self, request: Request) -> None:
        """Everything comes from the site itself."""
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.faults.append(f"{request.frame.url} asks {request.url}")

    def console(self, message: ConsoleMessage) -> None:
        """Nothing is wrong in the console; an answer that was due is not an error."""
        if message.type in ("error", "warning") and "the server responded with a status of" not in message.text:
            self.faults.append(f"{message.location['url']}: {message.text}")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """Built once for all walks: they only look."""
    with free_socket() as listening, asyncio.Runner() as runner:
        yield runner.run(fill(tmp_path_factory.mktemp("filled"), listening))


@pytest.fixture
async def site(filled: Filled) -> AsyncIterator[Filled]:
    """It answers."""
    async with serving(filled):
        yield filled


async def _person(browser: Browser, site: Filled, role: str) -> BrowserContext:
    context = await browser.new_context(
        viewport=PHONE.size, locale="fr-FR", timezone_id="Europe/Paris", reduced_motion="reduce"
    )
    context.set_default_timeout(TIMEOUT_MS)
    if role != "visitor":
        await context.add_cookies([{"name": "fv", "value": f"token-{role}", "url": site.settings.origin}])
    return context


async def _go(page: Page, url: str, then: str) -> str:
    """Open it, or open it and press a button; gives the markup that came."""
    answer = await page.goto(url)
    assert answer is not None
    due = int(then) if then.isdigit() else 200
    assert answer.status == due, f"{answer.status}, not {due}"
    if not then or then.isdigit():
        return await answer.text()
    button = page.locator("main").get_by_role("button", name=then, exact=True)
    await button.evaluate("button => { button.form.noValidate = true }")
    async with page.expect_navigation() as sent:
        await button.click()
    answer = await sent.value
    assert answer.status == 422, f"{answer.status} after « {then} »"
    return await answer.text()


async def _look(page: Page, walk: Walk, name: str) -> None:
    """By day and by night, on a phone, on the narrowest one, and at a desk."""
    shot = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    for device, scheme, rule in VIEWS:
        await page.set_viewport_size(device.size)
        await page.emulate_media(color_scheme=scheme)
        with _Noting(walk, f"{name}, {device.name}, {scheme}"):
            await assert_accessible(page, rule=rule)
        await page.screenshot(path=SCREENSHOTS / f"pages/{shot}-{device.name}-{scheme}.png", full_page=True)
    for width in (NARROW, PHONE.size["width"], DESK.size["width"]):
        await page.set_viewport_size({"width": width, "height": 800})
        reach = await page.evaluate("document.documentElement.scrollWidth")
        if reach > width:
            walk.faults.append(f"{name}: {reach} px wide on {width}")


class _Noting:
    """Keeps a failed assertion as a fault and goes on: one run tells all."""

    def __init__(self, walk: Walk, name: str) -> None:
        self.walk, self.name = walk, name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, AssertionError):
            self.walk.faults.append(f"{self.name}: {error}")
            return True
        return False


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^}]*\\}|\{[^}]*\}", "[^/]+", re.escape(path)))


async def _dead_links(page: Page, walk: Walk) -> list[str]:
    """Addresses of ours that lead nowhere (403 says why not); of many of one kind, one is asked."""
    kinds = [_pattern(path) for method, path, _view in PAGES if method == "GET"]
    asked: dict[object, str] = {}
    for link in sorted(walk.links):
        path = link.removeprefix(walk.origin).partition("?")[0].partition("#")[0]
        kind = next((one for one in kinds if one.fullmatch(path)), None)
        asked.setdefault(kind or path, link)
    dead: list[str] = []
    for link in asked.values():
        status = await page.evaluate("async link => (await fetch(link)).status", link)
        if status >= 400 and status != 403:
            dead.append(f"{status} {link}")
    return dead


@pytest.mark.parametrize("role", WALKS)
async def test_every_page_stands_before_all_judges(site: Filled, browser: Browser, role: str) -> None:
    (SCREENSHOTS / "pages").mkdir(parents=True, exist_ok=True)
    context = await _person(browser, site, role)
    page, walk = await context.new_page(), Walk(site.settings.origin)
    page.on("request", walk.request)
    page.on("console", walk.console)
    page.on("pageerror", lambda error: walk.faults.append(f"{page.url}: {error}"))
    for stop in WALKS[role]:
        path, _, then = stop.partition(" ")
        name = f"{role} {stop}"
        with _Noting(walk, name):
            walk.pages[name] = await _go(page, site.url(path), then)
            hrefs = await page.eval_on_selector_all("a[href]:not([href^='#'])", "all => all.map(one => one.href)")
            # The listings of the style page are samples.
            walk.links |= {href for href in hrefs if href.startswith(walk.origin) and path != "/style"}
            await _look(page, walk, name)
    await page.goto(site.url("/aide"))
    faults = [*walk.faults, *await html_faults(walk.pages), *await _dead_links(page, walk)]
    await context.close()
    assert not faults, "\n\n".join(faults)


def test_no_page_was_forgotten() -> None:
    walked = {stop.partition(" ")[0].partition("?")[0] for stops in WALKS.values() for stop in stops}
    pages = {path for method, path, _view in PAGES if method == "GET" and not NOT_PAGES.search(path)} - ELSEWHERE
    assert not {path for path in pages if not any(_pattern(path).fullmatch(one) for one in walked)}
