"""Every address leads somewhere and comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedivoisin import addresses
from fedivoisin.addresses import Activity, Box, Group, Instance, Listing, Message, Person, Place, resolve
from fedivoisin.ids import ListingId, MessageId

ORIGIN = "https://nantes.example"
ID = "7c1f3f0e-6a35-4a1e-9d0c-2f4f8d1b7a11"
OTHER = "fe33a55c-aaab-4563-8108-36197442e84f"
AMINA = addresses.actor_url(ORIGIN, "amina")
BELLEVUE = addresses.group_url(ORIGIN, "bellevue")
INSTANCE = addresses.instance_url(ORIGIN)
LISTING = addresses.listing_url(ORIGIN, "amina", ID)
MESSAGE = addresses.message_url(ORIGIN, ID)
HERE = Listing("amina", ListingId(ID))

PLACES: list[tuple[str, str, Place]] = [
    (AMINA, "/users/amina", Person("amina")),
    (BELLEVUE, "/groups/bellevue", Group("bellevue")),
    (INSTANCE, "/users/instance", Instance()),
    (addresses.inbox(AMINA), "/users/amina/inbox", Box(Person("amina"), "inbox")),
    (addresses.outbox(AMINA), "/users/amina/outbox", Box(Person("amina"), "outbox")),
    (addresses.followers(BELLEVUE), "/groups/bellevue/followers", Box(Group("bellevue"), "followers")),
    (addresses.following(INSTANCE), "/users/instance/following", Box(Instance(), "following")),
    (addresses.featured(BELLEVUE), "/groups/bellevue/featured", Box(Group("bellevue"), "featured")),
    (addresses.moderators(BELLEVUE), "/groups/bellevue/moderators", Box(Group("bellevue"), "moderators")),
    (addresses.shared_inbox(ORIGIN), "/inbox", addresses.SharedInbox()),
    (LISTING, f"/users/amina/items/{ID}", HERE),
    (addresses.replies(LISTING), f"/users/amina/items/{ID}/replies", addresses.Replies(HERE)),
    (addresses.thread_url(LISTING), f"/users/amina/items/{ID}/fil", addresses.Thread(HERE)),
    (addresses.thread_url(LISTING, OTHER), f"/users/amina/items/{ID}/fil/{OTHER}", addresses.Thread(HERE, OTHER)),
    (addresses.activity_url(LISTING, OTHER), f"/users/amina/items/{ID}/activities/{OTHER}", Activity(HERE, OTHER)),
    (addresses.activity_url(AMINA, OTHER), f"/users/amina/activities/{OTHER}", Activity(Person("amina"), OTHER)),
    (
        addresses.activity_url(BELLEVUE, OTHER),
        f"/groups/bellevue/activities/{OTHER}",
        Activity(Group("bellevue"), OTHER),
    ),
    (MESSAGE, f"/messages/{ID}", Message(MessageId(ID))),
    (addresses.message_activity(MESSAGE), f"/messages/{ID}/create", Activity(Message(MessageId(ID)), "create")),
    (addresses.listing_page(ORIGIN, ID), f"/annonces/{ID}", addresses.ListingPage(ListingId(ID))),
    (addresses.person_page(ORIGIN, "amina"), "/@amina", addresses.PersonPage("amina")),
    (addresses.group_page(ORIGIN, "bellevue"), "/quartiers/bellevue", addresses.GroupPage("bellevue")),
    (addresses.tag_url(ORIGIN, "vélo"), "/tags/v%C3%A9lo", addresses.Tag("vélo")),
    (addresses.circle_url(ORIGIN, 4), "/circles/4", addresses.Circle(4)),
    (addresses.credits_url(ORIGIN, "heures"), "/credits/heures", addresses.Credits("heures")),
]


@pytest.mark.parametrize(("url", "path", "place"), PLACES)
def test_an_address_is_the_documented_one_and_leads_back(url: str, path: str, place: Place) -> None:
    assert url == ORIGIN + path
    assert resolve(ORIGIN, url) == place


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/nowhere",
        "/@",
        "/@Amina",
        "/nowhere/at/all",
        "/users/Amina",
        "/users/amina/",
        "/users/amina/nothing",
        "/users/amina/featured",
        "/users/amina/items/1",
        f"/users/amina/items/{ID}/nothing",
        f"/users/amina/items/{ID}/fil/1",
        f"/users/amina/items/{ID}/activities/1",
        f"/users/amina/items/{ID.upper()}",
        "/users/amina/activities/1",
        f"/users/instance/items/{ID}",
        "/groups/Bellevue",
        "/messages/1",
        f"/messages/{ID}/delete",
        "/annonces/1",
        "/quartiers/É",
        "/tags/",
        "/circles/5",
        "/credits/-",
        "/users/amina?page=1",
        "/users/amina#main-key",
    ],
)
def test_other_addresses_lead_nowhere(path: str) -> None:
    assert resolve(ORIGIN, ORIGIN + path) is None


@pytest.mark.parametrize(
    "origin", ["https://nantes.example.evil.example", "http://nantes.example", "https://rennes.example"]
)
def test_another_origin_is_not_ours(origin: str) -> None:
    assert resolve(ORIGIN, f"{origin}/users/amina") is None


@given(st.text())
def test_no_text_breaks_the_reading(path: str) -> None:
    resolve(ORIGIN, f"{ORIGIN}/{path}")


@pytest.mark.parametrize("name", ["amina", "st-malo", "a1", "jean_paul", "x" * 30])
def test_plain_names_are_valid(name: str) -> None:
    assert addresses.valid_name(name)


@pytest.mark.parametrize(
    "name", ["", "a", "Amina", "é", "-a", "a-", "a b", "a.b", "x" * 31, *sorted(addresses.RESERVED)]
)
def test_other_and_reserved_names_are_not(name: str) -> None:
    assert not addresses.valid_name(name)


def test_keys_media_and_accounts_have_their_form() -> None:
    assert addresses.main_key(AMINA) == f"{AMINA}#main-key"
    assert addresses.assertion_key(AMINA) == f"{AMINA}#ed25519-key"
    assert addresses.media_url(ORIGIN, "3b/a b.webp") == f"{ORIGIN}/media/3b/a%20b.webp"
    assert addresses.acct("amina", "nantes.example") == "amina@nantes.example"
