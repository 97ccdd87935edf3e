"""JSON(-LD) to frozen dataclasses: the only reader of raw dicts. What it gives is typed and bounded, not yet true."""

from fedivoisin.activitypub.parse.discovery import nodeinfo, nodeinfo_links, webfinger
from fedivoisin.activitypub.parse.reading import activity, collection, document, head

__all__ = ["activity", "collection", "document", "head", "nodeinfo", "nodeinfo_links", "webfinger"]
