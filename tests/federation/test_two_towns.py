"""What happens in Nantes is seen in Rennes: followed, published, changed, answered, taken down."""

from fedivoisin.actions import conversations, following, listings
from fedivoisin.ids import ActorId
from fedivoisin.market.listing import Listing, State
from fedivoisin.store import follows, search, threads
from fedivoisin.store import listings as rows
from fedivoisin.store.db import Tx
from fedivoisin.store.threads import Conversation
from tests.federation.towns import Town
from tests.makers import a_draft


async def _follow(town: Town, member: ActorId, address: str) -> None:
    """Type the address, and wait until the follow is accepted."""
    await town.store.write(following.follow_address, member_id=member, typed=address)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, member))

    assert await town.eventually(accepted, that="the accepted follow")


async def _listing_at(town: Town, url: str, *, state: State = State.OPEN) -> Listing:
    async def look(tx: Tx) -> Listing | None:
        found = await rows.find_by_url(tx, url)
        return found if found is not None and found.state is state else None

    found = await town.eventually(look, that=f"the listing, {state}")
    assert found is not None
    return found


async def _conversation(town: Town, member: ActorId, *, unread: int) -> Conversation:
    async def look(tx: Tx) -> Conversation | None:
        return next((one for one in await threads.of_member(tx, member) if one.unread == unread), None)

    found = await town.eventually(look, that="the private message")
    assert found is not None
    return found


async def test_a_listing_published_in_nantes_is_seen_in_rennes(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa, maelle = await nantes.member("awa"), await rennes.member("maelle", 2)
    await _follow(rennes, maelle, nantes.address)
    published = await nantes.publish(awa)
    seen = await _listing_at(rennes, published.url)
    assert (seen.title, seen.price, seen.is_local) == (published.title, published.price, False)

    async def group(tx: Tx) -> str | None:
        known = await rows.find_by_url(tx, published.url)
        return known.group_id if known else None

    assert await rennes.eventually(group, that="the Group's claim")


async def test_an_edit_a_reservation_and_a_deletion_follow(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa, maelle = await nantes.member("awa"), await rennes.member("maelle", 2)
    await _follow(rennes, maelle, nantes.address)
    published = await nantes.publish(awa)
    await _listing_at(rennes, published.url)
    await nantes.store.write(listings.edit, listing_id=published.id, by=awa, draft=a_draft(title="Vélo 20 pouces"))

    async def renamed(tx: Tx) -> bool:
        known = await rows.find_by_url(tx, published.url)
        return known is not None and known.title == "Vélo 20 pouces"

    assert await rennes.eventually(renamed, that="the new title")
    await nantes.store.write(listings.reserve, listing_id=published.id, by=awa)
    await _listing_at(rennes, published.url, state=State.RESERVED)
    await nantes.store.write(listings.delete, listing_id=published.id, by=awa)

    async def gone(tx: Tx) -> bool:
        known = await rows.find_by_url(tx, published.url)
        return known is not None and known.deleted_at is not None

    assert await rennes.eventually(gone, that="the deletion")


async def test_a_private_answer_arrives_and_the_reply_comes_back(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa, maelle = await nantes.member("awa"), await rennes.member("maelle", 2)
    await _follow(rennes, maelle, nantes.address)
    published = await nantes.publish(awa)
    seen = await _listing_at(rennes, published.url)
    await rennes.store.write(conversations.ask, listing_id=seen.id, asker_id=maelle, text="Encore libre ?\nMerci <3")
    received = await _conversation(nantes, awa, unread=1)
    assert received.last_message is not None
    assert received.last_message.text == "Encore libre ?\nMerci <3"
    assert received.other.address == f"maelle@{rennes.host}"
    await nantes.store.write(conversations.answer, thread_id=received.thread.id, writer_id=awa, text="Oui, samedi.")
    replied = await _conversation(rennes, maelle, unread=1)
    assert replied.last_message is not None
    assert "Oui, samedi." in replied.last_message.text
    assert replied.thread.context_url == received.thread.context_url


async def test_a_follower_sees_what_was_published_before(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa, maelle = await nantes.member("awa"), await rennes.member("maelle", 2)
    published = await nantes.publish(awa)

    async def said(tx: Tx) -> bool:
        return bool(await search.newest_public(tx))

    await nantes.eventually(said, that="the listing at home")
    await _follow(rennes, maelle, nantes.address)
    assert (await _listing_at(rennes, published.url)).title == published.title


async def test_a_person_is_followed_once_they_approve(towns: tuple[Town, Town]) -> None:
    nantes, rennes = towns
    awa, maelle = await nantes.member("awa"), await rennes.member("maelle", 2)
    await rennes.store.write(following.follow_address, member_id=maelle, typed=f"{nantes.origin}/@awa")

    async def waiting(tx: Tx) -> str:
        return next((standing.id for standing, _ in await follows.waiting_for(tx, awa)), "")

    asked = await nantes.eventually(waiting, that="the request")
    await nantes.store.write(following.approve, member_id=awa, follow_id=asked)

    async def accepted(tx: Tx) -> bool:
        return any(standing.state == "accepted" for standing, _ in await follows.followed_by(tx, maelle))

    assert await rennes.eventually(accepted, that="the approval")
