"""Collections: outboxes, followers, replies and the like, whole when short, in pages when long."""

from collections.abc import Sequence
from typing import Any

from fedivoisin.activitypub.documents.contexts import PLAIN, Json, without_nothing

PAGE_SIZE = 50


def collection(url: str, total: int, *, has_pages: bool = True) -> Json:
    """An OrderedCollection whose items stand on pages; without pages only the number is told (followers)."""
    first = page_url(url, 1) if has_pages and total else None
    return without_nothing(
        {"@context": PLAIN, "id": url, "type": "OrderedCollection", "totalItems": total, "first": first}
    )


def whole(url: str, items: Sequence[Any], context: object = PLAIN) -> Json:
    """An OrderedCollection with its items in it."""
    return {
        "@context": context,
        "id": url,
        "type": "OrderedCollection",
        "totalItems": len(items),
        "orderedItems": list(items),
    }


def page(url: str, number: int, items: Sequence[Any], *, total: int, context: object = PLAIN) -> Json:
    """Page `number` (from 1), of `PAGE_SIZE` items; items carry no `@context` of their own, the page's says all."""
    has_next = number * PAGE_SIZE < total
    return without_nothing(
        {
            "@context": context,
            "id": page_url(url, number),
            "type": "OrderedCollectionPage",
            "partOf": url,
            "totalItems": total,
            "next": page_url(url, number + 1) if has_next else None,
            "prev": page_url(url, number - 1) if number > 1 else None,
            "orderedItems": list(items),
        }
    )


def page_url(url: str, number: int) -> str:
    """`…/outbox?page=2`"""
    return f"{url}?page={number}"
