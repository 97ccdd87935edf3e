"""Each way in which another server can be wrong is found, said in French, and told from a good one."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import NoReturn

import pytest
from msgspec import structs
from sqlalchemy import insert

from fedivoisin.activitypub.fetching import Fetcher
from fedivoisin.adapters.network import Times
from fedivoisin.adapters.tracing import Reached, Tracer
from fedivoisin.app import open_store, utc_now
from fedivoisin.doctor import Finding, Level, is_well
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.peer_check import memory, reach
from fedivoisin.peer_check.case import Case, Target, read_target
from fedivoisin.peer_check.examine import examine
from fedivoisin.settings import Network, Settings
from fedivoisin.store import blocks, neighbourhoods, outbox, peers
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.schema.federation import activity, delivery
from tests.adapters.test_network_guard import Answers
from tests.fakes import START, FakeWorld
from tests.federation.towns import found, free_socket
from tests.peer_check.odd_server import Odd, Page, an_odd_server

HERE = "http://nantes.localhost:1"


@dataclass(slots=True)
class Desk:
    """A founded neighbourhood whose admin examines an odd server."""

    settings: Settings
    store: Store
    odd: Odd

    async def findings(self, typed: str = "") -> dict[str, Finding]:
        """By their subjects."""
        target = read_target(typed or self.odd.host)
        return {one.subject: one async for one in examine(self.settings, target)}


@pytest.fixture
async def desk(tmp_path: Path, migrated: Path) -> AsyncIterator[Desk]:
    shutil.copyfile(migrated, tmp_path / "nantes.db")
    async with an_odd_server() as odd:
        network = Network(lab=True, lab_hosts=(odd.host,))
        settings = Settings(origin=HERE, database=f"sqlite:///{tmp_path / 'nantes.db'}", network=network)
        store = open_store(settings)

        async def settle(tx: Tx) -> None:
            await neighbourhoods.change(tx, origin=HERE)
            await found(tx, HERE, "nantes")

        await store.write(settle)
        yield Desk(settings, store, odd)
        await store.close()


def _levels(findings: dict[str, Finding]) -> dict[str, Level]:
    return {subject: one.level for subject, one in findings.items() if one.level is not Level.GOOD}


async def test_a_good_server_is_good_in_everything_but_the_proof_of_our_key(desk: Desk) -> None:
    findings = await desk.findings()
    assert _levels(findings) == {"Notre clé": Level.WARNING}
    assert is_well(list(findings.values()))
    assert findings["NodeInfo"].words == "odd 1.2 « Chez Odd »."
    assert findings["Acteur"].words == f"Application {desk.odd.actor_url}"
    assert findings["Sa clé"].words.endswith("(rsa-v1_5-sha256).")
    assert findings["Boîte commune"].words == f"{desk.odd.origin}/inbox"
    assert f"{HERE}/users/instance" in findings["Notre clé"].words
    async with desk.store.read() as tx:
        assert await peers.by_host(tx, desk.odd.host) is None  # nothing was learnt


async def test_a_named_person_is_looked_for(desk: Desk) -> None:
    findings = await desk.findings(f"@lea@{desk.odd.host}")
    assert findings["WebFinger"].words.startswith("acct:lea@odd.localhost")
    desk.odd.pages["/.well-known/webfinger"] = 404
    findings = await desk.findings(f"@lea@{desk.odd.host}")
    assert _levels(findings) == {"WebFinger": Level.BAD}
    assert "Vérifiez le nom" in findings["WebFinger"].words
    assert "Acteur" not in findings


@pytest.mark.parametrize("page", [404, "<h1>Bonjour</h1>", {"links": []}, {"links": [{"rel": "x"}]}, 500])
async def test_a_server_without_nodeinfo_is_only_warned_of(desk: Desk, page: Page) -> None:
    desk.odd.pages["/.well-known/nodeinfo"] = page
    findings = await desk.findings()
    assert findings["NodeInfo"].level is Level.WARNING
    assert findings["Acteur"].level is Level.GOOD


async def test_a_server_that_names_nobody_asks_for_a_person(desk: Desk) -> None:
    desk.odd.pages["/.well-known/webfinger"] = {"subject": "x", "links": []}
    findings = await desk.findings()
    assert findings["WebFinger"].level is Level.WARNING
    assert f"@nom@{desk.odd.host}" in findings["WebFinger"].words


async def test_nodeinfo_may_name_who_speaks_for_the_server(desk: Desk) -> None:
    desk.odd.pages["/.well-known/webfinger"] = 404
    link = {"rel": "https://www.w3.org/ns/activitystreams#Application", "href": desk.odd.actor_url}
    desk.odd.pages["/.well-known/nodeinfo"] = {"links": [link]}
    findings = await desk.findings()
    assert desk.odd.actor_url in findings["WebFinger"].words
    assert findings["Acteur"].level is Level.GOOD


@pytest.mark.parametrize("refused", ["cavage", "rfc9421"])
async def test_one_signature_that_is_taken_is_enough(desk: Desk, refused: str) -> None:
    desk.odd.takes = lambda scheme: 401 if scheme == refused else 200
    findings = await desk.findings()
    subject = {"cavage": "Signature cavage", "rfc9421": "Signature RFC 9421"}[refused]
    assert findings[subject] == Finding(Level.GOOD, subject, "pas prise (401) ; l'autre l'est, et nous savons changer.")
    assert Level.BAD not in _levels(findings).values()


@pytest.mark.parametrize(("status", "words"), [(401, "refuse notre signature"), (403, "bloqués"), (502, "en panne")])
async def test_signatures_that_are_both_refused_are_bad(desk: Desk, status: int, words: str) -> None:
    desk.odd.takes = lambda _scheme: status
    findings = await desk.findings()
    assert words in findings["Signature cavage"].words
    assert findings["Signature RFC 9421"].level is Level.BAD
    assert "Acteur" not in findings


async def test_an_actor_that_cannot_be_had_is_bad(desk: Desk) -> None:
    desk.odd.pages["/actor"] = desk.odd.actor(summary="x" * desk.settings.limits.document)
    findings = await desk.findings()
    assert findings["Signature cavage"] == Finding(Level.BAD, "Signature cavage", "Sa réponse est trop grosse.")
    assert findings["Son horloge"].level is Level.WARNING


async def test_who_shows_it_to_signers_alone_has_read_our_key(desk: Desk) -> None:
    desk.odd.takes = lambda scheme: 200 if scheme else 401
    findings = await desk.findings()
    assert findings["Notre clé"].level is Level.GOOD
    assert "il l'a lue" in findings["Notre clé"].words


async def test_an_actor_that_is_none_is_bad(desk: Desk) -> None:
    elsewhere = "http://ailleurs.localhost/inbox"
    for changes, words in (
        ({"type": "Note", "content": "x", "attributedTo": desk.odd.actor_url}, "ni une personne"),
        ({"inbox": elsewhere}, "autre serveur"),
        ({"id": "http://ailleurs.localhost/actor"}, "venir d’ailleurs"),
    ):
        desk.odd.pages["/actor"] = desk.odd.actor(**changes)
        found = (await desk.findings())["Acteur"]
        assert (found.level, words in found.words) == (Level.BAD, True), found
    desk.odd.found()
    desk.odd.kind = "application/json"
    assert "pas en ActivityPub" in (await desk.findings())["Acteur"].words


async def test_a_key_that_is_missing_or_odd_is_bad(desk: Desk) -> None:
    desk.odd.pages["/actor"] = desk.odd.actor(publicKey=None)
    assert "aucune qui soit à lui" in (await desk.findings())["Sa clé"].words
    url = desk.odd.actor_url
    desk.odd.pages["/actor"] = desk.odd.actor(publicKey={"id": f"{url}#k", "owner": url, "publicKeyPem": "-----"})
    assert (await desk.findings())["Sa clé"].level is Level.BAD


async def test_a_shared_inbox_may_be_missing_or_foreign(desk: Desk) -> None:
    desk.odd.pages["/actor"] = desk.odd.actor(endpoints=None)
    assert "un envoi par abonné" in (await desk.findings())["Boîte commune"].words
    desk.odd.pages["/actor"] = desk.odd.actor(endpoints={"sharedInbox": "http://ailleurs.localhost/inbox"})
    assert "autre serveur" in (await desk.findings())["Boîte commune"].words


@pytest.mark.parametrize(
    ("minutes", "level", "words"),
    [(0, Level.GOOD, "à l'heure"), (-20, Level.WARNING, "retarde de 2"), (90, Level.BAD, "avance de ")],
)
async def test_the_clock_of_the_other_is_compared(desk: Desk, minutes: int, level: Level, words: str) -> None:
    desk.odd.headers["Date"] = format_datetime(utc_now() + timedelta(minutes=minutes), usegmt=True)
    found = (await desk.findings())["Son horloge"]
    assert (found.level, words[:10] in found.words) == (level, True), found


async def test_a_clock_that_is_not_told_is_only_warned_of(desk: Desk) -> None:
    desk.odd.headers["Date"] = "hier"
    assert (await desk.findings())["Son horloge"].level is Level.WARNING
    desk.odd.headers["Date"] = format_datetime(utc_now()).replace("+0000", "-0000")
    assert (await desk.findings())["Son horloge"].level is Level.GOOD


async def test_a_server_that_hangs_up_in_the_middle_is_said(desk: Desk) -> None:
    with free_socket() as taken:
        port = taken.getsockname()[1]
    network = Network(lab=True, lab_hosts=(f"odd.localhost:{port}",))
    desk.settings = structs.replace(desk.settings, network=network)
    findings = await desk.findings(f"odd.localhost:{port}")
    assert _levels(findings) == {"Connexion": Level.BAD}
    assert "Rien n’écoute" in findings["Connexion"].words
    assert "NodeInfo" not in findings
    assert "Souvenir" in findings


async def test_outside_the_lab_a_port_is_refused(desk: Desk) -> None:
    findings = await desk.findings("autre.localhost:99")
    assert findings["Nom"].level is Level.BAD
    assert "port 443" in findings["Nom"].words


async def test_who_is_blocked_here_is_not_asked(desk: Desk) -> None:
    await desk.store.write(blocks.add, "odd.localhost", reason="essai", by=None)
    findings = await desk.findings()
    assert findings["Blocage"].level is Level.BAD
    assert set(findings) == {"Ici", "Blocage", "Souvenir", "Échanges", "File d'attente"}


async def test_ourselves_and_nobody_are_said(desk: Desk, tmp_path: Path, migrated: Path) -> None:
    assert "c'est ce serveur-ci" in (await desk.findings("nantes.localhost:1"))["Ici"].words
    shutil.copyfile(migrated, tmp_path / "trial.db")
    desk.settings = Settings(database=f"sqlite:///{tmp_path / 'trial.db'}")
    assert "mode essai" in (await desk.findings())["Ici"].words
    desk.settings = Settings(database=f"sqlite:///{tmp_path / 'new.db'}")
    assert "pas prête" in (await desk.findings())["Ici"].words
    desk.settings = Settings(database="sqlite:////dev/null/x.db")
    assert "ne s'ouvre pas" in (await desk.findings())["Ici"].words


async def test_what_we_remember_is_told(desk: Desk) -> None:
    await desk.store.write(peers.answered, desk.odd.host, scheme="cavage")
    await desk.store.write(peers.seen, desk.odd.host)
    findings = await desk.findings()
    assert findings["Souvenir"].words == "tout va bien. Il prend les signatures cavage."
    assert findings["Échanges"].words.startswith("dernière nouvelle de lui le ")


async def test_what_waits_is_told_with_its_reason(desk: Desk) -> None:
    async def wait(tx: Tx) -> None:
        actor_id = (await neighbourhoods.current(tx)).instance_id
        await tx.conn.execute(
            insert(activity).values(
                id="a1", url=f"{HERE}/1", actor_id=actor_id, type="Create", body="{}", is_public=True,
                published_at=tx.now,
            )
        )  # fmt: skip
        for number in (1, 2):
            await tx.conn.execute(
                insert(delivery).values(
                    id=number, activity_id="a1", actor_id=actor_id, inbox=f"{desk.odd.origin}/inbox/{number}",
                    host=desk.odd.host, priority=1, created_at=tx.now, next_at=tx.now,
                )
            )  # fmt: skip

    await desk.store.write(wait)
    assert (await desk.findings())["File d'attente"].level is Level.GOOD

    async def fail(tx: Tx) -> None:
        await outbox.again(tx, [outbox.Again(1, timedelta(minutes=1), 502, "status-502")])
        await outbox.over(tx, [outbox.Over(2, "sent", 202)])

    await desk.store.write(fail)
    findings = await desk.findings()
    assert findings["File d'attente"].level is Level.WARNING
    assert "en panne (502)" in findings["File d'attente"].words
    assert "il a pris un envoi signé" in findings["Notre clé"].words
    assert "dernier envoi pris le" in findings["Échanges"].words


async def test_a_host_that_fails_is_told_by_how_far_it_went(desk: Desk, world: FakeWorld) -> None:
    store = Store.open(desk.settings.database, now=world.now, new_id=world.new_id)
    async with store.read() as tx:
        here = await neighbourhoods.current(tx)
    case = Case(Fetcher(store, world.doors, 1000), Tracer(), here, Target("loin.example"))

    async def words() -> str:
        return (await memory.findings(case))[0].words

    assert "jamais parlé" in await words()
    await store.write(peers.did_not_answer, "loin.example", error="timeout")
    assert (await words()).startswith("en échec depuis le 14/03/2026")
    for _ in range(peers.FAILURES_TO_OPEN):
        await store.write(peers.did_not_answer, "loin.example", error="timeout")
    assert "en pause jusqu'au" in await words()
    world.pass_time(days=8)
    await store.write(peers.did_not_answer, "loin.example", error="timeout")
    assert "donné pour mort" in await words()
    await store.write(peers.try_now, "loin.example")
    assert "Pas de réponse à temps" in await words()
    await store.close()


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ("voisins.example", Target("voisins.example")),
        (" Voisins.Example. ", Target("voisins.example")),
        ("@awa@voisins.example", Target("voisins.example", "awa")),
        ("awa@voisins.example:8443", Target("voisins.example:8443", "awa")),
        ("https://voisins.example/@awa", Target("voisins.example")),
    ],
)
def test_an_address_is_read_in_any_form(typed: str, target: Target) -> None:
    assert read_target(typed) == target


@pytest.mark.parametrize("typed", ["", "@", "deux mots", "a b@x.example", "x.example/y z", "ftp://x.example", "-"])
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(BadActivity):
        read_target(typed)


async def test_the_way_there_is_told_address_by_address(desk: Desk, world: FakeWorld) -> None:
    async with desk.store.read() as tx:
        here = await neighbourhoods.current(tx)

    @dataclass(frozen=True)
    class Told(Tracer):
        reached: Sequence[Reached] = ()

        async def trace(self, url: str) -> list[Reached]:
            return [*self.reached]

    async def levels(*reached: Reached) -> dict[str, Level]:
        tracer = Told(reached=reached)
        case = Case(Fetcher(desk.store, world.doors, 1000), tracer, here, Target("x.example"))
        return {one.subject: one.level for one in await reach.findings(case)}

    good, soon = START + timedelta(days=60), START + timedelta(days=3)
    assert await levels(Reached("192.0.2.1", "", good)) == dict.fromkeys(("Nom", "Connexion", "Certificat"), Level.GOOD)
    assert (await levels(Reached("192.0.2.1", "", soon)))["Certificat"] is Level.WARNING
    half = await levels(Reached("192.0.2.1", "", good), Reached("2001::1", "timeout"))
    assert half["Connexion"] is Level.WARNING
    mixed = await levels(Reached("192.0.2.1"), Reached("10.0.0.1", "forbidden-address"))
    assert mixed == {"Nom": Level.WARNING, "Connexion": Level.GOOD}
    assert await levels(Reached("10.0.0.1", "forbidden-address")) == {"Nom": Level.BAD}


async def test_a_name_that_does_not_exist_is_said(desk: Desk, world: FakeWorld) -> None:
    class Nowhere(Answers):
        async def resolve(self, *_: object, **__: object) -> NoReturn:
            raise OSError("no such name")

    async with desk.store.read() as tx:
        here = await neighbourhoods.current(tx)
    tracer = Tracer(times=Times(), resolver=Nowhere, lab_hosts=frozenset({"x.test"}))
    case = Case(Fetcher(desk.store, world.doors, 1000), tracer, here, Target("x.test"))
    assert [(one.subject, one.level) for one in await reach.findings(case)] == [("Nom", Level.BAD)]
    with pytest.raises(Unreachable):
        await tracer.trace("http://x.test")
