"""The one table: method, path, view. Paths are French, for the people who read them."""

from aiohttp import web

from fedivoisin.web.frame import View, page
from fedivoisin.web.views import (
    account,
    admission,
    flyer,
    follows,
    home,
    listing,
    listings,
    media,
    members,
    neighbourhood,
    profile,
    publish,
    sign_in,
    staff,
    threads,
)

PAGES: tuple[tuple[str, str, View], ...] = (
    ("GET", "/", home.show),
    # Listings
    ("GET", "/annonces", listings.show),
    ("GET", "/annonces/carte", listings.points),
    ("GET", "/annonces/{id}", listing.show),
    ("POST", "/annonces/{id}/repondre", listing.reply),
    ("POST", "/annonces/{id}/question", listing.ask),
    ("POST", "/annonces/{id}/aimer", listing.like),
    ("POST", "/annonces/{id}/reserver", listing.reserve),
    ("POST", "/annonces/{id}/liberer", listing.release),
    ("POST", "/annonces/{id}/terminer", listing.close),
    ("POST", "/annonces/{id}/prolonger", listing.renew),
    ("POST", "/annonces/{id}/modifier", publish.edit),
    ("GET", "/annonces/{id}/supprimer", listing.confirm_deletion),
    ("POST", "/annonces/{id}/supprimer", listing.delete),
    ("GET", "/toujours-libre/{token}", listing.still_free),
    ("POST", "/toujours-libre/{token}", listing.answer_still_free),
    ("GET", "/publier", publish.begin),
    ("POST", "/publier", publish.begun),
    ("GET", "/publier/{draft}/quoi", publish.what),
    ("POST", "/publier/{draft}/quoi", publish.keep_what),
    ("GET", "/publier/{draft}/ou", publish.where),
    ("POST", "/publier/{draft}/ou", publish.keep_where),
    ("GET", "/publier/{draft}/relire", publish.review),
    ("POST", "/publier/{draft}/relire", publish.publish),
    ("POST", "/publier/{draft}/jeter", publish.discard),
    # Talking and following
    ("GET", "/echanges", threads.show_all),
    ("GET", "/echanges/{id}", threads.show),
    ("POST", "/echanges/{id}", threads.answer),
    ("POST", "/echanges/{id}/retirer", threads.take_back),
    ("GET", "/abonnements", follows.show),
    ("POST", "/abonnements", follows.follow),
    ("POST", "/abonnements/suivre", follows.follow_known),
    ("POST", "/abonnements/arreter", follows.unfollow),
    ("POST", "/abonnements/repondre", follows.answer),
    ("GET", "/quartier", neighbourhood.show),
    # Coming in and going out
    ("GET", "/connexion", sign_in.show),
    ("POST", "/connexion", sign_in.sign_in),
    ("POST", "/deconnexion", sign_in.sign_out),
    ("GET", "/lien", sign_in.ask_link),
    ("POST", "/lien", sign_in.ask_link),
    ("GET", "/lien/{token}", sign_in.use_link),
    ("POST", "/lien/{token}", sign_in.use_link),
    ("GET", "/mot-de-passe", sign_in.ask_reset),
    ("POST", "/mot-de-passe", sign_in.ask_reset),
    ("GET", "/mot-de-passe/{token}", sign_in.reset),
    ("POST", "/mot-de-passe/{token}", sign_in.reset),
    ("GET", "/confirmer/{token}", sign_in.confirm),
    ("POST", "/confirmer/{token}", sign_in.confirm),
    # The door
    ("GET", "/demander", admission.ask_form),
    ("POST", "/demander", admission.ask),
    ("GET", "/i/{word}", admission.from_link),
    ("GET", "/code", admission.code_form),
    ("POST", "/code", admission.read_code),
    ("GET", "/candidats", admission.candidates),
    ("GET", "/candidats/{name}", admission.candidate),
    ("POST", "/candidats/{name}", admission.sponsor),
    ("POST", "/candidats/{name}/retirer", admission.withdraw),
    ("POST", "/candidats/{name}/refuser", admission.refuse),
    ("GET", "/inviter", flyer.show),
    ("POST", "/inviter", flyer.make),
    ("POST", "/inviter/{code}/fermer", flyer.revoke),
    ("GET", "/inviter/{code}/affiche", flyer.flyer),
    # People
    ("GET", "/@{name}", profile.show),
    ("GET", "/membres", members.show),
    ("GET", "/moi", account.show),
    ("GET", "/moi/profil", profile.show_form),
    ("POST", "/moi/profil", profile.save),
    ("GET", "/moi/compte", account.show_account),
    ("POST", "/moi/compte/adresse", account.change_email),
    ("POST", "/moi/compte/mot-de-passe", account.change_password),
    ("POST", "/moi/compte/affichage", account.change_preferences),
    ("GET", "/moi/appareils", account.show_devices),
    ("POST", "/moi/appareils", account.end_device),
    ("GET", "/moi/fermer", account.show_closing),
    ("POST", "/moi/fermer", account.close),
    ("GET", "/membres/{name}/gerer", staff.show),
    ("POST", "/membres/{name}/roles", staff.change_roles),
    ("POST", "/membres/{name}/suspendre", staff.suspend),
    ("POST", "/membres/{name}/lien", staff.make_link),
    ("GET", "/fondateurs", staff.founders_form),
    ("POST", "/fondateurs", staff.enter_founder),
)


def add_to(app: web.Application) -> None:
    """Register every page."""
    for method, path, view in PAGES:
        app.router.add_route(method, path, page(view))
    app.router.add_get("/media/{path:.+}", media.local)
    app.router.add_get("/media-distant/{public_id}", media.remote)
