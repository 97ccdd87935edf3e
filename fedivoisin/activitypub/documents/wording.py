"""How a listing reads for people who see only its text, in French or English: dates, amounts, kinds, hashtags."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from html import escape

from fedivoisin.addresses import tag_url
from fedivoisin.market.listing import EUR, Genre, Kind, Listing, Price, Purpose, State, Unit, genre_of

_MONTHS = {
    "fr": "janv. févr. mars avril mai juin juill. août sept. oct. nov. déc.".split(" "),
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" "),
}
_WEEKDAYS = {
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(" "),
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(" "),
}
_GENRES = {
    "fr": {
        Genre.DONNE: "À donner",
        Genre.PRETE: "À prêter",
        Genre.ECHANGE: "À échanger",
        Genre.LOUE: "À louer",
        Genre.VENDS: "À vendre",
        Genre.SERVICE: "Service",
        Genre.CHERCHE: "Cherche",
        Genre.GROUPE: "Achat groupé",
    },
    "en": {
        Genre.DONNE: "To give",
        Genre.PRETE: "To lend",
        Genre.ECHANGE: "To swap",
        Genre.LOUE: "To rent",
        Genre.VENDS: "For sale",
        Genre.SERVICE: "Service",
        Genre.CHERCHE: "Wanted",
        Genre.GROUPE: "Group purchase",
    },
}
_KIND_TAGS = {
    "fr": {
        Genre.DONNE: "don",
        Genre.PRETE: "pret",
        Genre.ECHANGE: "echange",
        Genre.LOUE: "location",
        Genre.VENDS: "vente",
        Genre.SERVICE: "service",
        Genre.CHERCHE: "recherche",
        Genre.GROUPE: "achatgroupe",
    },
    "en": {
        Genre.DONNE: "free",
        Genre.PRETE: "lending",
        Genre.ECHANGE: "swap",
        Genre.LOUE: "rental",
        Genre.VENDS: "forsale",
        Genre.SERVICE: "service",
        Genre.CHERCHE: "wanted",
        Genre.GROUPE: "grouppurchase",
    },
}
_STATES = {
    "fr": {State.OPEN: "", State.RESERVED: "[RÉSERVÉ] ", State.CLOSED: "[TERMINÉ] "},
    "en": {State.OPEN: "", State.RESERVED: "[RESERVED] ", State.CLOSED: "[CLOSED] "},
}
_WORDS = {
    "fr": {
        "free": "🎁 gratuit",
        "free-loan": "🤝 prêt gratuit",
        "agreed": "🤝 à convenir",
        "swap": "🔄 contre {wanted}",
        "credits": "⏱ {amount} de crédit-temps",
        "deposit": "caution {amount}",
        "negotiable": "à débattre",
        "per-hour": "{amount} par heure",
        "per-day": "{amount} par jour",
        "per-piece": "{amount} l’unité",
        "from": "dès {amount}",
        "goal": "objectif {amount}",
        "until": "jusqu’au {date}",
        "on": "{date}, {begin} - {end}",
        "between": "du {begin} au {end}",
        "days": "{count} jours au plus",
        "day": "1 jour au plus",
        "answer": "Pour répondre : « mention privée » en réponse à ce message.",
        "colon": " : ",
    },
    "en": {
        "free": "🎁 free",
        "free-loan": "🤝 free loan",
        "agreed": "🤝 to be agreed",
        "swap": "🔄 for {wanted}",
        "credits": "⏱ {amount} of time credit",
        "deposit": "deposit {amount}",
        "negotiable": "negotiable",
        "per-hour": "{amount} per hour",
        "per-day": "{amount} per day",
        "per-piece": "{amount} each",
        "from": "from {amount}",
        "goal": "goal {amount}",
        "until": "until {date}",
        "on": "{date}, {begin} - {end}",
        "between": "from {begin} to {end}",
        "days": "{count} days at most",
        "day": "1 day at most",
        "answer": "To answer: reply to this post with a private mention.",
        "colon": ": ",
    },
}


def spoken(language: str) -> str:
    """French when the listing says so, English for every other language."""
    return "fr" if language == "fr" else "en"


def content(listing: Listing, origin: str, zone: tzinfo) -> str:
    """The whole text as HTML: kind and title, facts, words, link, how to answer, hashtags."""
    language = spoken(listing.language)
    say = _WORDS[language]
    paragraphs = [
        f"<strong>{escape(heading(listing))}</strong>",
        escape(facts(listing, zone)),
        *_typed(listing.text),
        f'➡️ <a href="{escape(listing.page_url)}">{escape(listing.page_url)}</a>',
        say["answer"],
        " ".join(_hashtag(tag, origin) for tag in hashtags(listing)),
    ]
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def heading(listing: Listing) -> str:
    """`[RÉSERVÉ] À vendre : Perceuse à percussion Bosch`"""
    language = spoken(listing.language)
    genre = _GENRES[language][genre_of(listing.kind, listing.purpose)]
    return f"{_STATES[language][listing.state]}{genre}{_WORDS[language]['colon']}{listing.title}"


def facts(listing: Listing, zone: tzinfo) -> str:
    """Price, place and dates on one line."""
    place = f"📍 {listing.place_name}" if listing.place_name else ""
    when = ", ".join(_dates(listing, zone))
    return " · ".join(filter(None, [_terms(listing), place, f"🗓 {when}" if when else ""]))


def hashtags(listing: Listing) -> tuple[str, ...]:
    """The kind and the sub-category, without #, letters and digits only: each once."""
    kind = _KIND_TAGS[spoken(listing.language)][genre_of(listing.kind, listing.purpose)]
    sub = listing.category.rpartition("/")[2]
    folded = unicodedata.normalize("NFKD", sub).encode("ascii", "ignore").decode()
    category = "".join(character for character in folded.lower() if character.isalnum())
    return (kind, category) if category and category != kind else (kind,)


def _hashtag(tag: str, origin: str) -> str:
    return f'<a href="{escape(tag_url(origin, tag))}" class="mention hashtag" rel="tag">#<span>{tag}</span></a>'


def _typed(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        if paragraph.strip():
            yield escape(paragraph.strip()).replace("\n", "<br>")


def _terms(listing: Listing) -> str:
    say = _WORDS[spoken(listing.language)]
    first = _asked(listing)
    asides: list[str] = []
    if listing.deposit is not None:
        asides.append(say["deposit"].format(amount=money(listing.deposit, listing.language)))
    if listing.goal_quantity is not None:
        asides.append(say["goal"].format(amount=number(listing.goal_quantity, listing.language)))
    if listing.negotiable:
        asides.append(say["negotiable"])
    return f"{first} ({', '.join(asides)})" if asides else first


def _asked(listing: Listing) -> str:
    say = _WORDS[spoken(listing.language)]
    if listing.price:
        return _price(listing, listing.price)
    if listing.kind is Kind.SWAP:
        return say["swap"].format(wanted=listing.wanted)
    if listing.purpose is Purpose.REQUEST or listing.kind is Kind.SERVICE:
        return say["agreed"]
    return say["free-loan"] if listing.kind is Kind.LEND else say["free"]


def _price(listing: Listing, price: Price) -> str:
    language, say = listing.language, _WORDS[spoken(listing.language)]
    if price.currency != EUR:
        return say["credits"].format(amount=_hours(price.amount, language))
    amount = money(price.amount, language)
    if listing.kind is Kind.GROUP_PURCHASE:
        amount = say["per-piece"].format(amount=amount)
        least = listing.minimum_quantity
        return f"💶 {amount}, {say['from'].format(amount=number(least, language))}" if least else f"💶 {amount}"
    per = {Unit.ONE: "{amount}", Unit.HOUR: say["per-hour"], Unit.DAY: say["per-day"]}[price.unit]
    return f"💶 {per.format(amount=amount)}"


def _hours(amount: Decimal, language: str) -> str:
    one, many = ("heure", "heures") if spoken(language) == "fr" else ("hour", "hours")
    # French counts 1,5 as one; English does not.
    is_one = amount < 2 if spoken(language) == "fr" else amount == 1
    return f"{number(amount, language)} {one if is_one else many}"


def number(amount: Decimal, language: str) -> str:
    """`6,50` in French, `6.50` in English; whole numbers without decimals."""
    text = format(amount.quantize(Decimal("0.01")), "f").removesuffix(".00")
    return text.replace(".", ",") if spoken(language) == "fr" else text


def money(amount: Decimal, language: str) -> str:
    """`6,50 €` or `€6.50`"""
    return f"{number(amount, language)} €" if spoken(language) == "fr" else f"€{number(amount, language)}"


def _dates(listing: Listing, zone: tzinfo) -> Iterator[str]:
    say = _WORDS[spoken(listing.language)]
    if listing.ends_at:
        yield _span(listing.begins_at, listing.ends_at, zone, listing.language)
    if listing.availability:
        yield listing.availability
    if listing.max_days:
        yield say["day"] if listing.max_days == 1 else say["days"].format(count=listing.max_days)


def _span(begins_at: datetime | None, ends_at: datetime, zone: tzinfo, language: str) -> str:
    say = _WORDS[spoken(language)]
    # Midnight ends the day before.
    last = (ends_at - timedelta(seconds=1)).astimezone(zone)
    if begins_at is None:
        return say["until"].format(date=day(last, language))
    first = begins_at.astimezone(zone)
    if first.date() == last.date():
        weekday = _WEEKDAYS[spoken(language)][first.weekday()]
        end = ends_at.astimezone(zone)
        return say["on"].format(
            date=f"{weekday} {day(first, language)}", begin=hour(first, language), end=hour(end, language)
        )
    return say["between"].format(begin=day(first, language), end=day(last, language))


def day(moment: datetime, language: str) -> str:
    """`30 sept. 2026`"""
    first = "1er" if moment.day == 1 and spoken(language) == "fr" else str(moment.day)
    return f"{first} {_MONTHS[spoken(language)][moment.month - 1]} {moment.year}"


def hour(moment: datetime, language: str) -> str:
    """`9 h`, `9 h 30`, or `09:30`"""
    if spoken(language) == "en":
        return f"{moment.hour:02}:{moment.minute:02}"
    return f"{moment.hour} h {moment.minute:02}" if moment.minute else f"{moment.hour} h"
