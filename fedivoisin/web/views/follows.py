"""« Abonnements »: other towns and people that a member follows, and who asks to follow them."""

from aiohttp import web

from fedivoisin.actions import following
from fedivoisin.community.following import LONGEST_ADDRESS
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import ActorId
from fedivoisin.store import actors, follows, lookups
from fedivoisin.store.lookups import Lookup
from fedivoisin.web.visit import Visit

LOOKS = 4
LOOK_AGAIN = 0.5
"""How often, and every how many seconds at least, a page looks whether the answer came: most come within two."""
_REASONS = {
    "no-such-actor": "unknown",
    "not-found": "unknown",
    "dns": "unknown",
    "bad-url": "unknown",
    "gone": "unknown",
    "blocked": "blocked",
    "not-yet-member": "not-yet-member",
    "account-limited": "not-yet-member",
}


async def show(visit: Visit) -> web.StreamResponse:
    """Whom I follow, what I asked last, who asks to follow me."""
    await _answered(visit)
    return await _page(visit)


async def follow(visit: Visit) -> web.StreamResponse:
    """`@bellevue@rennes.example`, or the address of a page: a worker looks, the page shows how far it is."""
    typed = visit.form.text("address", least=1, most=LONGEST_ADDRESS)
    if visit.form.errors:
        return await _page(visit, code=422)
    try:
        answer = await visit.store.write(following.follow_address, member_id=visit.member.member_id, typed=typed)
    except Refused as refused:
        visit.form.take(refused, "address")
        return await _page(visit, code=422)
    if isinstance(answer, Lookup):
        return visit.redirect(f"/abonnements?recherche={answer.id}")
    return visit.redirect("/abonnements", notice="abonnement-demande")


async def follow_known(visit: Visit) -> web.StreamResponse:
    """Follow somebody whose page is open."""
    await visit.store.write(
        following.follow, follower_id=visit.member.member_id, followed_id=ActorId(visit.form.get("id"))
    )
    return visit.redirect("/abonnements", notice="abonnement-demande")


async def unfollow(visit: Visit) -> web.StreamResponse:
    """Hear no more of it."""
    await visit.store.write(
        following.unfollow, follower_id=visit.signed_in.member_id, followed_id=ActorId(visit.form.get("id"))
    )
    return visit.redirect("/abonnements", notice="abonnement-fini")


async def answer(visit: Visit) -> web.StreamResponse:
    """Let somebody follow me, or not."""
    is_yes = visit.form.choice("reponse", ("oui", "non")) == "oui"
    if visit.form.errors:
        raise Refused(Reason.FIELD_NOT_A_CHOICE)
    act = following.approve if is_yes else following.reject
    await visit.store.write(act, member_id=visit.signed_in.member_id, follow_id=visit.form.get("demande"))
    return visit.redirect("/abonnements", notice="enregistre")


async def _answered(visit: Visit) -> None:
    """Wait a little for what was asked: a page that loads itself again would disturb who listens to it."""
    for _look in range(LOOKS if visit.query("recherche") else 0):
        heard = visit.store.bell.listen()
        async with visit.store.read() as tx:
            asked = await lookups.by_id(tx, visit.query("recherche"))
        if asked is None or asked.state != "waiting" or visit.now - asked.created_at > lookups.GIVE_UP:
            return
        await heard(LOOK_AGAIN)


async def _page(visit: Visit, *, code: int = 200) -> web.StreamResponse:
    member = visit.signed_in
    asked_id = visit.query("recherche")
    async with visit.store.read() as tx:
        followed = await follows.followed_by(tx, member.member_id)
        asking = await follows.waiting_for(tx, member.member_id)
        asked = await lookups.by_id(tx, asked_id) if asked_id else None
        if asked is not None and asked.member_id != member.member_id:
            asked = None
        found = await actors.by_id(tx, asked.actor_id) if asked and asked.actor_id else None
    return visit.render(
        "follows/list.html",
        title=visit._("Abonnements"),
        code=code,
        followed=followed,
        asking=asking,
        asked=asked,
        found=found,
        is_over=asked is not None and asked.state == "waiting" and visit.now - asked.created_at > lookups.GIVE_UP,
        why=_REASONS.get(asked.reason or "", "silent") if asked else "",
    )
