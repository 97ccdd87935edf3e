"""The first day: the neighbourhood, its actors, its admin, and the founding members."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from fedivoisin.actions import accounts as own_account
from fedivoisin.actions import groups
from fedivoisin.actions.accounts import NewAccount
from fedivoisin.actions.staff import require_admin
from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import members, neighbourhoods, residents
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.store.keys import KeyPairs
from fedivoisin.trust import vouching
from fedivoisin.trust.events import FounderEntered, NeighbourhoodFounded
from fedivoisin.trust.roles import Role


@dataclass(frozen=True, slots=True)
class Answers:
    """The first-run questions. Columns of the same names are set."""

    origin: str
    name: str
    commune: str
    department: str
    slug: str
    """Of the neighbourhood's Group: `/groups/{slug}`."""
    latitude: float
    longitude: float
    language: str
    sponsors_needed: int
    contact_email: str
    help_name: str
    help_hours: str
    help_telephone: str
    code_prefix: str
    legal: Mapping[str, str]
    mail: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class FirstKeys:
    """Keys of the three actors that exist from the first day."""

    instance: KeyPairs
    group: KeyPairs
    admin: KeyPairs


async def found(
    tx: Tx, answers: Answers, admin: NewAccount, keys: FirstKeys, *, categories: Mapping[str, KeyPairs] | None = None
) -> MemberId:
    """Found the neighbourhood: its instance actor, its Group, and its admin, who is the first founder.

    `categories` says for which roots there are keys already; a worker opens the others.
    Raises Refused (NOT_FOUND when it is founded already, or a reason about the admin's account).
    """
    if (await neighbourhoods.current(tx)).founded_at is not None:
        raise Refused(Reason.NOT_FOUND)
    await neighbourhoods.change(tx, **asdict(answers), founded_at=tx.now, setup_hash=None)
    origin = (await neighbourhoods.current(tx)).base
    title = f"{answers.name}, {answers.commune}"
    instance = await residents.add_instance(tx, keys.instance, origin=origin, display_name=title)
    group = await residents.add_group(tx, keys.group, origin=origin, slug=answers.slug, display_name=title)
    await residents.change(tx, group, latitude=round(answers.latitude, 2), longitude=round(answers.longitude, 2))
    await neighbourhoods.change(tx, instance_id=instance, group_id=group)
    member = await own_account.create(tx, admin, keys.admin)
    for root, pair in (categories or {}).items():
        await groups.open_category(tx, root, pair)
    await record(tx, NeighbourhoodFounded(member), subject=member, by=member)
    await _enter(tx, member, founded_at=tx.now)
    return member


async def enter_founder(tx: Tx, *, by: MemberId, who: NewAccount, keys: KeyPairs) -> MemberId:
    """A founding member, entered by an admin in the first 60 days. Raises Refused."""
    await require_admin(tx, by)
    here = await neighbourhoods.current(tx)
    if here.founded_at is None:
        raise Refused(Reason.NOT_FOUND)
    member = await own_account.create(tx, who, keys)
    await _enter(tx, member, founded_at=here.founded_at, by=by)
    return member


async def _enter(tx: Tx, member: MemberId, *, founded_at: datetime, by: MemberId | None = None) -> None:
    rules = await members.rules(tx)
    founders = await members.count_founders(tx)
    admitted = vouching.enter_founder(member, rules, founders=founders, founded_at=founded_at, at=tx.now)
    await members.ask(tx, member, words="", invitation=None, ambassador=None)
    await members.admit(tx, admitted)
    await record(tx, FounderEntered(member), subject=member, by=by or member)
    await record(tx, admitted, subject=member, by=by or member)


ADMIN_ROLES = frozenset({Role.ADHERENT, Role.ADMIN})
"""What the person who answers the first-run questions is."""
