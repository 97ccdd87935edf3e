"""One request of one person to one page: what came with it, and the ways to answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from jinja2 import Environment

from fedivoisin.calendar_words import weekday
from fedivoisin.errors import Reason, Refused
from fedivoisin.settings import Settings
from fedivoisin.store.db import Store
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.store.visits import VisitFacts, Visitor
from fedivoisin.web.forms import Form
from fedivoisin.web.notices import NOTICES
from fedivoisin.web.reasons import sentence, status
from fedivoisin.web.throttle import client_network
from fedivoisin.world import World

# Reserved characters, `%` and the rest of what an address may hold; letters with accents are encoded.
_AS_TYPED = ":/?#[]@!$&'()*+,;=%"


@dataclass(frozen=True, slots=True)
class Visit:
    """Given to every view. `form` is empty on GET."""

    request: web.Request
    store: Store
    world: World
    settings: Settings
    facts: VisitFacts
    form: Form
    language: str
    theme: str
    csrf: str
    nonce: str
    now: datetime
    templates: Environment

    @property
    def here(self) -> Neighbourhood:
        """What the association decided."""
        return self.facts.neighbourhood

    @property
    def visitor(self) -> Visitor | None:
        """Who visits, if signed in."""
        return self.facts.visitor

    @property
    def signed_in(self) -> Visitor:
        """Who visits; raises Refused(SIGN_IN_NEEDED), which leads to the sign-in page and back."""
        if self.facts.visitor is None:
            raise Refused(Reason.SIGN_IN_NEEDED)
        return self.facts.visitor

    @property
    def member(self) -> Visitor:
        """Who visits, admitted; raises Refused(SIGN_IN_NEEDED or NOT_YET_MEMBER)."""
        if not self.signed_in.is_member:
            raise Refused(Reason.NOT_YET_MEMBER)
        return self.signed_in

    @property
    def moderator(self) -> Visitor:
        """Who visits, a moderator; raises Refused(SIGN_IN_NEEDED or FORBIDDEN)."""
        if not self.signed_in.is_moderator:
            raise Refused(Reason.FORBIDDEN)
        return self.signed_in

    @property
    def admin(self) -> Visitor:
        """Who visits, an admin; raises Refused(SIGN_IN_NEEDED or FORBIDDEN)."""
        if not self.signed_in.is_admin:
            raise Refused(Reason.FORBIDDEN)
        return self.signed_in

    @property
    def address(self) -> str:
        """The visitor's address, a whole /64 for IPv6: what throttles count."""
        return client_network(self.request)

    def path(self, name: str) -> str:
        """A variable part of the address."""
        return self.request.match_info[name]

    def query(self, name: str) -> str:
        """A parameter of the address; empty when missing."""
        return self.request.query.get(name, "").strip()

    def _(self, text: str) -> str:
        """Translate a marked sentence."""
        return self.form.translate(text)

    def render(self, template: str, *, title: str, code: int = 200, **context: Any) -> web.Response:
        """A page. Give 422 with a form that has errors: what was typed is shown again."""
        page = self._page(title)
        body = self.templates.get_template(template).render(page=page, form=self.form, visit=self, **context)
        return web.Response(text=body, status=code, content_type="text/html", headers={"Cache-Control": "no-store"})

    def text(self, template: str, **context: Any) -> str:
        """A template as a string: a mail, a feed."""
        return self.templates.get_template(template).render(visit=self, **context)

    def redirect(self, path: str, *, notice: str = "") -> web.Response:
        """303 to a page of ours, with one of `NOTICES`. Foreign addresses are refused."""
        target = local_path(path)
        if notice:
            base, hash_mark, fragment = target.partition("#")
            joint = "&" if "?" in base else "?"
            target = f"{base}{joint}{urlencode({'dit': notice})}{hash_mark}{fragment}"
        return web.Response(status=303, headers={"Location": target})

    def refused(self, refused: Refused) -> web.Response:
        """The page that says why not, and a way out."""
        return self.render(
            "error.html",
            title=self._("Ce n’est pas possible"),
            code=status(refused),
            status=status(refused),
            sentence=sentence(refused, self.form.translate),
        )

    def _page(self, title: str) -> Mapping[str, Any]:
        notice = NOTICES.get(self.query("dit"))
        return {
            "title": title,
            "place": {"commune": self.here.commune, "quarter": self.here.name},
            "origin": self.here.origin,
            "member": self.visitor,
            "path": self.request.path,
            "url": self.here.base + self.request.path,
            "date_words": _sentence(weekday(self.now, self.language)),
            "member_count": self.facts.member_count,
            "help": {
                "name": self.here.help_name,
                "hours": self.here.help_hours,
                "telephone": self.here.help_telephone,
            },
            "language": self.language,
            "theme": self.theme,
            "notices": [{"kind": "bon", "text": self._(notice)}] if notice else [],
            "csrf": self.csrf,
            "nonce": self.nonce,
            "is_trial": self.here.founded_at is not None and self.here.is_trial,
            "is_lab": self.settings.is_lab,
            "is_founded": self.here.founded_at is not None,
            "unread": self.facts.unread,
            "colour": self.here.colour,
            "tiles": self.here.tiles,
        }


def local_path(path: str) -> str:
    """`path` if it stays on this site, else the home page: no open redirection (CVE-2023-36462)."""
    # What browsers read as another site's: //host, /\host, and tabs or line ends that they take out first.
    is_local = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return quote(path, safe=_AS_TYPED) if is_local else "/"


def _sentence(words: str) -> str:
    # Not `capitalize`: English months keep their capital.
    return words[:1].upper() + words[1:]
