"""Documents of other servers as facts of ours: cleaned, blurred, bounded."""

from datetime import datetime
from html import escape

from fedivoisin.actions.conversations import Words
from fedivoisin.activitypub import html
from fedivoisin.activitypub.parse.objects import Image, ListingDocument, NoteDocument
from fedivoisin.addresses import PUBLIC
from fedivoisin.ids import ListingId, PictureId
from fedivoisin.market.listing import EVERYONE, Listing, Picture
from fedivoisin.market.place import blur
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Tx

LONGEST_TITLE = 200
_WITH_EXCERPT = frozenset({"Article", "Page"})


def listing_of(tx: Tx, said: ListingDocument, author: Actor) -> Listing:
    """The listing as it would stand here, under a new id. Its Group is for the Group to claim."""
    latitude, longitude = _point(said)
    content = html.clean(said.content)
    return Listing(
        id=ListingId(tx.new_id()),
        url=said.id,
        page_url=said.page_url,
        author_id=author.id,
        group_id=None,
        is_local=False,
        kind=said.kind,
        purpose=said.purpose,
        title=_title(said),
        text=html.to_text(said.text) if said.text else html.to_text(said.content),
        content_html=content or None,
        language=said.language or "fr",
        category=said.category,
        price=said.price,
        deposit=said.deposit,
        availability=said.availability[:300],
        max_days=said.max_days,
        negotiable=said.negotiable,
        wanted=said.wanted[:200],
        unit=said.unit,
        quantity=said.quantity,
        available=said.available,
        minimum_quantity=said.minimum_quantity,
        goal_quantity=said.goal_quantity,
        place_name=said.place.name[:200] if said.place else "",
        latitude=latitude,
        longitude=longitude,
        begins_at=said.begins_at,
        ends_at=said.ends_at,
        state=said.state,
        reach=said.reach,
        context_url=said.context,
        published_at=_past(said.published_at, tx.now),
        updated_at=_past(said.updated_at, tx.now) if said.updated_at else None,
        pictures=tuple(_picture(tx, image) for image in said.pictures),
    )


def words_of(tx: Tx, said: NoteDocument) -> Words:
    """A message as it would be kept here, with the title or the content warning that stands above it."""
    above = _above(said)
    content = html.clean(said.content)
    text = _without_address(html.words_in(content), said)
    return Words(
        url=said.id,
        text="\n\n".join(one for one in (*above, text) if one),
        content_html=html.clean("".join(f"<p><strong>{escape(one)}</strong></p>" for one in above)) + content,
        published_at=_past(said.published_at, tx.now),
        in_reply_to=said.in_reply_to,
    )


def _above(said: NoteDocument) -> list[str]:
    # A Page may have nothing but a name (Lemmy). Of an Article the summary is an excerpt (WordPress), else a warning.
    warning = "" if said.type in _WITH_EXCERPT else html.to_text(said.summary)
    return [one for one in (said.name, warning) if one]


def _without_address(text: str, said: NoteDocument) -> str:
    """Servers open a message with the @name of its readers; in a conversation of two, that says nothing."""
    whole = {one.name.casefold().lstrip("@") for one in said.mentions}
    names = whole | {name.partition("@")[0] for name in whole}
    first, _, rest = text.partition(" ")
    while first.startswith("@") and first[1:].casefold() in names and rest:
        text = rest.lstrip()
        first, _, rest = text.partition(" ")
    return text


def is_public(said: NoteDocument | ListingDocument) -> bool:
    """Whether everyone may read it."""
    return PUBLIC in said.to or PUBLIC in said.cc


def may_be_kept(said: ListingDocument) -> bool:
    """Circles are for partner instances, which no instance is yet: only what is for everyone is kept."""
    return is_public(said) and said.reach == EVERYONE


def _title(said: ListingDocument) -> str:
    return html.to_text(said.title)[:LONGEST_TITLE].strip() or html.to_text(said.content)[:80].strip() or "…"


def _point(said: ListingDocument) -> tuple[float | None, float | None]:
    if said.place is None or said.place.latitude is None or said.place.longitude is None:
        return None, None
    return blur(said.place.latitude, said.place.longitude)


def _picture(tx: Tx, image: Image) -> Picture:
    return Picture(
        PictureId(tx.new_id()), image.url, image.media_type, image.alt, image.width, image.height, image.blurhash
    )


def _past(moment: datetime | None, now: datetime) -> datetime:
    # A date in the future would stand first for ever, and outrank every later change.
    return now if moment is None else min(moment, now)
