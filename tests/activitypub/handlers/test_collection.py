"""What others put into collections: theirs is their business, ours nobody elsewhere may fill. On both databases."""

import pytest

from tests.activitypub.neighbours import RENNES, Neighbours, bare, says
from tests.makers import ORIGIN

BOB = f"{RENNES}/users/bob"
GROUP = f"{RENNES}/users/cleunay"
FEATURED = f"{GROUP}/featured"


@pytest.mark.parametrize("verb", ["Add", "Remove"])
@pytest.mark.parametrize(
    ("target", "end"),
    [
        (FEATURED, "pinned-elsewhere"),
        (f"{GROUP}/moderators", "kept-elsewhere"),
        ("https://elsewhere.example/featured", "ignored"),
        (f"{ORIGIN}/groups/doulon/featured", "not-a-moderator"),
        (f"{ORIGIN}/groups/doulon/moderators", "not-a-moderator"),
    ],
)
async def test_collections_of_a_group(here: Neighbours, verb: str, target: str, end: str) -> None:
    await here.followed("cleunay", type="Group", featured=FEATURED)
    bicycle = await here.publish()
    said = says(verb, GROUP, bicycle.url, target=target)
    assert await here.hear(said) == end
    moderator = says(verb, BOB, bicycle.url, target=target)
    assert await here.hear(says("Announce", GROUP, bare(moderator))) == end


async def test_nobody_here_waits_for_what_a_stranger_announces(here: Neighbours) -> None:
    here.actor("cleunay", type="Group", featured=FEATURED)
    added = says("Add", BOB, f"{BOB}/note-1", target=FEATURED)
    assert await here.hear(says("Announce", GROUP, bare(added))) == "unsolicited"
