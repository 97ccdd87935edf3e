"""What is examined: whose address was typed, and everything it takes to go and look."""

import re
from dataclasses import dataclass
from datetime import datetime

from fedivoisin.activitypub.fetching import Fetcher
from fedivoisin.adapters.tracing import Tracer
from fedivoisin.errors import BadActivity
from fedivoisin.store.neighbourhoods import Neighbourhood
from fedivoisin.urls import parse
from fedivoisin.web.peer_words import fault

_NAME = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Target:
    """A host (`host:port` where the port is not the usual one), and one of its people where one was named."""

    host: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One examination. Nothing in it is written down, here or there."""

    fetcher: Fetcher
    tracer: Tracer
    here: Neighbourhood
    target: Target

    @property
    def base(self) -> str:
        """`https://host`; http in a lab whose own address is."""
        return f"{parse(self.here.origin).scheme}://{self.target.host}"

    @property
    def now(self) -> datetime:
        """The moment."""
        return self.fetcher.world.now()


def read_target(typed: str) -> Target:
    """`host`, `@name@host` or any address there. Raises BadActivity("bad-url")."""
    text = typed.strip()
    if "://" in text:
        return Target(parse(text).authority)
    name, _, host = text.removeprefix("@").rpartition("@")
    if name and not _NAME.fullmatch(name):
        raise BadActivity("bad-url")
    return Target(parse(f"https://{host}").authority, name)


def said(code: str) -> str:
    """A code in French."""
    return fault(code, str)
