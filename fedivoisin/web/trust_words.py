"""Who vouches for somebody, in full words: « Parrainée par Paul et Maëlle »."""

from collections.abc import Collection, Mapping

from fedivoisin.calendar_words import listed
from fedivoisin.ids import ActorId
from fedivoisin.store import paths, vouches
from fedivoisin.store.db import Tx
from fedivoisin.trust.path import Vouchers
from fedivoisin.trust.vouching import AdmittedAs
from fedivoisin.web.ties import PathCard, agreed, named, path_card
from fedivoisin.web.visit import Visit


async def beside(tx: Tx, visit: Visit, people: Collection[ActorId]) -> Mapping[ActorId, PathCard]:
    """For each person what stands under their notices: the path from the reader, else who vouches for them.

    Whoever has neither is left out (« Aucun lien connu »). Visitors who are not signed in read no names.
    """
    vouched = await vouches.vouchers(tx, people)
    found = {
        person: PathCard(vouchers_words(visit, known), _initials(visit, known)) for person, known in vouched.items()
    }
    if visit.visitor is not None:
        ways = await paths.to_each(tx, visit.visitor.member_id, people)
        found |= {person: card for person, way in ways.items() if (card := path_card(way, visit.form.translate))}
    return found


def vouchers_words(visit: Visit, known: Vouchers) -> str:
    """« Parrainée par Paul et Maëlle »; only how many for somebody who is not signed in."""
    if known.admitted_as == AdmittedAs.FOUNDER:
        return agreed(
            known.agreement,
            ami=visit._("Membre fondateur"),
            amie=visit._("Membre fondatrice"),
            neutral=visit._("Membre depuis la fondation"),
        )
    if not known.sponsors:
        return visit._("Sans parrain ni marraine pour l’instant")
    if visit.visitor is None:
        return visit._("Parrainages : {number}").format(number=len(known.sponsors))
    names = listed([named(one, visit.form.translate) for one in known.sponsors], visit.language)
    words = agreed(
        known.agreement,
        ami=visit._("Parrainé par {names}"),
        amie=visit._("Parrainée par {names}"),
        neutral=visit._("Avec le parrainage de {names}"),
    )
    return words.format(names=names)


def _initials(visit: Visit, known: Vouchers) -> tuple[str, ...]:
    if visit.visitor is None or not known.sponsors:
        return ("✓",)
    return tuple(named(one, visit.form.translate)[:1].upper() for one in known.sponsors[:3])
