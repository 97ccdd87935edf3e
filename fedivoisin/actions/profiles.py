"""What people say about themselves."""

from dataclasses import dataclass

from fedivoisin.errors import Reason, Refused
from fedivoisin.ids import MemberId
from fedivoisin.store import actors, residents
from fedivoisin.store.db import Tx
from fedivoisin.store.events import record
from fedivoisin.trust.events import ProfileChanged

KINDS = ("habitant", "producteur", "entreprise", "association", "collectivite")
AGREEMENTS = ("ami", "amie", "neutre")


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile page shows. `words` is plain text."""

    display_name: str
    words: str
    quartier: str
    member_kind: str
    agreement: str
    icon_url: str | None


async def edit(tx: Tx, *, member: MemberId, profile: Profile) -> None:
    """Change one's profile. Raises Refused(NOT_FOUND)."""
    found = await actors.by_id(tx, member)
    if found is None or not found.is_local or found.gone_at is not None:
        raise Refused(Reason.NOT_FOUND)
    await residents.change(
        tx,
        member,
        display_name=profile.display_name,
        summary=profile.words,
        quartier=profile.quartier,
        member_kind=profile.member_kind,
        agreement=profile.agreement,
        icon_url=profile.icon_url,
    )
    await record(tx, ProfileChanged(member), subject=member, by=member)
