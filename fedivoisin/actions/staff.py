"""What admins and moderators do with the accounts of others."""

from collections.abc import Collection

from fedivoisin.actions import accounts as own_account
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import accounts, mail_tokens, residents, sessions
from fedivoisin.store.accounts import Account
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.trust.events import AccountRestored, AccountSuspended, LinkHanded, RoleGiven, RoleTaken
from fedivoisin.trust.roles import Role, may_administer, may_moderate


async def require_moderator(tx: Tx, member: MemberId) -> None:
    """Raise Refused(FORBIDDEN) unless the person moderates."""
    found = await accounts.of(tx, member)
    if found is None or not found.is_open or not may_moderate(found.roles):
        raise Refused(Reason.FORBIDDEN)


async def require_admin(tx: Tx, member: MemberId) -> None:
    """Raise Refused(FORBIDDEN) unless the person administers."""
    found = await accounts.of(tx, member)
    if found is None or not found.is_open or not may_administer(found.roles):
        raise Refused(Reason.FORBIDDEN)


async def suspend(tx: Tx, *, by: MemberId, member: MemberId) -> None:
    """Nobody signs in with this account until it is restored; its sessions and links end. Page and listings are hidden,
    here and elsewhere; nothing is erased, and who was sponsored by the person keeps their place (TRUST.md §2).
    """
    await require_moderator(tx, by)
    await _require_other_admin(tx, member)
    if may_administer((await _open(tx, member)).roles):
        await require_admin(tx, by)
    await accounts.change(tx, member, suspended_at=tx.now)
    await residents.change(tx, member, hidden_at=tx.now)
    await sessions.end_all(tx, member)
    await mail_tokens.forget(tx, member)
    await record(tx, AccountSuspended(member), subject=member, by=by)


async def restore(tx: Tx, *, by: MemberId, member: MemberId) -> None:
    """End a suspension."""
    await require_moderator(tx, by)
    if (await _open(tx, member)).suspended_at is None:
        raise Refused(Reason.NOT_FOUND)
    await accounts.change(tx, member, suspended_at=None)
    await residents.change(tx, member, hidden_at=None)
    await record(tx, AccountRestored(member), subject=member, by=by)


async def hand_link(tx: Tx, *, by: MemberId, member: MemberId, token: str) -> None:
    """A link by which a member chooses a new password, for an admin to hand over: it opens the account, so it is noted.

    Raises Refused (FORBIDDEN, NOT_FOUND, ACCOUNT_SUSPENDED).
    """
    await require_admin(tx, by)
    await own_account.make_link(tx, member=member, purpose=Purpose.RESET, token=token)
    await record(tx, LinkHanded(member), subject=member, by=by)


async def set_roles(tx: Tx, *, by: MemberId, member: MemberId, roles: Collection[Role]) -> None:
    """Give what is missing and take what is not wanted, all or nothing; everybody stays an adherent."""
    held = (await _open(tx, member)).roles
    wanted = {Role.ADHERENT, *roles}
    for role in sorted(wanted - held):
        await give_role(tx, by=by, member=member, role=role)
    for role in sorted(held - wanted):
        await take_role(tx, by=by, member=member, role=role)


async def give_role(tx: Tx, *, by: MemberId, member: MemberId, role: Role) -> None:
    """Give a role; nothing happens if it is there."""
    await require_admin(tx, by)
    found = await _open(tx, member)
    if role in found.roles:
        return
    await accounts.change(tx, member, roles=sorted(found.roles | {role}))
    await record(tx, RoleGiven(member, role), subject=member, by=by)


async def take_role(tx: Tx, *, by: MemberId, member: MemberId, role: Role) -> None:
    """Take a role back; the last admin stays one."""
    await require_admin(tx, by)
    found = await _open(tx, member)
    if role not in found.roles:
        return
    if role is Role.ADMIN:
        await _require_other_admin(tx, member)
    await accounts.change(tx, member, roles=sorted(found.roles - {role}))
    await record(tx, RoleTaken(member, role), subject=member, by=by)


async def _open(tx: Tx, member: MemberId) -> Account:
    found = await accounts.of(tx, member)
    if found is None or found.closed_at is not None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _require_other_admin(tx: Tx, member: MemberId) -> None:
    await _open(tx, member)
    if await accounts.with_role(tx, Role.ADMIN) == [member]:
        raise Refused(Reason.LAST_ADMIN)
