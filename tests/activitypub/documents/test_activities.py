"""Our verbs have the documented shapes."""

from datetime import UTC, datetime

import pytest

from fedivoisin.activitypub import parse
from fedivoisin.activitypub.documents import activities, contexts, message
from fedivoisin.activitypub.documents.activities import Announced, Envelope
from fedivoisin.activitypub.documents.contexts import Json
from fedivoisin.activitypub.documents.listing import Setting, note
from fedivoisin.activitypub.parse import activities as read
from fedivoisin.activitypub.parse.objects import NoteDocument
from fedivoisin.market.listing import State
from tests.activitypub.documents.shapes import differences, example
from tests.market.drafts import NOW, URL, a_listing, a_picture

ORIGIN = "https://nantes.example"
AMINA, BELLEVUE = f"{ORIGIN}/users/amina", f"{ORIGIN}/groups/bellevue"
CARLA = "https://mastodon.example/users/carla"
BOB = "https://rennes.example/users/bob"
BY_AMINA = Envelope(f"{URL}/activities/fe33a55c-aaab-4563-8108-36197442e84f", AMINA, NOW)
BY_GROUP = Envelope(f"{BELLEVUE}/activities/e031cdee-5158-4533-b5c2-d2656067bc94", BELLEVUE, NOW)
ASKED = activities.followed("https://mastodon.example/3f0c8a52-follow", CARLA, BELLEVUE)


def a_note(state: State = State.OPEN) -> Json:
    changed = {"state": state, "updated_at": None if state is State.OPEN else NOW}
    listing = a_listing(changed=changed, pictures=(a_picture(),), availability="Le soir", negotiable=True)
    return note(listing, Setting(ORIGIN, AMINA, BELLEVUE))


def a_message(**changed: object) -> message.Message:
    plain: dict[str, object] = {
        "url": f"{ORIGIN}/messages/3b7e1461-03da-41aa-846e-96b2c49b75f9",
        "author_url": AMINA,
        "to": message.Correspondent(CARLA, "https://mastodon.example/@carla", "carla", "mastodon.example"),
        "text": "Oui, elle est\ntoujours là.\n\nÀ <demain>",
        "language": "fr",
        "published_at": NOW,
        "in_reply_to": f"{CARLA}/statuses/1",
        "context": f"{URL}/fil/8b87cb1d-8a89-4582-8d86-d463c9a25e78",
    }
    return message.Message(**{**plain, **changed})  # type: ignore[arg-type]  # a table of fields


CREATE = activities.create(BY_AMINA, a_note(), contexts.LISTING)
A_MESSAGE = message.note(a_message())

SAME_SHAPE: list[tuple[str, Json]] = [
    ("01", CREATE),
    ("04", activities.announce(BY_GROUP, CREATE, AMINA)),
    ("05", activities.announce(BY_GROUP, URL, AMINA)),
    ("05b", activities.undo(BY_GROUP, activities.announce(BY_GROUP, URL, AMINA))),
    ("05b", activities.undo_announce(BY_GROUP, f"{BELLEVUE}/activities/1", Announced(URL, AMINA, NOW))),
    ("06", activities.update(BY_AMINA, a_note(State.RESERVED), contexts.LISTING)),
    ("07", activities.delete(BY_AMINA, a_note())),
    ("10", activities.reject(BY_AMINA, f"{BOB}/offers/1", BOB, "<p>Déjà réservée, désolée.</p>")),
    ("12", activities.create(BY_AMINA, A_MESSAGE, contexts.MESSAGE)),
    ("14", activities.accept(BY_GROUP, ASKED, CARLA)),
    (
        "15",
        activities.flag(
            Envelope(f"{ORIGIN}/flags/1", f"{ORIGIN}/users/instance", NOW), [BOB], "https://rennes.example/i", "Faux"
        ),
    ),
]


@pytest.mark.parametrize(("name", "ours"), SAME_SHAPE)
def test_an_activity_has_the_shape_of_its_example(name: str, ours: Json) -> None:
    theirs = example(name)
    assert ours["@context"] == theirs["@context"]
    assert ours["type"] == theirs["type"]
    assert list(differences(ours, theirs)) == []


def test_an_activity_is_addressed_as_its_document() -> None:
    assert (CREATE["to"], CREATE["cc"]) == (CREATE["object"]["to"], CREATE["object"]["cc"])
    assert "@context" not in activities.announce(BY_GROUP, CREATE, AMINA)["object"]


def test_an_actor_is_updated_for_all_and_its_followers() -> None:
    told = activities.update(BY_AMINA, {"id": AMINA, "type": "Person"}, contexts.ACTOR)
    assert (told["to"], told["cc"]) == ([contexts.PUBLIC], [f"{AMINA}/followers"])


def test_an_actor_that_leaves_is_deleted_by_its_id() -> None:
    assert parse.activity(activities.delete_actor(BY_AMINA)) == read.Delete(
        BY_AMINA.id, AMINA, (contexts.PUBLIC,), (), NOW, AMINA
    )


def test_a_follow_a_like_and_their_undoing_are_read_back() -> None:
    follow = activities.follow(BY_AMINA, BELLEVUE)
    like = activities.like(BY_AMINA, URL, AMINA)
    assert parse.activity(follow) == read.Follow(BY_AMINA.id, AMINA, (BELLEVUE,), (), NOW, BELLEVUE)
    assert parse.activity(like) == read.Like(BY_AMINA.id, AMINA, (AMINA,), (), NOW, URL)
    undone = parse.activity(activities.undo(BY_AMINA, follow))
    assert isinstance(undone, read.Undo)
    assert undone.object == parse.activity(follow)


def test_a_follow_may_be_refused_without_a_word() -> None:
    refused = activities.reject(BY_GROUP, ASKED, CARLA)
    assert refused["object"]["id"] == ASKED["id"]
    assert "content" not in refused


def test_a_private_answer_goes_to_one_person_and_mentions_them() -> None:
    assert (A_MESSAGE["to"], A_MESSAGE["cc"]) == ([CARLA], [])
    assert "Oui, elle est<br>toujours là.</p><p>À &lt;demain&gt;</p>" in A_MESSAGE["content"]
    back = parse.document(A_MESSAGE)
    assert isinstance(back, NoteDocument)
    assert [mention.url for mention in back.mentions] == [CARLA]
    assert back.context == A_MESSAGE["context"]


def test_a_visible_question_goes_to_all_and_to_those_concerned() -> None:
    question = message.note(
        a_message(
            is_public=True, cc=(BELLEVUE,), in_reply_to=None, context=None, updated_at=datetime(2027, 1, 1, tzinfo=UTC)
        )
    )
    assert (question["to"], question["cc"]) == ([contexts.PUBLIC], [CARLA, BELLEVUE])
    assert "inReplyTo" not in question
    assert question["updated"] == "2027-01-01T00:00:00Z"
