"""What other servers send (tests/data/activities), carried out without a needless question. On both databases."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from fedivoisin.actions import conversations
from fedivoisin.activitypub import html
from fedivoisin.market.listing import Listing
from fedivoisin.store import actors, follows, inbox, threads
from fedivoisin.store.schema.federation import activity, delivery
from tests.activitypub.neighbours import Neighbours, says
from tests.activitypub.told import AMINA, FOLDER, ITEM
from tests.fakes import key_pair
from tests.makers import ORIGIN

DOULON = f"{ORIGIN}/groups/doulon"
INSTANCE = f"{ORIGIN}/users/instance"
PIA = "https://flohmarkt.example/users/pia"
EMI = "https://misskey.example/users/9abc0emi01"
INES = "https://lemmy.example/u/ines"


def _sent(here: Neighbours, name: str, listing: Listing | None = None) -> dict[str, Any]:
    """The document of that file, about Awa and our Group; about the listing where one is given."""
    text = (FOLDER / f"{name}.json").read_text("utf-8")
    text = text.replace(ITEM, listing.url if listing else f"{here.awa_url}/items/none").replace(AMINA, here.awa_url)
    document: dict[str, Any] = json.loads(text.replace(f"{ORIGIN}/groups/bellevue", DOULON))
    return document


def _stands(here: Neighbours, url: str, kind: str = "Person") -> None:
    """Let an actor of that address be there, to be asked for."""
    here.actor(
        id=url,
        type=kind,
        inbox=f"{url.rstrip('/')}/inbox",
        publicKey={"id": f"{url}#main-key", "owner": url, "publicKeyPem": key_pair(1).rsa_public},
        assertionMethod=[],
    )


async def _hear(here: Neighbours, name: str, listing: Listing | None = None) -> str:
    """Hear it from its actor, who is there."""
    document = _sent(here, name, listing)
    _stands(here, document["actor"])
    return await here.hear(document)


async def _follow_from_here(here: Neighbours, url: str, kind: str) -> None:
    """Awa follows the actor, who said yes long ago."""
    _stands(here, url, kind)
    await here.hear(says("Listen", url, f"{url}/thing"))
    async with here.store.read() as tx:
        known = await actors.by_url(tx, url)
    assert known is not None
    await here.store.write(
        follows.put,
        follow_id="follow-1",
        follower_id=here.awa,
        followed_id=known.id,
        activity_url=f"{here.awa_url}/activities/follow-1",
        state="accepted",
    )


async def _state(here: Neighbours, follower: str, followed: str) -> str:
    async with here.store.read() as tx:
        one, other = await actors.by_url(tx, follower), await actors.by_url(tx, followed)
        assert one is not None
        assert other is not None
        standing = await follows.between(tx, one.id, other.id)
    return standing.state if standing else "none"


async def _talks(here: Neighbours) -> list[list[str]]:
    """What stands in each of Awa's conversations, the liveliest first."""
    async with here.store.read() as tx:
        several = await threads.of_member(tx, here.awa)
        return [[one.text for one in await threads.messages_of(tx, talk.thread.id)] for talk in several]


async def test_a_follow_comes_again_under_its_old_id_after_it_was_taken_back(here: Neighbours) -> None:
    assert await _hear(here, "misskey/follow") == "done"
    assert await _hear(here, "misskey/undo-follow") == "done"
    assert await _hear(here, "misskey/follow") == "nothing"  # as one who captured it would send it
    assert await _state(here, EMI, DOULON) == "none"
    here.world.pass_time(hours=4)
    assert await _hear(here, "misskey/follow") == "done"
    assert await _state(here, EMI, DOULON) == "accepted"
    again = _sent(here, "misskey/undo-follow") | {"published": "2026-09-03T08:20:00.000Z"}
    assert await here.hear(again) == "done"
    assert await _state(here, EMI, DOULON) == "none"


async def test_an_update_of_a_profile_has_the_same_id_each_time(here: Neighbours) -> None:
    said = _sent(here, "takahe/update-person")
    for name in ("Simon", "Simone"):
        said["object"]["name"] = name
        _stands(here, said["actor"])
        assert await here.hear(said) == "done"
        assert await here.hear(said) == "nothing"


async def test_flohmarkt_says_yes_to_everybody_under_one_id(here: Neighbours) -> None:
    _stands(here, PIA)
    async with here.store.read() as tx:
        assert await inbox.waiting(tx) == 0
    assert await _hear(here, "flohmarkt/accept-follow") == "no-such-follow"
    other = _sent(here, "flohmarkt/accept-follow")
    other["object"]["id"] = f"{here.awa_url}/activities/another"
    assert await here.hear(other) == "no-such-follow"  # heard, and not taken for the first


@pytest.mark.parametrize(
    "name",
    [
        "lemmy/announce-add-moderator",
        "lemmy/announce-create-page",
        "lemmy/announce-like",
        "lemmy/announce-lock",
        "lemmy/announce-update-page",
        "piefed/announce-create-page",
        "piefed/announce-undo",
        "wordpress/announce-by-blog",
    ],
)
async def test_what_a_group_passes_on_and_is_no_listing_is_not_fetched(here: Neighbours, name: str) -> None:
    said = _sent(here, name)
    await _follow_from_here(here, said["actor"], "Group")
    before = here.asked()
    assert await here.hear(said) == ("kept-elsewhere" if "moderator" in name else "ignored")
    assert here.asked() == before


async def test_the_deletion_of_what_we_never_had_is_not_looked_at(here: Neighbours) -> None:
    said = _sent(here, "lemmy/announce-delete")
    await _follow_from_here(here, said["actor"], "Group")
    _stands(here, INES)
    await here.hear(says("Listen", INES, f"{INES}/thing"))  # also when its author is known
    before = here.asked()
    assert await here.hear(said) == "unknown-object"
    assert here.asked() == before


@pytest.mark.parametrize("name", ["bonfire/create-intent", "mobilizon/create-event", "peertube/create-video"])
async def test_things_that_mean_nothing_to_us_are_not_fetched(here: Neighbours, name: str) -> None:
    said = _sent(here, name)
    assert await _hear(here, name) == "ignored"
    assert here.asked() == [said["actor"]]


async def test_who_speaks_for_their_group_is_no_forger(here: Neighbours) -> None:
    ladder = await here.publish()
    said = _sent(here, "mobilizon/create-comment", ladder)
    said["object"]["attributedTo"] = said["attributedTo"] = "https://mobilizon.example/@voisins"
    _stands(here, said["actor"])
    assert await here.hear(said) == "another-author"
    assert here.asked() == [said["actor"]]


@pytest.mark.parametrize("server", ["bonfire", "gotosocial", "lemmy", "mastodon", "takahe"])
async def test_the_farewell_of_somebody_unknown_asks_nobody_anything(here: Neighbours, server: str) -> None:
    said = _sent(here, f"{server}/delete-actor")
    assert await here.hear(said) == "nothing"
    assert here.asked() == []


@pytest.mark.parametrize("server", ["bonfire", "gotosocial", "lemmy", "mastodon", "takahe"])
async def test_the_farewell_of_somebody_known_is_carried_out(here: Neighbours, server: str) -> None:
    said = _sent(here, f"{server}/delete-actor")
    _stands(here, said["actor"])
    await here.hear(says("Listen", said["actor"], f"{said['actor']}/thing"))
    assert await here.hear(said) == "done"
    assert (await here.person(said["actor"])).gone_at is not None


@pytest.mark.parametrize("name", ["gotosocial/accept-reply", "mobilizon/accept-join"])
async def test_a_yes_to_something_else_than_our_follow_is_ignored(here: Neighbours, name: str) -> None:
    assert await _hear(here, name) == "ignored"
    assert await here.hear(_sent(here, name) | {"type": "Reject", "id": f"{_sent(here, name)['id']}/no"}) == "ignored"


async def test_a_ban_from_a_group_is_no_quarrel_between_two(here: Neighbours) -> None:
    await _follow_from_here(here, INES, "Person")
    said = _sent(here, "lemmy/block-from-group") | {"object": here.awa_url}
    assert await here.hear(said) == "ignored"
    assert await _state(here, here.awa_url, INES) == "accepted"


async def test_a_warning_or_a_title_stands_above_the_words(here: Neighbours) -> None:
    ladder = await here.publish()
    assert await _hear(here, "mastodon/create-reply-unlisted", ladder) == "done"
    article = _sent(here, "wordpress/create-article")
    article["object"]["inReplyTo"] = ladder.url
    _stands(here, article["actor"])
    assert await here.hear(article) == "done"
    async with here.store.read() as tx:
        (warned, _), (titled, _) = await threads.questions_of(tx, ladder.id)
    assert warned.text == "petite annonce\n\nBonjour, la perceuse est-elle libre samedi ?"
    assert warned.content_html is not None
    assert warned.content_html.startswith("<p><strong>petite annonce</strong></p>")
    assert titled.text == "La fête\n\nSamedi\n\nFête des voisins."  # without its excerpt


async def test_a_page_without_words_is_its_name(here: Neighbours) -> None:
    ladder = await here.publish()
    page = _sent(here, "lemmy/announce-create-page")["object"]["object"]
    del page["audience"]
    private = page | {"to": [here.awa_url], "cc": [], "inReplyTo": ladder.url, "name": "Perceuse <3 ?"}
    _stands(here, INES)
    assert await here.hear(says("Create", INES, private, to=[here.awa_url])) == "done"
    assert await _talks(here) == [["Perceuse <3 ?"]]
    changed = private | {"updated": "2026-09-04T08:12:40Z", "name": "Perceuse & mèches"}
    assert await here.hear(says("Update", INES, changed, to=[here.awa_url])) == "done"
    assert await _talks(here) == [["Perceuse & mèches"]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lemmy/create-private-message", "Bonjour !"),
        ("piefed/create-private-message", "Bonjour"),
        ("pixelfed/create-direct", "On peut venir ?"),
        ("pleroma/create-chat", "Bonjour Amina"),
    ],
)
async def test_a_private_message_about_nothing_goes_where_the_two_talked_last(
    here: Neighbours, name: str, words: str
) -> None:
    assert await _hear(here, name) == "no-listing"
    assert await _talks(here) == []
    writer = _sent(here, name)["actor"]
    for number in range(2):
        ladder = await here.publish(title=f"Échelle {number}")
        asked = {
            "id": f"{writer}/asked-{number}",
            "type": "Note",
            "attributedTo": writer,
            "content": f"Libre {number} ?",
        }
        about = asked | {"to": [here.awa_url], "inReplyTo": ladder.url}
        assert await here.hear(says("Create", writer, about, to=[here.awa_url])) == "done"
        here.world.pass_time(hours=2)
    assert await _hear(here, name) == "done"
    assert await _talks(here) == [["Libre 1 ?", words], ["Libre 0 ?"]]


async def test_an_author_elsewhere_writes_anew_to_who_asked(here: Neighbours) -> None:
    await _follow_from_here(here, PIA, "Person")
    said = _sent(here, "flohmarkt/create-offer")
    assert await here.hear(said) == "done"
    lawnmower = await here.known(said["object"]["id"])
    assert lawnmower is not None
    await here.store.write(conversations.ask, listing_id=lawnmower.id, asker_id=here.awa, text="Libre ?")
    here.world.pass_time(minutes=1)
    anew = {"id": f"{PIA}/anew", "type": "Note", "attributedTo": PIA, "content": "Ja!", "to": [here.awa_url]}
    assert await here.hear(says("Create", PIA, anew, to=[here.awa_url])) == "done"
    assert await _talks(here) == [["Libre ?", "Ja!"]]


async def test_takahe_names_the_reader_in_cc_alone(here: Neighbours) -> None:
    ladder = await here.publish()
    assert await _hear(here, "takahe/create-direct", ladder) == "done"
    assert await _talks(here) == [["je peux passer ?"]]


async def test_who_follows_the_instance_is_told_yes_and_hears_of_listings(here: Neighbours) -> None:
    said = _sent(here, "flohmarkt/instance-follow")
    _stands(here, said["actor"], "Application")
    assert await here.hear(said) == "done"
    assert await _state(here, said["actor"], INSTANCE) == "accepted"
    await here.publish()
    await here.effects()
    async with here.store.read() as tx:
        sent = await tx.conn.execute(
            select(activity.c.type, delivery.c.inbox).join(delivery, delivery.c.activity_id == activity.c.id)
        )
    assert {row.type: row.inbox for row in sent} == dict.fromkeys(("Accept", "Create"), f"{said['actor']}/inbox")
    assert await here.hear(says("Undo", said["actor"], said)) == "done"
    assert await _state(here, said["actor"], INSTANCE) == "none"


async def test_what_the_sanitiser_cannot_read_is_refused_and_the_next_is_heard(
    here: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = await here.publish()
    said = _sent(here, "takahe/create-direct", ladder)
    _stands(here, said["actor"])
    await here.hear(says("Listen", said["actor"], f"{said['actor']}thing"))

    def give_up() -> object:
        raise BaseException("a panic")  # noqa: TRY002  # as a library in Rust raises it

    with monkeypatch.context() as broken:
        broken.setattr(html, "_cleaner", give_up)
        assert await here.hear(said) == "bad-html"
    assert await _hear(here, "misskey/create-direct", ladder) == "done"
