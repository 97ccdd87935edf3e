"""What moderators and admins decided, and what they were told: ids and closed words, never what somebody wrote."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from fedivoisin.ids import ActorId, ListingId, MemberId, ReportId


class Breach(StrEnum):
    """Why something is reported and decided: breaches of the charter, never offences (TRUST.md §6)."""

    FALSE_LISTING = "annonce-trompeuse"
    ALREADY_GONE = "deja-parti"
    FORBIDDEN_OBJECT = "objet-interdit"
    SOLICITATION = "demarchage"
    FAKE_ACCOUNT = "faux-compte"
    HARASSMENT = "harcelement"
    HATE = "propos-haineux"
    DANGER = "mise-en-danger"
    PRIVATE_DATA = "donnees-personnelles"
    OTHER = "autre"


GROUNDS: Mapping[Breach, str] = {
    Breach.FALSE_LISTING: "Annonce trompeuse",
    Breach.ALREADY_GONE: "Objet déjà parti",
    Breach.FORBIDDEN_OBJECT: "Objet interdit",
    Breach.SOLICITATION: "Démarchage",
    Breach.FAKE_ACCOUNT: "Faux compte",
    Breach.HARASSMENT: "Harcèlement",
    Breach.HATE: "Propos haineux",
    Breach.DANGER: "Mise en danger",
    Breach.PRIVATE_DATA: "Données personnelles",
    Breach.OTHER: "Autre chose",
}
"""As those who moderate elsewhere read them: what goes to another instance is not translated."""


class Measure(StrEnum):
    """What a moderator may decide about a report."""

    HIDE = "masquer"
    WARN = "avertir"
    DISMISS = "classer"


OPEN = "open"
UPHELD = "upheld"
DISMISSED = "dismissed"
OUTCOME: Mapping[Measure, str] = {Measure.HIDE: UPHELD, Measure.WARN: UPHELD, Measure.DISMISS: DISMISSED}
APPEAL_MONTHS = 6


class ReportOpened(Struct, frozen=True):
    """Somebody reported a listing or a person."""

    report: ReportId
    listing: ListingId | None
    person: ActorId | None


class ReportForwarded(Struct, frozen=True):
    """What was reported lives elsewhere: those who moderate there are told."""

    report: ReportId
    host: str


class ReportDecided(Struct, frozen=True):
    """A moderator read it and decided."""

    report: ReportId
    measure: Measure
    listing: ListingId | None
    person: ActorId | None


class StatementMade(Struct, frozen=True):
    """The person concerned is owed reasons: measure, facts, ground, redress (DSA, article 17)."""

    statement: str
    member: MemberId


class DomainBlocked(Struct, frozen=True):
    """An admin shut out a domain and all below it."""

    domain: str


class DomainUnblocked(Struct, frozen=True):
    """An admin let it in again."""

    domain: str


class DeliveriesDropped(Struct, frozen=True):
    """An admin gave up what waited for a host."""

    host: str


class DeliveriesRetried(Struct, frozen=True):
    """An admin asked to try a host again at once."""

    host: str


class SettingsChanged(Struct, frozen=True):
    """An admin changed one page of the settings; `fields` names what differs, never its value."""

    section: str
    fields: tuple[str, ...]


class KeysRotated(Struct, frozen=True):
    """Who runs the server gave an actor new keys."""

    actor: ActorId


DecisionEvent: TypeAlias = (
    ReportOpened
    | ReportForwarded
    | ReportDecided
    | StatementMade
    | DomainBlocked
    | DomainUnblocked
    | DeliveriesDropped
    | DeliveriesRetried
    | SettingsChanged
    | KeysRotated
)
