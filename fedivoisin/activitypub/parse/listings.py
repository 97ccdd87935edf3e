"""A listing in any shape that peers send: Note with `publishes`, Proposal, flohmarkt's data, Bonfire's intents."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from fedivoisin.activitypub.parse import notes, values
from fedivoisin.activitypub.parse.objects import ListingDocument, PlaceDocument
from fedivoisin.activitypub.parse.values import Json
from fedivoisin.errors import BadActivity
from fedivoisin.market import categories
from fedivoisin.market.listing import EUR, EVERYONE, Kind, Price, Purpose, State, Unit

EURO = "https://www.wikidata.org/wiki/Q4916"
_EUROS = frozenset({EURO, "http://www.wikidata.org/entity/Q4916", "https://www.wikidata.org/entity/Q4916"})
_EURO_UNITS = frozenset({"euro", "euros", "eur", "€"})
_UNITS = {
    "hour": Unit.HOUR,
    "hours": Unit.HOUR,
    "heure": Unit.HOUR,
    "day": Unit.DAY,
    "days": Unit.DAY,
    "jour": Unit.DAY,
}
_CURRENCY = r"€|eur(?:os?)?|chf"
_TYPED_PRICE = re.compile(
    rf"\s*(?:(?P<before>{_CURRENCY})\s*)?(?P<number>\d{{1,9}}(?:[.,]\d{{1,2}})?)(?:[.,]?[-–])?"
    rf"(?:\s*(?P<after>{_CURRENCY}))?(?:\s*(?P<negotiable>VHB|VB))?\s*",
    re.IGNORECASE,
)
_NOTHING: Json = {}
_OUR_CONTENT = re.compile(r"<p><strong>[^<]*</strong></p><p>[^<]*</p>(?P<words>.*)<p>➡️ <a ", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Measure:
    amount: Decimal | None
    unit: str
    """As the peer calls it, in lower case."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The price that flohmarkt's data name."""

    amount: Decimal
    currency: str
    is_negotiable: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """The Proposal's part: `source` holds it, `primary` what is offered, `reciprocal` what is asked back."""

    source: Json
    primary: Json
    reciprocal: Json | None
    flohmarkt: Json


def terms_of(document: Json) -> Terms | None:
    """The terms, wherever this peer puts them; none when the object is no listing."""
    flohmarkt = values.mapping(document.get("flohmarkt:data")) or _NOTHING
    for source in (document, *_attached(document)):
        if "Proposal" in values.types(source) or "publishes" in source:
            primary, reciprocal = _intents(source)
            return Terms(source, primary, reciprocal, flohmarkt)
    return Terms(document, _NOTHING, None, flohmarkt) if flohmarkt else None


def listing(document: Json, terms: Terms) -> ListingDocument:
    """The whole listing. BadActivity without id, author or title, or with an amount that is no number."""
    url = values.needed_url(document, "id")
    content, language = notes.content_of(document)
    kind = _kind(terms)
    price = _price(terms, kind)
    quantity = _measure(terms.primary.get("resourceQuantity"))
    own = terms.source
    return ListingDocument(
        id=url,
        author=notes.author_of(document),
        page_url=notes.page_of(document) or url,
        group=values.url_of(document.get("audience")),
        to=values.recipients(document, "to"),
        cc=values.recipients(document, "cc"),
        kind=kind,
        purpose=Purpose.REQUEST if own.get("purpose") == "request" else Purpose.OFFER,
        title=_title(document, terms),
        content=content,
        text=_typed(own, content) or _words(document, terms),
        language=language,
        category=_category(terms),
        price=price,
        deposit=_deposit(own),
        availability=values.line(own.get("fv:availability"), 300),
        max_days=values.days(own.get("fv:maxDuration")),
        negotiable=values.flag(own.get("fv:negotiable")) or _is_negotiable(terms),
        wanted=_wanted(terms) if kind is Kind.SWAP else "",
        unit=_unit(quantity.unit),
        quantity=quantity.amount,
        available=_measure(terms.primary.get("availableQuantity")).amount,
        minimum_quantity=_measure(terms.primary.get("minimumQuantity")).amount,
        goal_quantity=_measure(own.get("fv:goalQuantity")).amount,
        place=_place(document, terms),
        begins_at=values.moment(terms.primary.get("hasBeginning")),
        ends_at=_ends_at(document, terms),
        state=_state(own),
        reach=values.whole(document.get("fv:circle"), 1, 4) or EVERYONE,
        context=values.url_of(document.get("context")),
        replies=values.url_of(document.get("replies")),
        published_at=values.moment(document.get("published")),
        updated_at=values.moment(document.get("updated")),
        pictures=notes.pictures_of(document),
        hashtags=tuple(notes.hashtags_of(document)),
        understands_agreements="publishes" in own,
    )


def _attached(document: Json) -> list[Json]:
    return [one for one in values.listed(document.get("attachment"))[:20] if values.is_object(one)]


def _intents(source: Json) -> tuple[Json, Json | None]:
    """What is offered and what is asked back: FEP-0837 says them apart, Bonfire lists ProposedIntents."""
    reciprocal = values.mapping(source.get("reciprocal"))
    primary: Json = _NOTHING
    for one in values.listed(source.get("publishes"))[:10]:
        if not values.is_object(one):
            continue
        intent = values.mapping(one.get("publishes")) or one
        if values.flag(one.get("reciprocal")):
            reciprocal = reciprocal or intent
        else:
            primary = primary or intent
    return primary, reciprocal


def _title(document: Json, terms: Terms) -> str:
    named = (terms.primary, document, terms.source, terms.flohmarkt)
    for one in named:
        title = values.line(one.get("name"), 200)
        if title:
            return title
    raise BadActivity("no-title")


def _words(document: Json, terms: Terms) -> str:
    described = terms.flohmarkt.get("description") or terms.primary.get("summary") or document.get("summary")
    return values.html(described)


def _typed(source: Json, content: str) -> str:
    """What the author typed, out of the `content` that our kind builds around it: title, facts, *words*, link."""
    found = _OUR_CONTENT.match(content) if "fv:kind" in source else None
    return found["words"] if found else ""


def _kind(terms: Terms) -> Kind:
    said = terms.source.get("fv:kind")
    if isinstance(said, str) and said in set(Kind):
        return Kind(said)
    action = terms.primary.get("action")
    match values.bare(action) if isinstance(action, str) else "transfer":
        case "deliverService" | "work":
            return Kind.SERVICE
        case "transferCustody" | "use":
            return Kind.RENT if _is_paid(terms) else Kind.LEND
        case _:
            return _kind_of_transfer(terms)


def _is_negotiable(terms: Terms) -> bool:
    asked = _asked(terms.flohmarkt) if terms.reciprocal is None else None
    return bool(asked and asked.is_negotiable)


def _kind_of_transfer(terms: Terms) -> Kind:
    if _is_paid(terms):
        return Kind.SELL
    return Kind.SWAP if terms.reciprocal else Kind.GIVE


def _is_paid(terms: Terms) -> bool:
    if terms.reciprocal is not None:
        return _currency(terms.reciprocal) is not None
    asked = _asked(terms.flohmarkt)
    return bool(asked and asked.amount)


def _currency(intent: Json) -> str | None:
    """`EUR`, or the address of a currency; none when a thing is asked for."""
    conforms = values.url_of(intent.get("resourceConformsTo"))
    if conforms in _EUROS or (conforms is None and _measure(intent.get("resourceQuantity")).unit in _EURO_UNITS):
        return EUR
    if conforms is None or conforms.startswith(categories.URL_PREFIX):
        return None
    return conforms


def _price(terms: Terms, kind: Kind) -> Price | None:
    if terms.reciprocal is None:
        return _flohmarkt_price(terms)
    currency = None if kind is Kind.SWAP else _currency(terms.reciprocal)
    asked = _measure(terms.reciprocal.get("resourceQuantity")).amount
    if currency is None or not asked:
        return None
    return Price(asked, currency, _price_unit(terms))


def _price_unit(terms: Terms) -> Unit:
    if not values.flag(terms.source.get("unitBased")):
        return Unit.ONE
    return _unit(_measure(terms.primary.get("resourceQuantity")).unit)


def _flohmarkt_price(terms: Terms) -> Price | None:
    asked = _asked(terms.flohmarkt)
    return Price(asked.amount, asked.currency) if asked and asked.amount else None


def _asked(flohmarkt: Json) -> _Asked | None:
    """A number, or what people type into a free field: `15 €`, `EUR 15,50`, `15,- VB`. BadActivity for mere words."""
    said = flohmarkt.get("price")
    amount, typed = said, None
    if isinstance(said, str):
        typed = _TYPED_PRICE.fullmatch(said) if len(said) <= values.LONGEST_NUMBER else None
        if typed is None:  # also "1.500": a wrong price misleads
            raise BadActivity("bad-amount")
        amount = typed["number"]
    number = values.amount(amount)
    if number is None:
        return None
    sign = (typed["before"] or typed["after"] or "") if typed else ""
    currency = values.line(flohmarkt.get("currency"), 8).upper() or sign.upper()
    is_euro = currency in {"", "€"} or currency.startswith("EUR")
    return _Asked(number, EUR if is_euro else currency, bool(typed and typed["negotiable"]))


def _measure(value: object) -> _Measure:
    document = values.mapping(value)
    if document is None:
        return _Measure(None, "")
    unit = document.get("hasUnit")
    named = unit.get("label") if values.is_object(unit) else unit
    return _Measure(values.amount(document.get("hasNumericalValue")), values.line(named, 100).lower())


def _unit(name: str) -> Unit:
    return _UNITS.get(values.bare(name), Unit.ONE)


def _deposit(source: Json) -> Decimal | None:
    document = values.mapping(source.get("fv:deposit"))
    return _measure(document.get("resourceQuantity")).amount if document else None


def _wanted(terms: Terms) -> str:
    return values.line(terms.reciprocal.get("name"), 200) if terms.reciprocal else ""


def _category(terms: Terms) -> str:
    for key in ("resourceConformsTo", "resourceClassifiedAs"):
        for url in values.urls(terms.primary.get(key)):
            found = categories.from_url(url)
            if found:
                return found
    return ""


def _state(source: Json) -> State:
    said = source.get("fv:state")
    return State(said) if isinstance(said, str) and said in set(State) else State.OPEN


def _ends_at(document: Json, terms: Terms) -> datetime | None:
    said = document.get("endTime") or terms.source.get("hasEnd") or terms.primary.get("hasEnd")
    return values.moment(said)


def _place(document: Json, terms: Terms) -> PlaceDocument | None:
    place = notes.place_of(document) or notes.place_of(terms.source)
    point = values.mapping(terms.flohmarkt.get("coordinates"))
    if point is None or (place and place.latitude is not None):
        return place
    latitude, longitude = values.coordinate(point.get("lat"), 90), values.coordinate(point.get("lng"), 180)
    if latitude is None or longitude is None:
        return place
    return replace(place or PlaceDocument("", None, None), latitude=latitude, longitude=longitude)
