"""A person's browser, without a window: cookies, forms with their secret, and a look for what would run in a page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from aiohttp import FormData

from fedivoisin.ids import ActorId, MemberId
from fedivoisin.store import sessions
from tests.attacks.siege import Answer, Siege

SCHEMES = ("http:", "https:", "mailto:", "tel:", "geo:", "/", "#", "?", "data:image/")


@dataclass(slots=True)
class Browser:
    """One visitor, signed in or not."""

    siege: Siege
    csrf: str = ""
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def open(self, path: str) -> Answer:
        """A page; its form's secret is kept for `post`."""
        return self._kept(await self.siege.get(path, self._headers({})))

    async def post(self, path: str, headers: Mapping[str, str] | None = None, /, **fields: str) -> Answer:
        """A form of this site, sent from this site."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.siege.town.origin}
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        return self._kept(
            await self.siege.request("POST", path, headers=self._headers({**kind, **(headers or {})}), body=body)
        )

    async def upload(self, path: str, name: str, body: bytes, /, **fields: str) -> Answer:
        """The same with a file."""
        sent = FormData({"csrf": self.csrf, **fields})
        sent.add_field(name, body, filename="photo.png", content_type="image/png")
        packed = sent()
        headers = self._headers({"Content-Type": packed.content_type, "Origin": self.siege.town.origin})
        return self._kept(await self.siege.request("POST", path, headers=headers, body=packed))

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Accept": "text/html", "Cookie": cookie, **more}

    def _kept(self, answer: Answer) -> Answer:
        for name, value in answer.headers.items():
            if name.lower() == "set-cookie":
                self.cookies |= {one: morsel.value for one, morsel in SimpleCookie(value).items()}
        found = _Look.at(answer)
        self.csrf = found.csrf or self.csrf
        return answer


async def signed_in(siege: Siege, member: ActorId | MemberId, number: int = 1) -> Browser:
    """The browser of a member, with a session of its own."""
    token, csrf = f"token-of-{member}-{number}", f"csrf-of-{member}-{number}"
    await siege.town.store.write(sessions.begin, MemberId(member), token=token, csrf=csrf, device="")
    return Browser(siege, csrf, {"fv": token})


def assert_harmless(answer: Answer) -> None:
    """Nothing in the page runs but what is ours, and no link leads anywhere but to the web."""
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert _Look.at(answer).harm == []


class _Look(HTMLParser):
    """Collects scripts without the page's nonce, attributes that run, addresses that are none."""

    def __init__(self, policy: str) -> None:
        super().__init__()
        self.policy = policy
        self.harm: list[str] = []
        self.csrf = ""

    @classmethod
    def at(cls, answer: Answer) -> "_Look":
        found = cls(answer.headers.get("Content-Security-Policy", ""))
        if "html" in answer.headers.get("Content-Type", ""):
            found.feed(answer.body.decode())
        return found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("name") == "csrf":
            self.csrf = given.get("value", "")
        if tag in ("iframe", "object", "embed", "base", "math", "style", "frame"):
            self.harm.append(tag)
        if tag == "script" and given.get("type") != "application/json":
            is_ours = given.get("src", "").startswith("/static/") or f"'nonce-{given.get('nonce')}'" in self.policy
            self.harm += [] if is_ours else [tag]
        for name, value in given.items():
            is_address = name in ("href", "src", "action", "formaction", "xlink:href", "srcset", "poster")
            if name.startswith("on") or name == "style" or (is_address and value and not value.startswith(SCHEMES)):
                self.harm.append(f"{tag} {name}={value[:60]}")
