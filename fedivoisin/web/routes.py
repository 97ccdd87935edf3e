"""The one table: method, path, view. Paths are French, for the people who read them."""

from aiohttp import web

from fedivoisin.web.frame import View, page
from fedivoisin.web.views import account, admission, flyer, home, members, profile, sign_in, staff

PAGES: tuple[tuple[str, str, View], ...] = (
    ("GET", "/", home.show),
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
