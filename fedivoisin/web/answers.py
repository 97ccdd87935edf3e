"""The association's answers as fields of a form: the first run and the settings read them alike."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fedivoisin import urls
from fedivoisin.errors import BadActivity, Reason
from fedivoisin.settings import SettingError, Settings, check_origin
from fedivoisin.web.forms import Form
from fedivoisin.web.landmarks import TOWNS
from fedivoisin.web.render import LANGUAGES

LEGAL_FORMS = ("association-1901", "association-locale", "collectif", "collectivite", "particulier", "autre")
SECURITIES = ("starttls", "tls", "none")
LEGAL_FIELDS = ("form", "name", "address", "number", "publisher", "host_name", "host_address", "host_telephone")
MOST_SPONSORS = 5

_EMAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@(?:[^\s@.<>\"(),:;\\\[\]]{1,63}\.)+[^\s@.<>\"(),:;\\\[\]0-9]{2,63}")
_DEPARTMENT = re.compile(r"0[1-9]|[13-8][0-9]|2[1-9]|2[AB]|9[0-5]|97[1-8]|98[678]")
_TELEPHONE = re.compile(r"[+0-9][0-9 .()\u00a0\u202f-]{5,30}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def quarter(form: Form) -> dict[str, Any]:
    """Columns of the neighbourhood: where it is and who answers there. What is wrong lands in `form.errors`."""
    for name in ("latitude", "longitude"):
        if not form.get(name) and "latitude" not in form.errors:
            form.refuse(name, Reason.POINT_NEEDED)
    return {
        "name": form.text("name", least=2, most=60),
        "commune": form.text("commune", least=1, most=60),
        "department": _department(form),
        "latitude": form.number("latitude", least=-90, most=90),
        "longitude": form.number("longitude", least=-180, most=180),
        "contact_email": email(form, "contact_email"),
        "language": form.choice("language", LANGUAGES, default="fr"),
        "help_name": form.text("help_name", most=60),
        "help_hours": form.text("help_hours", most=120),
        "help_telephone": _telephone(form, "help_telephone"),
    }


def place_map(form: Form, tiles: str = "") -> dict[str, Any]:
    """The map on which the centre is chosen: where it is already, else the whole country with its towns."""
    apart = Form(form.values, {}, form.translate)
    latitude, longitude = apart.number("latitude", least=-90, most=90), apart.number("longitude", least=-180, most=180)
    if latitude is None or longitude is None:
        return {"latitude": 46.6, "longitude": 2.4, "zoom": 6, "tiles": tiles, "landmarks": TOWNS}
    return {"latitude": latitude, "longitude": longitude, "zoom": 11, "tiles": tiles, "landmarks": TOWNS}


def association(form: Form) -> dict[str, Any]:
    """Columns `legal` and `sponsors_needed`."""
    legal = {
        "form": form.choice("legal_form", LEGAL_FORMS),
        "name": form.text("legal_name", least=2, most=120),
        "address": form.text("legal_address", least=5, most=300),
        "number": form.text("legal_number", most=40),
        "publisher": form.text("legal_publisher", least=2, most=120),
        "host_name": form.text("legal_host_name", least=2, most=120),
        "host_address": form.text("legal_host_address", least=5, most=300),
        "host_telephone": _telephone(form, "legal_host_telephone"),
    }
    needed = form.integer("sponsors_needed", least=2, most=MOST_SPONSORS)
    if needed is None:
        form.refuse("sponsors_needed", Reason.FIELD_NOT_A_NUMBER, least=2, most=MOST_SPONSORS)
    return {"legal": legal, "sponsors_needed": needed or 2}


def mail(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """The mail server; empty without a host. A password left empty stays `before`'s while server and user do."""
    host = form.text("mail_host", most=253)
    if not host:
        return {}
    if not _HOST.fullmatch(host):
        form.refuse("mail_host", Reason.MAIL_HOST_WRONG)
    port = form.integer("mail_port", least=1, most=65535)
    if port is None:
        form.refuse("mail_port", Reason.FIELD_NOT_A_NUMBER, least=1, most=65535)
    user = form.text("mail_user", most=254)
    is_same = (before.get("host"), before.get("user")) == (host, user)
    kept = before.get("password", "") if is_same else ""
    return {
        "host": host,
        "port": port or 587,
        "security": form.choice("mail_security", SECURITIES),
        "user": user,
        # Not through `text`: a password may begin or end with a space.
        "password": (form.values.get("mail_password") or [""])[0][:254] or kept,
        "sender": email(form, "mail_sender"),
    }


def origin(form: Form, settings: Settings) -> str:
    """The public address; empty for trial mode. `voisins.example.fr/` is understood."""
    typed = form.text("origin", most=255).lower().rstrip("/")
    if not typed:
        return ""
    wanted = typed if "://" in typed else f"https://{typed}"
    try:
        check_origin(wanted, is_lab=settings.is_lab)
    except SettingError:
        form.refuse("origin", Reason.ORIGIN_WRONG)
    return wanted


def email(form: Form, name: str) -> str:
    """An e-mail address."""
    typed = form.text(name, least=1, most=254)
    if typed and not _EMAIL.fullmatch(typed):
        form.refuse(name, Reason.EMAIL_WRONG)
    return typed


def tiles(form: Form) -> str:
    """The address of map tiles, with its three holes; empty for none."""
    typed = form.text("tiles", most=500)
    parts = urlsplit(typed)
    has_holes = all(hole in typed for hole in ("{z}", "{x}", "{y}"))
    if typed and not (parts.scheme == "https" and _is_host(parts.netloc) and has_holes and typed.isprintable()):
        form.refuse("tiles", Reason.TILES_WRONG)
    return typed


def code_prefix(form: Form) -> str:
    """The three letters before printed codes."""
    typed = form.text("code_prefix", most=10).upper()
    if not re.fullmatch(r"[A-Z]{3}", typed):
        form.refuse("code_prefix", Reason.PREFIX_WRONG)
    return typed


def fields_of_quarter(columns: Mapping[str, Any]) -> dict[str, str]:
    """What `quarter` would read, from the columns."""
    names = ("name", "commune", "department", "contact_email", "language", "help_name", "help_hours", "help_telephone")
    point = {name: "" if columns[name] is None else str(columns[name]) for name in ("latitude", "longitude")}
    return {name: str(columns[name]) for name in names} | point


def fields_of_association(columns: Mapping[str, Any]) -> dict[str, str]:
    """What `association` would read."""
    legal = {f"legal_{name}": columns["legal"].get(name, "") for name in LEGAL_FIELDS}
    return legal | {"sponsors_needed": str(columns["sponsors_needed"])}


def fields_of_mail(server: Mapping[str, Any]) -> dict[str, str]:
    """What `mail` would read; the password is never shown again."""
    return {f"mail_{name}": str(server.get(name, "")) for name in ("host", "port", "security", "user", "sender")}


def _is_host(authority: str) -> bool:
    # It becomes a word of the Content-Security-Policy, which another word beside it would change.
    try:
        return bool(urls.parse(f"https://{authority}").host)
    except BadActivity:
        return False


def _department(form: Form) -> str:
    typed = form.text("department", least=1, most=3).upper()
    if typed and not _DEPARTMENT.fullmatch(typed):
        form.refuse("department", Reason.DEPARTMENT_WRONG)
    return typed


def _telephone(form: Form, name: str) -> str:
    typed = form.text(name, most=32)
    if typed and not _TELEPHONE.fullmatch(typed):
        form.refuse(name, Reason.TELEPHONE_WRONG)
    return typed
