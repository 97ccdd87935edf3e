"""The search words of a listing, written whenever the listing is."""

from sqlalchemy import delete, insert, update

from fedivoisin.market import analyser, categories, place
from fedivoisin.market.listing import Listing
from fedivoisin.store.db import Tx
from fedivoisin.store.schema.listings import listing_words

MOST_WORDS = 600
"""Distinct words of one text: what a long description adds beyond them is not looked for."""


def cell_of(listing: Listing) -> str | None:
    """The square of the listing's place as a word; None without a place."""
    if listing.latitude is None or listing.longitude is None:
        return None
    return place.cell(listing.latitude, listing.longitude)


async def write(tx: Tx, listing: Listing) -> None:
    """Let the listing be found by the words it has now."""
    title = analyser.distinct(analyser.tokens(f"{listing.title} {_category_words(listing.category)}"))
    text = analyser.tokens(f"{listing.text} {listing.wanted} {listing.place_name}")[: MOST_WORDS * 4]
    cell = cell_of(listing)
    every = analyser.distinct([*title, *text])[:MOST_WORDS] + ([cell] if cell else [])
    values = {"title_tokens": f" {' '.join(title)} ", "tokens": " ".join(every)}
    known = await tx.conn.execute(
        update(listing_words)
        .where(listing_words.c.listing_id == listing.id)
        .values(values)
        .returning(listing_words.c.id)
    )
    if known.first() is None:
        await tx.conn.execute(insert(listing_words).values(listing_id=listing.id, **values))


async def remove(tx: Tx, listing_id: str) -> None:
    """Not found by any word any more."""
    await tx.conn.execute(delete(listing_words).where(listing_words.c.listing_id == listing_id))


def _category_words(category_id: str) -> str:
    category = categories.find(category_id)
    return category.fr if category else ""
