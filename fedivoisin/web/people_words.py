"""Kinds of actor, roles and standings in words."""

from collections.abc import Mapping

from fedivoisin.store.actors import Actor
from fedivoisin.store.members import Neighbour
from fedivoisin.trust.roles import Role
from fedivoisin.web.visit import Visit


def kind_choices(visit: Visit) -> list[tuple[str, str]]:
    """The five kinds of actor, for a list to choose from."""
    return [
        ("habitant", visit._("Habitante ou habitant")),
        ("producteur", visit._("Productrice ou producteur")),
        ("entreprise", visit._("Commerce, artisanat, entreprise")),
        ("association", visit._("Association")),
        ("collectivite", visit._("Mairie, école, collectivité")),
    ]


def kind_words(visit: Visit, kind: str) -> str:
    """One of them; empty for somebody who simply lives here, and for kinds that others invented."""
    return "" if kind == "habitant" else dict(kind_choices(visit)).get(kind, "")


def agreement_choices(visit: Visit) -> list[Mapping[str, str]]:
    """How one wants to be spoken of."""
    return [
        {"value": "amie", "words": visit._("Une amie, une voisine")},
        {"value": "ami", "words": visit._("Un ami, un voisin")},
        {"value": "neutre", "words": visit._("Sans préciser")},
    ]


def role_words(visit: Visit) -> Mapping[str, str]:
    """Each role as people say it."""
    return {
        Role.ADHERENT.value: visit._("Membre adhérent"),
        Role.AMBASSADEUR.value: visit._("Ambassadrice ou ambassadeur"),
        Role.REFERENT.value: visit._("Référente ou référent"),
        Role.ANIMATEUR.value: visit._("Animatrice ou animateur"),
        Role.MODERATEUR.value: visit._("Modératrice ou modérateur"),
        Role.TRESORIER.value: visit._("Trésorière ou trésorier"),
        Role.COLLECTIVITE.value: visit._("Agent de la collectivité"),
        Role.ADMIN.value: visit._("Administratrice ou administrateur"),
    }


def portrait_path(person: Actor | Neighbour) -> str | None:
    """Where their picture stands on this site; none for people elsewhere: no page asks another town for anything."""
    icon = person.icon_url or ""
    path = icon.partition("/media/")[2]
    is_local = person.is_local if isinstance(person, Actor) else True
    return f"/media/{path}" if is_local and path else None
