"""What ambassadors hand out: links for a friend, printed codes for a stairwell."""

from datetime import timedelta

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import invitations, members, neighbourhoods, throttle
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.invitations import Invitation
from fedivoisin.store.throttle import Limit
from fedivoisin.trust import codes
from fedivoisin.trust.events import InvitationMade, InvitationRevoked
from fedivoisin.trust.standing import require_member

MOST_OPEN = 20
WRONG_CODES_OF_NETWORK = Limit(20, timedelta(minutes=15))


async def make_code(tx: Tx, *, ambassador: MemberId, street: str) -> str:
    """A printed code that never was before, for as many people as read it. Raises Refused."""
    prefix = await prefix_here(tx)
    # The id is a random UUID: chance enough for four digits.
    chance = int(tx.new_id().replace("-", ""), 16)
    code = codes.new(prefix, await invitations.taken_codes(tx, prefix), chance=chance)
    await _make(tx, ambassador, code, kind="code", street=street)
    return code


async def make_link(tx: Tx, *, ambassador: MemberId, word: str) -> str:
    """A link for one person, good for 30 days: /i/{word}; `word` is a fresh secret. Raises Refused."""
    await _make(tx, ambassador, word, kind="link", street="")
    return word


async def revoke(tx: Tx, *, ambassador: MemberId, code: str) -> None:
    """Close one's own invitation. Raises Refused(NOT_FOUND)."""
    found = await invitations.by_code(tx, code)
    if found is None or found.ambassador_id != ambassador or found.revoked_at is not None:
        raise Refused(Reason.NOT_FOUND)
    await invitations.revoke(tx, found.id)
    await record(tx, InvitationRevoked(found.id, ambassador), subject=ambassador, by=ambassador)


async def opened_by(tx: Tx, typed: str) -> Invitation:
    """The invitation behind a link's word or a code as people type it. Raises Refused."""
    found = await invitations.by_code(tx, typed.strip())
    if found is None:
        prefix = await prefix_here(tx)
        found = await invitations.by_code(tx, codes.read(typed, prefix=prefix))
        if found is None:
            raise Refused(Reason.CODE_UNKNOWN, field="code", example=f"{prefix}-4821")
    if not found.is_open:
        raise Refused(Reason.INVITATION_OVER, field="code")
    return found


async def look_up(tx: Tx, *, typed: str, network: str) -> Invitation:
    """The same for a stranger: four digits are soon tried through. Raises Refused; what was wrong is to be `missed`."""
    await throttle.check(tx, "code-of", network, WRONG_CODES_OF_NETWORK)
    return await opened_by(tx, typed)


async def missed(tx: Tx, *, network: str) -> None:
    """Count a code that is none, in a transaction of its own: the one that refused it is undone."""
    await throttle.take(tx, "code-of", network, WRONG_CODES_OF_NETWORK)


async def prefix_here(tx: Tx) -> str:
    """The letters before the number of this neighbourhood's codes."""
    return (await neighbourhoods.current(tx)).code_prefix or codes.FALLBACK_PREFIX


async def _make(tx: Tx, ambassador: MemberId, code: str, *, kind: str, street: str) -> None:
    require_member(await members.standing(tx, ambassador))
    if await invitations.count_open(tx, ambassador) >= MOST_OPEN:
        raise Refused(Reason.TOO_MANY_INVITATIONS, most=MOST_OPEN)
    made = await invitations.add(
        tx,
        ambassador,
        code=code,
        kind=kind,
        street=street,
    )
    await record(tx, InvitationMade(made, ambassador), subject=ambassador, by=ambassador)
