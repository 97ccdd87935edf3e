"""Grounds, measures and the audit trail in plain French: nothing here decides."""

from collections.abc import Callable, Mapping
from typing import Any

from fedivoisin.market.events import ListingHidden, ListingPinned, ListingShown, ListingUnpinned
from fedivoisin.store.audit import Page
from fedivoisin.store.events import Recorded
from fedivoisin.trust.decisions import (
    Breach,
    DeliveriesDropped,
    DeliveriesRetried,
    DomainBlocked,
    DomainUnblocked,
    Measure,
    ReportDecided,
    ReportForwarded,
    SettingsChanged,
)
from fedivoisin.trust.events import (
    AccountRestored,
    AccountSuspended,
    CandidacyRefused,
    FounderEntered,
    LinkHanded,
    NeighbourhoodFounded,
    RoleGiven,
    RoleTaken,
)
from fedivoisin.web.reasons import mark

Translate = Callable[[str], str]

BREACHES: Mapping[Breach, str] = {
    Breach.FALSE_LISTING: mark("L’annonce est trompeuse"),
    Breach.ALREADY_GONE: mark("L’objet est déjà parti"),
    Breach.FORBIDDEN_OBJECT: mark("L’objet ou le service est interdit"),
    Breach.SOLICITATION: mark("C’est du démarchage"),
    Breach.FAKE_ACCOUNT: mark("Ce compte n’est pas une vraie personne"),
    Breach.HARASSMENT: mark("Quelqu’un est harcelé"),
    Breach.HATE: mark("Les propos sont haineux"),
    Breach.DANGER: mark("Quelqu’un est en danger"),
    Breach.PRIVATE_DATA: mark("Cela montre l’adresse ou le téléphone de quelqu’un"),
    Breach.OTHER: mark("Autre chose"),
}
RULES: Mapping[Breach, str] = {
    Breach.FALSE_LISTING: mark("Une annonce dit vrai : l’objet, son état, son prix, qui le propose."),
    Breach.ALREADY_GONE: mark("Une annonce finie est terminée par son auteur."),
    Breach.FORBIDDEN_OBJECT: mark("Ce que la loi interdit de vendre ou de proposer n’a pas sa place ici."),
    Breach.SOLICITATION: mark("On s’entraide entre voisins : pas de démarchage ni de publicité."),
    Breach.FAKE_ACCOUNT: mark("Un compte, une personne ou une structure réelle."),
    Breach.HARASSMENT: mark("On respecte chacun, et on s’arrête quand quelqu’un le demande."),
    Breach.HATE: mark("Aucun propos contre des personnes pour ce qu’elles sont."),
    Breach.DANGER: mark("On ne met personne en danger."),
    Breach.PRIVATE_DATA: mark("L’adresse et le téléphone d’une personne ne se publient pas."),
    Breach.OTHER: mark("Les règles du site."),
}
MEASURES: Mapping[Measure, str] = {
    Measure.HIDE: mark("Ne plus montrer l’annonce"),
    Measure.WARN: mark("Avertir la personne"),
    Measure.DISMISS: mark("Classer sans suite"),
}
ROLES: Mapping[str, str] = {
    "adherent": mark("adhérent"),
    "ambassadeur": mark("ambassadeur"),
    "referent": mark("référent numérique"),
    "animateur": mark("animateur"),
    "moderateur": mark("modérateur"),
    "tresorier": mark("trésorier"),
    "collectivite": mark("collectivité"),
    "admin": mark("administrateur"),
}
SECTIONS: Mapping[str, str] = {
    "quartier": mark("Le quartier"),
    "association": mark("L’association et ses règles"),
    "courriel": mark("Le courriel"),
    "adresse": mark("L’adresse publique"),
    "apparence": mark("Les couleurs et la carte"),
}
_SENTENCES: Mapping[type[Any], str] = {
    ReportDecided: mark("a décidé d’un signalement : {measure}{about}"),
    ReportForwarded: mark("a transmis un signalement à {domain}"),
    ListingHidden: mark("a retiré l’annonce {title} : {reason}"),
    ListingShown: mark("a remis l’annonce {title}"),
    ListingPinned: mark("a mis à la une l’annonce {title}"),
    ListingUnpinned: mark("n’a plus mis à la une l’annonce {title}"),
    CandidacyRefused: mark("a refusé la demande de {person}"),
    AccountSuspended: mark("a suspendu le compte de {person}"),
    AccountRestored: mark("a rétabli le compte de {person}"),
    FounderEntered: mark("a inscrit {person} parmi les fondateurs"),
    RoleGiven: mark("a donné à {person} le rôle : {role}"),
    LinkHanded: mark("a fait un lien pour que {person} choisisse un mot de passe"),
    RoleTaken: mark("a retiré à {person} le rôle : {role}"),
    DomainBlocked: mark("a bloqué le domaine {domain}"),
    DomainUnblocked: mark("a débloqué le domaine {domain}"),
    DeliveriesDropped: mark("a abandonné ce qui attendait pour {domain}"),
    DeliveriesRetried: mark("a relancé l’envoi vers {domain}"),
    NeighbourhoodFounded: mark("a créé le quartier"),
    SettingsChanged: mark("a changé les réglages : {section}"),
}


def breach(value: str, translate: Translate) -> str:
    """The ground in words."""
    return translate(BREACHES.get(Breach(value), value)) if value in set(Breach) else value


def entry(recorded: Recorded, page: Page, translate: Translate) -> str:
    """What somebody did, as the rest of a sentence that begins with their name."""
    happened: Any = recorded.event
    person = next((getattr(happened, name) for name in ("member", "candidate", "person") if _has(happened, name)), "")
    listing = getattr(happened, "listing_id", None) or getattr(happened, "listing", None) or ""
    title = _quoted(page.titles.get(listing, ""), translate)
    name = page.names.get(str(person)) or translate("une personne partie")
    words = {
        "person": name,
        "title": title or translate("effacée"),
        "about": f" ({title or name})" if title or person else "",
        "reason": breach(str(getattr(happened, "reason", "")), translate),
        "measure": translate(MEASURES.get(getattr(happened, "measure", Measure.WARN), "")).lower(),
        "role": translate(ROLES.get(str(getattr(happened, "role", "")), "")),
        "domain": getattr(happened, "domain", "") or getattr(happened, "host", ""),
        "section": translate(SECTIONS.get(getattr(happened, "section", ""), "")),
    }
    return translate(_SENTENCES[type(happened)]).format(**words)


def _has(happened: object, name: str) -> bool:
    return bool(getattr(happened, name, None))


def _quoted(title: str, translate: Translate) -> str:
    return translate("« {title} »").format(title=title) if title else ""
