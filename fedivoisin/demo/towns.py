"""The three towns: where they are, who lives there, what they offer."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

from fedivoisin.market.draft import Draft
from fedivoisin.market.listing import EUR, Kind, Price, Purpose, Unit

QUARTERS = {
    "Doulon": (47.23, -1.51),
    "Bottière": (47.24, -1.52),
    "Malakoff": (47.21, -1.53),
    "Saint-Donatien": (47.23, -1.54),
    "Sainte-Luce": (47.25, -1.48),
    "Carquefou": (47.30, -1.49),
    "Cleunay": (48.10, -1.71),
    "Arsenal": (48.11, -1.70),
    "Moulin du Comte": (48.12, -1.72),
    "Villejean": (48.12, -1.70),
    "Saint-Grégoire": (48.15, -1.69),
    "Rocabey": (48.65, -2.01),
    "Intra-Muros": (48.65, -2.03),
    "Paramé": (48.66, -1.98),
    "Saint-Servan": (48.63, -2.01),
    "Miniac": (48.49, -1.90),
}
"""Where each part of town is, blurred as every place is."""
PASSWORD = "bonjour les voisins"  # noqa: S105  # printed for whoever tries the demonstration
FOUNDERS = 8

KINDS = {
    "donne": Kind.GIVE,
    "prete": Kind.LEND,
    "echange": Kind.SWAP,
    "loue": Kind.RENT,
    "vends": Kind.SELL,
    "service": Kind.SERVICE,
    "groupe": Kind.GROUP_PURCHASE,
}
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Town:
    """One neighbourhood of the demonstration. Degrees are those of its middle."""

    slug: str
    commune: str
    department: str
    quarter: str
    group: str
    port: int
    latitude: float
    longitude: float
    telephone: str
    street: str
    prefix: str

    @property
    def host(self) -> str:
        """`nantes.localhost:8101`."""
        return f"{self.slug}.localhost:{self.port}"

    @property
    def origin(self) -> str:
        """The address that browsers and peers use."""
        return f"http://{self.host}"


TOWNS = (
    Town("nantes", "Nantes", "44", "Doulon", "doulon", 8101, 47.23, -1.51, "02 61 91 00 12", "rue du Moutier", "NTE"),
    Town(
        "rennes", "Rennes", "35", "Cleunay", "cleunay", 8102, 48.10, -1.71, "02 61 91 00 35", "place d'Érables", "RNS"
    ),
    Town(
        "saint-malo",
        "Saint-Malo",
        "35",
        "Rocabey",
        "rocabey",
        8103,
        48.65,
        -2.01,
        "02 61 91 00 36",
        "rue Ville-Pépin",
        "SML",
    ),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of a town. A candidate still waits at the door."""

    name: str
    kind: str
    quartier: str
    agreement: str
    words: str
    is_candidate: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of `annonces.txt`: a draft without its place, and the drawing that illustrates it."""

    draft: Draft
    drawing: str | None


@cache
def people(town: str) -> list[Person]:
    """Who lives there, founders first, candidates last."""
    return [_person(line) for line in _sections("voisins.txt")[town]]


@cache
def offers(town: str) -> list[Offer]:
    """What its people offer and look for."""
    return [_offer(line) for line in _sections("annonces.txt")[town]]


@cache
def late_offers() -> list[Offer]:
    """What somebody publishes while the three towns already know each other, one of each."""
    return [_offer(line) for line in _sections("annonces.txt")["plus-tard"]]


def _sections(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (resources.files("fedivoisin.demo") / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            lines = found.setdefault(line[3:], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return found


def _person(line: str) -> Person:
    name, kind, quartier, agreement, words = (part.strip() for part in line.removeprefix("+ ").split("|"))
    return Person(name, kind, quartier, agreement, words, is_candidate=line.startswith("+ "))


def _offer(line: str) -> Offer:
    what, category, terms, title, text, drawing = (part.strip() for part in line.split("|"))
    *looks_for, genre = what.split()
    kind = KINDS[genre]
    said = _terms(terms)
    price = said.get("price")
    draft = Draft(
        kind=kind,
        purpose=Purpose.REQUEST if looks_for else Purpose.OFFER,
        title=title,
        text=text,
        category=category,
        price=_price(price) if price else None,
        deposit=Decimal(said["deposit"]) if "deposit" in said else None,
        max_days=int(said["days"]) if "days" in said else None,
        wanted=said.get("wants", ""),
        minimum_quantity=Decimal(said["min"]) if "min" in said else None,
        goal_quantity=Decimal(said["goal"]) if "goal" in said else None,
        place_name="",
        latitude=None,
        longitude=None,
    )
    return Offer(draft, None if drawing == NOTHING else drawing)


def _terms(terms: str) -> dict[str, str]:
    # « 8/day · deposit 40 · days 3 »: the first without a word before it is the price.
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in terms.split("·"))):
        word, _, rest = part.partition(" ")
        if rest:
            found[word] = rest
        else:
            found["price"] = word
    return found


def _price(text: str) -> Price:
    amount, _, unit = text.partition("/")
    return Price(Decimal(amount), EUR, {"day": Unit.DAY, "hour": Unit.HOUR}.get(unit, Unit.ONE))


def login(person: Person) -> str:
    """The name to sign in with: the first one, without accents; of an association, its first two telling words."""
    folded = unicodedata.normalize("NFKD", person.name.lower().replace("œ", "oe").replace("'", " ").replace("-", ""))
    words = [word for word in "".join(c for c in folded if c.isascii()).split() if word not in SMALL_WORDS]
    return words[0] if person.kind == "habitant" else "-".join(words[:2])


SMALL_WORDS = frozenset({"la", "le", "les", "de", "du", "des"})
