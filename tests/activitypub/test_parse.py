"""Peers' documents are read alike, whatever their shape, and nothing that they send breaks the reading."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedivoisin.activitypub import parse
from fedivoisin.activitypub.parse import activities as verbs
from fedivoisin.activitypub.parse.activities import CollectionDocument
from fedivoisin.activitypub.parse.discovery import NodeInfo, NodeInfoLinks, WebFinger
from fedivoisin.activitypub.parse.objects import (
    ActorDocument,
    KeyDocument,
    ListingDocument,
    NoteDocument,
    Tombstone,
    Unknown,
)
from fedivoisin.errors import BadActivity
from fedivoisin.market.listing import EUR, Kind, Price, Purpose, State, Unit
from tests.activitypub.documents.shapes import WIRE, example

ITEM = "https://nantes.example/users/amina/items/7c1f3f0e-6a35-4a1e-9d0c-2f4f8d1b7a11"
AMINA, BELLEVUE = "https://nantes.example/users/amina", "https://nantes.example/groups/bellevue"
CARLA = "https://mastodon.example/users/carla"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def listing_in(name: str) -> ListingDocument:
    found = example(name)
    read = parse.document(found.get("object", found))
    assert isinstance(read, ListingDocument)
    return read


@pytest.mark.parametrize("name", ["01", "x1", "x2", "x3", "x4", "x5", "x6", "x7"])
def test_every_variant_says_the_same_listing(name: str) -> None:
    read = listing_in(name)
    assert read.title == "Perceuse à percussion Bosch"
    assert read.price == Price(Decimal(25), EUR, Unit.ONE)
    assert read.place
    assert (read.place.name, read.place.latitude, read.place.longitude) == ("Bellevue, Nantes (44)", 47.21, -1.6)
    assert read.ends_at == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert (read.kind, read.purpose, read.state, read.reach) == (Kind.SELL, Purpose.OFFER, State.OPEN, 5)
    assert read.category == ("" if name == "x6" else "vide-grenier/bricolage")
    assert len(read.pictures) == (0 if name == "x7" else 1)
    assert bool(read.content) == (name != "x7")
    assert read.understands_agreements == (name != "x6")
    assert read.group == BELLEVUE
    assert name in {"x1", "x2", "x3", "x4", "x5"} or "Peu servie, deux forets fournis." in read.text


@pytest.mark.parametrize(
    ("name", "kind", "price", "expected"),
    [
        ("02", Kind.LEND, None, {"deposit": Decimal(20), "max_days": 3, "text": "<p>À rapporter propre.</p>"}),
        ("02b", Kind.RENT, Price(Decimal(8), EUR, Unit.DAY), {"deposit": Decimal(80), "max_days": 7, "unit": Unit.DAY}),
        ("02c", Kind.SWAP, None, {"wanted": "Puzzle de 1000 pièces"}),
        ("02d", Kind.GIVE, None, {"category": "enfants/puericulture"}),
        (
            "02e",
            Kind.GROUP_PURCHASE,
            Price(Decimal("6.50")),
            {"minimum_quantity": Decimal(2), "goal_quantity": Decimal(40), "available": Decimal(60)},
        ),
        (
            "03",
            Kind.SERVICE,
            Price(Decimal(2), "https://nantes.example/credits/heures"),
            {"purpose": Purpose.REQUEST, "unit": Unit.HOUR, "begins_at": datetime(2026, 9, 5, 7, tzinfo=UTC)},
        ),
        ("16", Kind.LEND, None, {"reach": 4, "group": "https://nantes.example/circles/4", "cc": ()}),
    ],
)
def test_each_kind_is_read(name: str, kind: Kind, price: Price | None, expected: dict[str, object]) -> None:
    read = listing_in(name)
    assert (read.kind, read.price) == (kind, price)
    assert {key: getattr(read, key) for key in expected} == expected


def test_a_listing_without_our_words_has_its_kind_from_its_intents() -> None:
    for name, kind in [
        ("02", Kind.LEND),
        ("02b", Kind.RENT),
        ("02c", Kind.SWAP),
        ("02d", Kind.GIVE),
        ("03", Kind.SERVICE),
    ]:
        plain = {key: value for key, value in example(name).items() if not key.startswith("fv:")}
        read = parse.document(plain)
        assert isinstance(read, ListingDocument)
        assert read.kind is kind


def test_a_reserved_listing_is_read_reserved() -> None:
    read = parse.activity(example("06"))
    assert isinstance(read, verbs.Update)
    assert isinstance(read.object, ListingDocument)
    assert (read.object.state, read.object.available) == (State.RESERVED, Decimal(0))
    assert read.object.updated_at == datetime(2026, 8, 22, 17, 40, tzinfo=UTC)


def test_a_private_answer_is_a_note_with_its_mention_and_thread() -> None:
    read = parse.activity(example("12"))
    assert isinstance(read, verbs.Create)
    note = read.object
    assert isinstance(note, NoteDocument)
    assert (note.to, note.cc, note.in_reply_to) == ((CARLA,), (), f"{CARLA}/statuses/1")
    assert [mention.name for mention in note.mentions] == ["@carla@mastodon.example"]
    assert note.context
    assert note.context.startswith(f"{ITEM}/fil/")
    assert note.language == "fr"


def test_a_group_passes_on_a_whole_activity_or_an_id() -> None:
    whole, short = parse.activity(example("04")), parse.activity(example("05"))
    assert isinstance(whole, verbs.Announce)
    assert isinstance(whole.object, verbs.Create)
    assert isinstance(whole.object.object, ListingDocument)
    assert isinstance(short, verbs.Announce)
    assert short.object == ITEM
    undone = parse.activity(example("05b"))
    assert isinstance(undone, verbs.Undo)
    assert isinstance(undone.object, verbs.Announce)


def test_small_verbs_are_read() -> None:
    deleted, followed, accepted = (parse.activity(example(name)) for name in ("07", "13", "14"))
    assert isinstance(deleted, verbs.Delete)
    assert deleted.object == ITEM
    assert isinstance(followed, verbs.Follow)
    assert (followed.actor, followed.object, followed.to) == (CARLA, BELLEVUE, ())
    assert isinstance(accepted, verbs.Accept)
    assert isinstance(accepted.object, verbs.Follow)
    refused, reported, moved = (parse.activity(example(name)) for name in ("10", "15", "17"))
    assert isinstance(refused, verbs.Reject)
    assert isinstance(refused.object, str)
    assert (refused.object[:22], refused.content) == ("https://rennes.example", "<p>Déjà réservée, désolée.</p>")
    assert isinstance(reported, verbs.Flag)
    assert (reported.object, reported.content[:8]) == ((AMINA, ITEM), "Annonce ")
    assert isinstance(moved, verbs.Move)
    assert (moved.object, moved.target) == (AMINA, "https://rennes.example/users/amina")


def test_an_agreement_travels_in_standard_verbs() -> None:
    offered, accepted, confirmed = (parse.activity(example(name)) for name in ("08", "09", "11"))
    assert isinstance(offered, verbs.Offer)
    assert offered.object == Unknown("", "Agreement")
    assert isinstance(accepted, verbs.Accept)
    assert isinstance(accepted.object, str)
    assert isinstance(confirmed, verbs.Create)
    assert isinstance(confirmed.object, Unknown)


def test_actors_are_read_with_their_keys() -> None:
    person, group, application = (parse.document(example(name)) for name in ("20", "21", "22"))
    assert isinstance(person, ActorDocument)
    assert (person.username, person.approves_followers, person.discoverable) == ("amina", True, False)
    assert (person.public_keys[0].owner, person.assertion_keys[0].controller) == (AMINA, AMINA)
    assert person.shared_inbox == "https://nantes.example/inbox"
    assert [field.name for field in person.fields] == ["Quartier", "Parrainée par"]
    assert person.icon
    assert isinstance(group, ActorDocument)
    assert group.moderators == f"{BELLEVUE}/moderators"
    assert group.place
    assert group.place.name == "Bellevue, Nantes"
    assert isinstance(application, ActorDocument)
    assert "https://w3id.org/fedivoisin/ns#trust" in application.implements


def test_discovery_documents_are_read() -> None:
    assert parse.webfinger(example("32b")) == WebFinger(
        "acct:amina@nantes.example",
        (AMINA, "https://nantes.example/@amina"),
        AMINA,
        "https://nantes.example/@amina",
        "https://nantes.example/authorize_interaction?uri={uri}",
    )
    assert parse.webfinger(example("32")).actor == "https://nantes.example/users/instance"
    assert parse.nodeinfo_links(example("31")) == NodeInfoLinks(
        "https://nantes.example/nodeinfo/2.1", "https://nantes.example/users/instance"
    )
    understands = {"trust": 1, "bans": 1, "agreements": 1}
    assert parse.nodeinfo(example("31b")) == NodeInfo("fedivoisin", "0.1.0", "Voisins de Nantes", 120, 340, understands)


@pytest.mark.parametrize("path", sorted(WIRE.glob("*.json")), ids=lambda path: path.name)
def test_no_example_is_refused(path: Any) -> None:
    document = json.loads(path.read_text("utf-8"))
    if "actor" in document:
        assert not isinstance(parse.activity(document), verbs.Ignored)
    elif "type" in document:
        assert not isinstance(parse.document(document), Unknown)


CREATED = example("01")
FOLLOW = example("13")


def told(base: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**base, **changed}


def noted(**changed: Any) -> dict[str, Any]:
    return told(CREATED, object=told(CREATED["object"], **changed))


REFUSED: list[tuple[Callable[[object], object], object, str]] = [
    (parse.activity, [], "not-an-object"),
    (parse.activity, "https://nantes.example/", "not-an-object"),
    (parse.activity, told(FOLLOW, id=None), "bad-id"),
    (parse.activity, told(FOLLOW, id=7), "bad-id"),
    (parse.activity, told(FOLLOW, id="ftp://nantes.example/1"), "bad-id"),
    (parse.activity, told(FOLLOW, id="javascript:alert(1)"), "bad-id"),
    (parse.activity, told(FOLLOW, id="https://nantes.example/" + "x" * 2048), "bad-id"),
    (parse.activity, told(FOLLOW, id="https://nantes.example/\r\nHost: evil"), "bad-id"),
    (parse.activity, told(FOLLOW, id="https://[nantes/"), "bad-id"),
    (parse.activity, told(FOLLOW, id="https:///nobody"), "bad-id"),
    (parse.activity, told(FOLLOW, actor={"name": "x"}), "bad-actor"),
    (parse.activity, told(FOLLOW, object=None), "bad-object"),
    (parse.activity, told(FOLLOW, to=["https://a.example/"] * 1001), "too-many"),
    (parse.activity, told(example("17"), target=3), "bad-target"),
    (parse.activity, told(example("15"), object=[]), "bad-object"),
    (parse.activity, told(CREATED, object=[]), "bad-object"),
    (parse.activity, told(CREATED, object=True), "bad-object"),
    (parse.activity, noted(id=3), "bad-id"),
    (parse.activity, noted(attributedTo=3), "bad-actor"),
    (parse.activity, noted(publishes={}, **{"flohmarkt:data": None}), "no-title"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": "cher"}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": True}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": -1}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": float("inf")}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": "NaN"}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": "1" * 33}}), "bad-amount"),
    (parse.activity, noted(reciprocal={"resourceQuantity": {"hasNumericalValue": {}}}), "bad-amount"),
    (parse.document, told(example("20"), inbox=3), "bad-inbox"),
    (parse.document, {"publicKeyPem": 3, "id": AMINA, "owner": AMINA}, "bad-key"),
    (parse.document, {"publicKeyPem": "x" * 4097, "id": AMINA, "owner": AMINA}, "bad-key"),
    (parse.collection, {"type": "Note"}, "not-a-collection"),
    (parse.webfinger, [], "bad-webfinger"),
    (parse.webfinger, {"subject": "acct:a@b"}, "bad-webfinger"),
    (parse.webfinger, told(example("32"), subject=3), "bad-webfinger"),
    (parse.nodeinfo, {}, "bad-nodeinfo"),
    (parse.nodeinfo, None, "bad-nodeinfo"),
    (parse.nodeinfo_links, 3, "bad-nodeinfo"),
]


@pytest.mark.parametrize(("read", "document", "code"), REFUSED)
def test_what_is_needed_and_wrong_is_refused(read: Callable[[object], object], document: object, code: str) -> None:
    with pytest.raises(BadActivity) as refused:
        read(document)
    assert refused.value.code == code


def test_announces_nested_without_end_are_refused() -> None:
    nested: dict[str, Any] = dict(CREATED)
    for _ in range(5):
        nested = told(example("05"), object=nested)
    with pytest.raises(BadActivity, match="nested-too-deep"):
        parse.activity(nested)
    page: dict[str, Any] = {"type": "CollectionPage"}
    for _ in range(5):
        page = {"type": "Collection", "first": page}
    with pytest.raises(BadActivity, match="nested-too-deep"):
        parse.collection(page)


def test_an_unknown_verb_is_taken_and_ignored() -> None:
    assert parse.activity(told(FOLLOW, type="View")) == verbs.Ignored(FOLLOW["id"], CARLA, "View")
    assert parse.activity(told(FOLLOW, type=None)) == verbs.Ignored(FOLLOW["id"], CARLA, "")
    assert isinstance(parse.activity(told(FOLLOW, type=["Follow", "x:y"])), verbs.Follow)


def test_an_embedded_activity_may_lack_its_id() -> None:
    undone = parse.activity(told(FOLLOW, type="Undo", object={**FOLLOW, "id": None}))
    assert isinstance(undone, verbs.Undo)
    assert isinstance(undone.object, verbs.Follow)
    assert undone.object.id == ""


def test_an_object_of_a_bare_id_is_that_id() -> None:
    short = parse.activity(told(CREATED, object={"id": ITEM, "type": "Note"}))
    assert isinstance(short, verbs.Create)
    assert short.object == ITEM
    liked = parse.activity(told(FOLLOW, type="Like", object={"id": ITEM, "type": "Note", "content": "x"}))
    assert isinstance(liked, verbs.Like)
    assert liked.object == ITEM
    passed = parse.activity(told(example("05"), object=CREATED["object"]))
    assert isinstance(passed, verbs.Announce)
    assert isinstance(passed.object, ListingDocument)
    strange = parse.activity(told(FOLLOW, type="Undo", object={"id": ITEM, "type": "Note", "content": "x"}))
    assert isinstance(strange, verbs.Undo)
    assert strange.object == ITEM


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("Block", verbs.Block), ("Add", verbs.Add), ("Remove", verbs.Remove), ("Offer", verbs.Offer)],
)
def test_the_other_verbs_are_told_apart(verb: str, kind: type) -> None:
    assert isinstance(parse.activity(told(FOLLOW, type=verb, target=BELLEVUE)), kind)


def test_public_is_public_under_each_of_its_names() -> None:
    read = parse.activity(told(FOLLOW, to="as:Public", cc=["Public", PUBLIC, {"id": BELLEVUE}, 7]))
    assert isinstance(read, verbs.Follow)
    assert (read.to, read.cc) == ((PUBLIC,), (PUBLIC, PUBLIC, BELLEVUE))


def test_a_key_is_read_alone_and_in_a_stub_of_its_owner() -> None:
    pem = {"id": f"{AMINA}/main-key", "owner": AMINA, "publicKeyPem": "PEM"}
    expected = KeyDocument(f"{AMINA}/main-key", AMINA, "PEM")
    assert parse.document(pem) == expected
    assert parse.document({"id": AMINA, "type": "Person", "publicKey": pem}) == expected


def test_a_tombstone_has_its_date() -> None:
    assert parse.document(example("07")["object"]) == Tombstone(ITEM, datetime(2026, 10, 30, 10, tzinfo=UTC))


def test_a_page_leaves_out_what_it_cannot_read() -> None:
    page = {"type": "OrderedCollectionPage", "orderedItems": [CREATED, AMINA, 3, {"type": "Note"}, CREATED["object"]]}
    read = parse.collection(page)
    assert [type(item) for item in read.items] == [verbs.Create, str, ListingDocument]
    outer = parse.document({"id": AMINA, "type": "Collection", "first": page, "totalItems": -1})
    assert isinstance(outer, CollectionDocument)
    assert isinstance(outer.first, CollectionDocument)
    assert outer.total is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=150, deadline=None)
def test_any_json_is_read_or_refused(document: object) -> None:
    for read in (
        parse.activity,
        parse.document,
        parse.collection,
        parse.webfinger,
        parse.nodeinfo,
        parse.nodeinfo_links,
    ):
        try:
            read(document)
        except BadActivity:
            continue


EXAMPLES = [json.loads(path.read_text("utf-8")) for path in sorted(WIRE.glob("*.json"))]


def _places(document: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [at, *(place for key, value in children if key != "@context" for place in _places(value, (*at, key)))]


def _spoilt(document: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = dict(document) if isinstance(document, dict) else list(document)
    copy[place[0]] = _spoilt(document[place[0]], place[1:], value)
    return copy


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_an_example_with_one_value_spoilt_is_read_or_refused(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(EXAMPLES))
    spoilt = _spoilt(document, data.draw(st.sampled_from(_places(document))), data.draw(json_values))
    for read in (parse.activity, parse.document, parse.webfinger, parse.nodeinfo, parse.nodeinfo_links):
        try:
            read(spoilt)
        except BadActivity:
            continue
