"""The way there: the name, the addresses behind it, the certificate."""

from datetime import datetime, timedelta

from fedivoisin.adapters.tracing import Reached
from fedivoisin.doctor import Finding, bad, good, warning
from fedivoisin.errors import Unreachable
from fedivoisin.peer_check.case import Case, said

SOON = timedelta(days=14)


async def findings(case: Case) -> list[Finding]:
    """Name, connection, certificate; the last one is bad where there is no way."""
    try:
        reached = await case.tracer.trace(case.base)
    except Unreachable as error:
        return [bad("Nom", said(error.code))]
    if all(one.fault.startswith("forbidden") for one in reached):
        return [bad("Nom", f"{_listed(reached)}. {said(reached[0].fault)}")]
    return [_name(reached), _connection(case, reached), *_certificate(case, reached)]


def _name(reached: list[Reached]) -> Finding:
    forbidden = [one for one in reached if one.fault.startswith("forbidden")]
    if forbidden:
        return warning("Nom", f"{_listed(reached)}. Pour {_listed(forbidden)} : {said(forbidden[0].fault)}")
    return good("Nom", f"{_listed(reached)}.")


def _connection(case: Case, reached: list[Reached]) -> Finding:
    tried = [one for one in reached if not one.fault.startswith("forbidden")]
    failed = [one for one in tried if one.fault]
    if len(failed) == len(tried):
        return bad("Connexion", f"{_listed(failed)} : {said(failed[0].fault)}")
    if failed:
        return warning("Connexion", f"une adresse sur {len(tried)} au moins échoue, {_listed(failed)} : "
                       f"{said(failed[0].fault)} Les autres répondent.")  # fmt: skip
    return good(
        "Connexion", "elle s'ouvre." if case.base.startswith("https") else "elle s'ouvre, en http (laboratoire)."
    )


def _certificate(case: Case, reached: list[Reached]) -> list[Finding]:
    ends: list[datetime] = [one.certificate_until for one in reached if one.certificate_until is not None]
    if not ends:
        return []
    words = f"valable jusqu'au {min(ends):%d/%m/%Y}."
    if min(ends) - case.now < SOON:
        return [warning("Certificat", f"{words} Ses administrateurs doivent le renouveler.")]
    return [good("Certificat", words)]


def _listed(reached: list[Reached]) -> str:
    return ", ".join(one.literal for one in reached)
