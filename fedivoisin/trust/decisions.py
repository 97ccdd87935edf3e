"""What moderators and admins decided, and what they were told: ids and closed words, never what somebody wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

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


@dataclass(frozen=True, slots=True)
class ReportOpened:
    """Somebody reported a listing or a person."""

    report: ReportId
    listing: ListingId | None
    person: ActorId | None


@dataclass(frozen=True, slots=True)
class ReportDecided:
    """A moderator read it and decided."""

    report: ReportId
    measure: Measure
    listing: ListingId | None
    person: ActorId | None


@dataclass(frozen=True, slots=True)
class StatementMade:
    """The person concerned is owed reasons: measure, facts, ground, redress (DSA, article 17)."""

    statement: str
    member: MemberId


@dataclass(frozen=True, slots=True)
class DomainBlocked:
    """An admin shut out a domain and all below it."""

    domain: str


@dataclass(frozen=True, slots=True)
class DomainUnblocked:
    """An admin let it in again."""

    domain: str


@dataclass(frozen=True, slots=True)
class DeliveriesDropped:
    """An admin gave up what waited for a host."""

    host: str


@dataclass(frozen=True, slots=True)
class DeliveriesRetried:
    """An admin asked to try a host again at once."""

    host: str


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """An admin changed one page of the settings; `fields` names what differs, never its value."""

    section: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeysRotated:
    """Who runs the server gave an actor new keys."""

    actor: ActorId


DecisionEvent: TypeAlias = (
    ReportOpened
    | ReportDecided
    | StatementMade
    | DomainBlocked
    | DomainUnblocked
    | DeliveriesDropped
    | DeliveriesRetried
    | SettingsChanged
    | KeysRotated
)
