"""Reports of other instances, laid before our moderators. On both databases."""

from sqlalchemy import select

from fedivoisin.actions.remote_reports import PER_HOST
from fedivoisin.store import listings, throttle
from fedivoisin.store.schema.neighbourhood import report
from tests.activitypub.neighbours import RENNES, Neighbours, says
from tests.makers import ORIGIN

ACTOR = f"{RENNES}/users/instance"


async def _reports(here: Neighbours) -> list[tuple[str | None, str | None, str]]:
    async with here.store.read() as tx:
        rows = await tx.conn.execute(select(report.c.listing_id, report.c.actor_id, report.c.words))
        return [(row.listing_id, row.actor_id, row.words) for row in rows]


async def test_a_listing_comes_before_its_author_and_is_reported_once(here: Neighbours) -> None:
    here.actor("instance", type="Application")
    ladder = await here.publish()
    said = says("Flag", ACTOR, [here.awa_url, ladder.url], content="<p>Arnaque&nbsp;?</p>")
    assert await here.hear(said) == "done"
    assert [(listing_id, actor_id) for listing_id, actor_id, _ in await _reports(here)] == [(ladder.id, None)]
    assert "Arnaque" in (await _reports(here))[0][2]


async def test_a_person_is_reported_when_no_listing_stands(here: Neighbours) -> None:
    here.actor("instance", type="Application")
    ladder = await here.publish()
    await here.store.write(listings.mark_deleted, ladder.id)
    assert await here.hear(says("Flag", ACTOR, [ladder.url, here.awa_url])) == "done"
    assert [(listing_id, actor_id) for listing_id, actor_id, _ in await _reports(here)] == [(None, here.awa)]


async def test_what_is_not_ours_is_not_our_moderators_to_judge(here: Neighbours) -> None:
    here.actor("instance", type="Application")
    for thing in (f"{RENNES}/users/bob", f"{ORIGIN}/groups/doulon", f"{ORIGIN}/users/nobody"):
        assert await here.hear(says("Flag", ACTOR, [thing])) == "unknown-object"
    assert await _reports(here) == []


async def test_no_town_fills_the_moderators_mailboxes(here: Neighbours) -> None:
    here.actor("instance", type="Application")
    ladder = await here.publish()
    host = RENNES.removeprefix("https://")
    for _ in range(PER_HOST.most):
        await here.store.write(throttle.take, "flag-of", host, PER_HOST)
    said = says("Flag", ACTOR, [ladder.url], content="<p>Encore</p>")
    assert await here.hear(said) == "too-many-attempts"
    assert await _reports(here) == []
