"""Our actors, collections and discovery documents have the documented shapes."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from fedivoisin.activitypub import parse
from fedivoisin.activitypub.documents import actor, collection, contexts, discovery
from fedivoisin.activitypub.documents.actor import Area, Common, Icon, Keys
from fedivoisin.activitypub.documents.contexts import Json, in_context
from fedivoisin.activitypub.documents.discovery import Figures, Software
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.parse.objects import ActorDocument
from tests.activitypub.documents.shapes import differences, example

ORIGIN, HOST = "https://nantes.example", "nantes.example"
FIGURES = Figures(120, 64, 98, 340, 512)
SOFTWARE = Software("0.1.0", "Voisins de Nantes")


def common(path: str, name: str, summary: str = "Voisine <b>") -> Common:
    return Common(
        url=f"{ORIGIN}/{path}",
        username=name,
        host=HOST,
        origin=ORIGIN,
        name=name.title(),
        summary=summary,
        published_at=datetime(2026, 1, 10, tzinfo=UTC),
        keys=Keys("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n", "z6Mk"),
        icon=None if name == "instance" else Icon(f"{ORIGIN}/media/{name}.webp"),
    )


PERSON = actor.person(
    common("users/amina", "amina"),
    fields={"Quartier": "Bellevue, Nantes", "Parrainée par": "3 voisins"},
    offers={f"{ORIGIN}/users/amina/items/1": "Perceuse"},
)
GROUP = actor.group(common("groups/bellevue", "bellevue"), area=Area("Bellevue, Nantes", 47.2, -1.6, 1500))
APPLICATION = actor.application(common("users/instance", "instance"))


@pytest.mark.parametrize(("name", "ours"), [("20", PERSON), ("21", GROUP), ("22", APPLICATION)])
def test_an_actor_has_the_shape_of_its_example(name: str, ours: Json) -> None:
    theirs = example(name)
    document = in_context(ours, contexts.ACTOR)
    assert document["@context"] == theirs["@context"]
    assert list(differences(document, theirs)) == []
    for key in (
        "id",
        "type",
        "preferredUsername",
        "webfinger",
        "url",
        "inbox",
        "endpoints",
        "manuallyApprovesFollowers",
    ):
        assert document[key] == theirs[key]
    for key in ("discoverable", "indexable", "featured", "attributedTo", "implements"):
        assert document.get(key) == theirs.get(key)


@pytest.mark.parametrize("ours", [PERSON, GROUP, APPLICATION])
def test_an_actor_is_read_back_with_both_keys(ours: Json) -> None:
    read = parse.document(ours)
    assert isinstance(read, ActorDocument)
    assert [key.id for key in read.public_keys] == [f"{read.id}#main-key"]
    assert [key.id for key in read.assertion_keys] == [f"{read.id}#ed25519-key"]


def test_a_bare_actor_has_no_table_picture_or_place() -> None:
    bare = common("users/instance", "instance", summary="")
    assert {"attachment", "icon"}.isdisjoint(actor.person(bare))
    assert actor.person(bare, discoverable=True)["indexable"] is True
    assert "location" not in actor.group(bare, area=None)
    assert actor.person(bare)["summary"] == ""
    assert PERSON["summary"] == "<p>Voisine &lt;b&gt;</p>"


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("31", discovery.nodeinfo_links(ORIGIN)),
        ("31b", discovery.nodeinfo("2.1", SOFTWARE, FIGURES)),
        ("32", discovery.webfinger_server(ORIGIN)),
        ("32b", discovery.webfinger_person(ORIGIN, HOST, "amina")),
        ("32c", discovery.webfinger_group(ORIGIN, HOST, "bellevue")),
    ],
)
def test_discovery_says_exactly_the_examples(name: str, ours: Json) -> None:
    assert ours == example(name)


def test_the_instance_answers_for_its_own_account() -> None:
    found = parse.webfinger(discovery.webfinger_instance_account(ORIGIN, HOST))
    assert (found.subject, found.actor) == ("acct:instance@nantes.example", f"{ORIGIN}/users/instance")


def test_host_meta_is_well_formed_and_leads_to_webfinger() -> None:
    (link,) = ET.fromstring(discovery.host_meta(ORIGIN))
    assert link.attrib["template"] == f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"


OUTBOX = f"{ORIGIN}/users/amina/outbox"


def test_a_long_collection_stands_on_pages() -> None:
    read = parse.collection(collection.collection(OUTBOX, 120))
    assert (read.total, read.first, read.items) == (120, f"{OUTBOX}?page=1", ())
    pages = [parse.collection(collection.page(OUTBOX, number, [OUTBOX], total=120)) for number in (1, 2, 3)]
    assert [page.next for page in pages] == [f"{OUTBOX}?page=2", f"{OUTBOX}?page=3", None]
    assert "prev" not in collection.page(OUTBOX, 1, [], total=1)
    assert collection.page(OUTBOX, 2, [], total=60)["prev"] == f"{OUTBOX}?page=1"


def test_an_empty_or_private_collection_tells_its_number_only() -> None:
    assert "first" not in collection.collection(OUTBOX, 0)
    assert "first" not in collection.collection(OUTBOX, 7, has_pages=False)


def test_a_short_collection_holds_its_items() -> None:
    read = parse.document(collection.whole(OUTBOX, [f"{ORIGIN}/users/bob"]))
    assert isinstance(read, CollectionDocument)
    assert (read.total, read.items) == (1, (f"{ORIGIN}/users/bob",))
