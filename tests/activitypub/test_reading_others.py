"""What real servers send (tests/data/activities) is read for what it means, or refused for a reason."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fedivoisin.activitypub import html, parse
from fedivoisin.activitypub.parse import activities as verbs
from fedivoisin.activitypub.parse.objects import ActorDocument
from fedivoisin.activitypub.wire import jsonld
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.errors import BadActivity
from fedivoisin.urls import parse as parse_url
from tests.activitypub.read_of_others import ACTORS, MESSAGES
from tests.activitypub.told import FOLDER, read, read_document, told

ACTS = {
    "bonfire/accept-follow": "bonfire/pub/actors/tess Accept AMINA Follow ~",
    "bonfire/announce": "bonfire/pub/actors/tess Announce ITEM",
    "bonfire/create-intent": "bonfire/pub/actors/tess Create unknown Intent bonfire/pub/objects/01JCBONFIREJ",
    "bonfire/delete-actor": "bonfire/pub/actors/tess Delete ~",
    "bonfire/flag": "bonfire/pub/actors/tess Flag AMINA ITEM «Prix caché»",
    "bonfire/follow": "bonfire/pub/actors/tess Follow BELLEVUE",
    "bonfire/like": "bonfire/pub/actors/tess Like ITEM",
    "epicyon/accept-follow": "epicyon/users/rita Accept AMINA Follow ~",
    "epicyon/delete-note": "epicyon/users/rita Delete ~/statuses/1788333160001",
    "epicyon/emoji-react": "epicyon/users/rita ignored EmojiReact",
    "epicyon/follow": "epicyon/users/rita Follow BELLEVUE",
    "epicyon/like": "epicyon/users/rita Like ITEM",
    "epicyon/undo-follow": "epicyon/users/rita Undo ~ Follow BELLEVUE",
    "flohmarkt/accept-follow": "flohmarkt/users/pia Accept AMINA Follow ~",
    "flohmarkt/delete-offer": "flohmarkt/users/pia Delete ~/items/0c1d2e3f-0000-4000-8000-000000000001",
    "flohmarkt/instance-follow": "flohmarkt/users/instance Follow nantes/users/instance",
    "friendica/accept-follow": "friendica/profile/odile Accept AMINA Follow ~",
    "friendica/announce": "friendica/profile/odile Announce ITEM",
    "friendica/block": "friendica/profile/odile Block AMINA",
    "friendica/delete-note": "friendica/profile/odile Delete friendica/objects/4edd2508-4361",
    "friendica/dislike": "friendica/profile/odile ignored Dislike",
    "friendica/follow": "friendica/profile/odile Follow BELLEVUE",
    "friendica/like": "friendica/profile/odile Like ITEM",
    "friendica/older-accept-follow": "friendica/profile/odile Accept AMINA Follow ~",
    "friendica/undo-like": "friendica/profile/odile Undo ~ Like ITEM",
    "gotosocial/accept-follow": "gotosocial/users/denis Accept AMINA Follow ~",
    "gotosocial/accept-reply": "gotosocial/users/denis Accept OUR-MESSAGE",
    "gotosocial/delete-actor": "gotosocial/users/denis Delete ~",
    "gotosocial/delete-note": "gotosocial/users/denis Delete ~/statuses/01JAB4X0DENIS00000000000A1",
    "gotosocial/flag": "gotosocial/users/gotosocial Flag AMINA ITEM «Arnaque ?»",
    "gotosocial/follow": "gotosocial/users/denis Follow BELLEVUE",
    "gotosocial/undo-follow": "gotosocial/users/denis Undo ~ Follow BELLEVUE",
    "lemmy/accept-follow": "lemmy/c/nantes Accept AMINA Follow ~",
    "lemmy/announce-add-moderator": "lemmy/c/nantes Announce lemmy/u/ines Add AMINA target ~/moderators",
    "lemmy/announce-delete": "lemmy/c/nantes Announce lemmy/u/ines Delete lemmy/post/55",
    "lemmy/announce-like": "lemmy/c/nantes Announce lemmy/u/ines Like ITEM",
    "lemmy/announce-lock": "lemmy/c/nantes Announce lemmy/u/ines ignored Lock",
    "lemmy/announce-page-alone": "lemmy/c/nantes Announce lemmy/post/55",
    "lemmy/block-from-group": "lemmy/u/ines Block mastodon/users/carla",
    "lemmy/delete-actor": "lemmy/u/ines Delete ~",
    "lemmy/dislike": "lemmy/u/ines ignored Dislike",
    "lemmy/flag": "lemmy/u/ines Flag ITEM «Hors sujet»",
    "lemmy/follow": "lemmy/u/ines Follow BELLEVUE",
    "lemmy/followers": "Collection lemmy/c/nantes/followers of 42: ",
    "lemmy/like": "lemmy/u/ines Like ITEM",
    "lemmy/moderators": "OrderedCollection lemmy/c/nantes/moderators of None: lemmy/u/ines",
    "lemmy/undo-follow": "lemmy/u/ines Undo ~ Follow BELLEVUE",
    "lemmy/undo-like": "lemmy/u/ines Undo ~ Like ITEM",
    "mastodon/accept-follow": "mastodon/users/carla Accept AMINA Follow ~",
    "mastodon/add-featured-tag": "mastodon/users/carla Add mastodon/@carla/tagged/velo target ~/collections/featured",
    "mastodon/add-pin": "mastodon/users/carla Add ~/statuses/301 target ~/collections/featured",
    "mastodon/announce": "mastodon/users/carla Announce ITEM",
    "mastodon/block": "mastodon/users/carla Block AMINA",
    "mastodon/delete-actor": "mastodon/users/carla Delete ~",
    "mastodon/delete-note": "mastodon/users/carla Delete ~/statuses/302",
    "mastodon/flag": "mastodon/actor Flag AMINA ITEM «Annonce en double.»",
    "mastodon/follow": "mastodon/users/carla Follow BELLEVUE",
    "mastodon/like": "mastodon/users/carla Like ITEM",
    "mastodon/move": "mastodon/users/carla Move ~ target gotosocial/users/carla",
    "mastodon/quote-request": "mastodon/users/carla ignored QuoteRequest",
    "mastodon/reject-follow": "mastodon/users/carla Reject AMINA Follow ~",
    "mastodon/remove-pin": "mastodon/users/carla Remove ~/statuses/301 target ~/collections/featured",
    "mastodon/undo-announce": "mastodon/users/carla Undo ~ Announce ITEM",
    "mastodon/undo-follow": "mastodon/users/carla Undo ~ Follow BELLEVUE",
    "mastodon/undo-like": "mastodon/users/carla Undo ~ Like ITEM",
    "misskey/accept-follow": "misskey/users/9abc0emi01 Accept AMINA Follow ~",
    "misskey/announce": "misskey/users/9abc0emi01 Announce ITEM",
    "misskey/block": "misskey/users/9abc0emi01 Block AMINA",
    "misskey/delete-note": "misskey/users/9abc0emi01 Delete misskey/notes/9note1",
    "misskey/flag": (
        "misskey/users/9abc0actor Flag AMINA «spam ----- "
        "https://nantes.example/users/amina/items/7c1f3f0e-6a35-4a1e-9d0c-2f4f8d1b7a11»"
    ),
    "misskey/follow": "misskey/users/9abc0emi01 Follow BELLEVUE",
    "misskey/like-reaction": "misskey/users/9abc0emi01 Like ITEM",
    "misskey/undo-follow": "misskey/users/9abc0emi01 Undo ~ Follow BELLEVUE",
    "misskey/undo-reaction": "misskey/users/9abc0emi01 Undo ~ Like ITEM",
    "mitra/accept-follow": "mitra/users/quentin Accept OUR-FOLLOW",
    "mitra/add-subscriber": "mitra/users/quentin Add AMINA target ~/collections/subscribers",
    "mitra/add-to-conversation": (
        "mitra/users/quentin Add mitra/activities/create/2 target mitra/collections/conversations/1"
    ),
    "mitra/like-emoji": "mitra/users/quentin Like ITEM",
    "mitra/like": "mitra/users/quentin Like ITEM",
    "mitra/move-pull": "mitra/users/quentin Move old-mastodon/users/quentin target ~",
    "mitra/offer-agreement": "mitra/users/quentin Offer unknown Agreement nothing",
    "mitra/undo-follow": "mitra/users/quentin Undo mitra/activities/follow/7",
    "mobilizon/accept-follow": "mobilizon/@voisins Accept AMINA Follow ~",
    "mobilizon/accept-join": "mobilizon/@karim Accept AMINA ignored Join",
    "mobilizon/announce": "mobilizon/relay Announce mobilizon/events/252d5816",
    "mobilizon/create-event": "mobilizon/@karim Create unknown Event mobilizon/events/252d5816",
    "mobilizon/delete-event": "mobilizon/@karim Delete mobilizon/events/252d5816",
    "mobilizon/follow": "mobilizon/relay Follow BELLEVUE",
    "mobilizon/join": "mobilizon/@karim ignored Join",
    "odd/accept-part-of-follow": "odd/u/ursule Accept OUR-FOLLOW",
    "odd/undo-without-actor": "odd/u/ursule Undo ~ Like ITEM",
    "peertube/accept-follow": "peertube/accounts/manon Accept AMINA Follow ~",
    "peertube/announce": (
        "peertube/video-channels/bricolage Announce peertube/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1"
    ),
    "peertube/create-video": (
        "peertube/accounts/manon Create unknown Video peertube/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1"
    ),
    "peertube/delete-comment": (
        "peertube/accounts/manon Delete peertube/videos/watch/e7946124-7b72-4ad7-9d22-844a84bb2de1/comments/2000"
    ),
    "peertube/flag": "peertube/accounts/manon Flag ITEM «Doublon»",
    "peertube/follow": "peertube/accounts/manon Follow BELLEVUE",
    "peertube/view": "peertube/accounts/manon ignored View",
    "piefed/accept-follow": "piefed/c/bricolage Accept AMINA Follow ~",
    "piefed/announce-undo": "piefed/c/bricolage Announce piefed/u/jules Undo ~ Like ITEM",
    "piefed/delete-post": "piefed/u/jules Delete piefed/post/7",
    "piefed/follow": "piefed/u/jules Follow BELLEVUE",
    "pixelfed/accept-follow": "pixelfed/users/lea Accept AMINA Follow ~",
    "pixelfed/delete-note": "pixelfed/users/lea Delete pixelfed/p/lea/12",
    "pixelfed/follow": "pixelfed/users/lea Follow BELLEVUE",
    "pixelfed/like": "pixelfed/users/lea Like ITEM",
    "pixelfed/undo-like": "pixelfed/users/lea Undo ~ Like ITEM",
    "pleroma/accept-follow": "pleroma/users/gaelle Accept AMINA Follow ~",
    "pleroma/announce": "pleroma/users/gaelle Announce ITEM",
    "pleroma/block": "pleroma/users/gaelle Block AMINA",
    "pleroma/delete-note": "pleroma/users/gaelle Delete pleroma/objects/1a",
    "pleroma/emoji-react": "pleroma/users/gaelle ignored EmojiReact",
    "pleroma/flag": "pleroma/users/gaelle Flag AMINA ITEM «Prix suspect»",
    "pleroma/follow": "pleroma/users/gaelle Follow BELLEVUE",
    "pleroma/undo-emoji-react": "pleroma/users/gaelle Undo ~ ignored EmojiReact",
    "takahe/accept-follow": "takahe/@simon@takahe/ Accept AMINA Follow ~",
    "takahe/block": "takahe/@simon@takahe/ Block AMINA",
    "takahe/delete-actor": "takahe/@simon@takahe/ Delete ~",
    "takahe/follow": "takahe/@simon@takahe/ Follow BELLEVUE",
    "takahe/like": "takahe/@simon@takahe/ Like ITEM",
    "takahe/undo-follow": "takahe/@simon@takahe/ Undo ~ Follow BELLEVUE",
    "wordpress/accept-follow": "wordpress/?author=1 Accept AMINA Follow ~",
    "wordpress/delete-article": "wordpress/?author=1 Delete wordpress/?p=87",
    "wordpress/follow": "wordpress/?author=1 Follow BELLEVUE",
}
REFUSED = [
    ("epicyon/accept-nothing", "bad-object"),  # the request that it answers has no name and no author
    ("flohmarkt/create-offer-price-in-words", "bad-amount"),  # words are no price, and a wrong price misleads
    ("mitra/create-portable", "bad-id"),  # portable objects (FEP-ef61) have no http address
    ("odd/announce-too-deep", "nested-too-deep"),  # nobody nests so deep for a good reason
    ("odd/create-graph", "jsonld-restructuring"),  # @graph lets a document say something else once expanded
    ("odd/create-reverse", "jsonld-restructuring"),  # so does @reverse
    ("odd/delete-without-object", "bad-object"),  # nothing is said to be gone
    ("odd/follow-without-id", "bad-id"),  # only answers may lack an id: a request without one cannot be answered
    ("odd/person-without-inbox", "bad-inbox"),  # nobody who can be written to
]

READ = MESSAGES | ACTORS | ACTS
FILES = {str(path.relative_to(FOLDER).with_suffix("")): path for path in FOLDER.rglob("*.json")}


def document(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILES[name].read_text("utf-8"))
    return found


def test_no_file_is_left_unread() -> None:
    assert sorted(FILES) == sorted([*READ, *(name for name, _ in REFUSED)])
    assert len(READ) == len(MESSAGES) + len(ACTORS) + len(ACTS)


@pytest.mark.parametrize("name", READ)
def test_it_is_read_for_what_it_means(name: str) -> None:
    assert told(read(name)) == READ[name]


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_what_cannot_be_believed_is_refused(name: str, reason: str) -> None:
    with pytest.raises(BadActivity) as refused:
        read(name)
    assert refused.value.code == reason


LINKS = {"to", "cc", "tag", "attachment", "actor", "object", "attributedTo", "inReplyTo", "url", "icon", "type"}
LINKS |= {"publicKey", "first", "alsoKnownAs", "publishes", "location", "target"}


def one_for_many(key: str, value: Any) -> Any:
    return value[0] if key in LINKS and isinstance(value, list) and len(value) == 1 else value


def many_for_one(key: str, value: Any) -> Any:
    return [value] if key in LINKS and not isinstance(value, list) and value is not None else value


def changed(value: Any, change: Callable[[str, Any], Any]) -> Any:
    if isinstance(value, list):
        return [changed(item, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: item if key == "@context" else change(key, changed(item, change)) for key, item in value.items()}


@pytest.mark.parametrize("change", [one_for_many, many_for_one])
@pytest.mark.parametrize("name", READ)
def test_one_value_and_a_list_of_one_say_the_same(name: str, change: Callable[[str, Any], Any]) -> None:
    assert told(read_document(jsonld.normalise(changed(document(name), change)))) == READ[name]


@pytest.mark.parametrize("name", READ)
def test_a_context_that_we_do_not_know_changes_nothing(name: str) -> None:
    found = document(name)
    context = found["@context"] if isinstance(found["@context"], list) else [found["@context"]]
    found["@context"] = ["https://unheard-of.example/context", *context, "https://unheard-of.example/more"]
    assert told(read_document(jsonld.normalise(found))) == READ[name]


@pytest.mark.parametrize("name", [name for name in READ if {"signature", "proof"} & set(document(name))])
def test_signatures_inside_a_document_say_nothing_to_the_reader(name: str) -> None:
    found = document(name)
    alone = {key: value for key, value in found.items() if key not in {"signature", "proof"}}
    assert read_document(jsonld.normalise(alone)) == read(name)


@pytest.mark.parametrize("name", [name for name in READ if "actor" in document(name)])
def test_the_id_is_one_that_its_actor_may_give(name: str) -> None:
    activity = parse.activity(jsonld.normalise(document(name)))
    assert same_origin(activity.id, activity.actor)
    assert str(parse_url(activity.id)) == activity.id


def test_an_answer_without_an_id_is_named_after_what_it_answers() -> None:
    answer = read("epicyon/accept-follow")
    assert isinstance(answer, verbs.Accept)
    assert isinstance(answer.object, verbs.Follow)
    assert answer.id == f"https://epicyon.example/users/rita#accept/{answer.object.id}"


def test_the_recipients_said_around_a_note_are_its_own() -> None:
    found = document("mastodon/create-direct")
    note = {key: value for key, value in found["object"].items() if key not in {"to", "cc"}}
    assert told(read_document({**found, "object": note})) == READ["mastodon/create-direct"]
    passed_on = {**found, "type": "Announce", "object": note}
    said = read_document(passed_on)
    assert isinstance(said, verbs.Announce)
    assert "direct Note" in told(said)


def test_a_profile_of_ill_will_does_no_harm() -> None:
    person = read("odd/person-of-ill-will")
    assert isinstance(person, ActorDocument)
    assert (person.icon, person.outbox, person.shared_inbox) == (None, None, None)
    assert person.page_url == person.id
    assert person.username == "ursuleelusru"
    assert "\u202e" not in person.name + person.fields[0].name
    shown = html.clean(person.summary) + html.clean(person.fields[0].value)
    for word in ("script", "alert", "onclick", "onerror", "<img", "<iframe", "javascript"):
        assert word not in shown
    assert shown.count("[odd.example]") == 2
    # That the key is another's is for who keeps it to notice: `owner` says so.
    assert [key.owner for key in person.public_keys] == ["https://mastodon.example/users/carla"]
