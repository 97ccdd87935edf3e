"""The flat roles that an association gives; sponsoring is a right of every member, not a role."""

from collections.abc import Collection
from enum import StrEnum


class Role(StrEnum):
    """What a person does for the association. Values are kept in the database: they never change."""

    ADHERENT = "adherent"
    AMBASSADEUR = "ambassadeur"
    REFERENT = "referent"
    ANIMATEUR = "animateur"
    MODERATEUR = "moderateur"
    TRESORIER = "tresorier"
    COLLECTIVITE = "collectivite"
    ADMIN = "admin"


MODERATING = frozenset({Role.MODERATEUR, Role.ADMIN})


def may_moderate(roles: Collection[Role]) -> bool:
    """Moderators and admins see the moderation page and decide."""
    return not MODERATING.isdisjoint(roles)


def may_administer(roles: Collection[Role]) -> bool:
    """Admins change the settings, enter founders and give roles."""
    return Role.ADMIN in roles
