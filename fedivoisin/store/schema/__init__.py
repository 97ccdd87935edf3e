"""The tables, one file per aggregate, gathered under one `metadata`."""

from fedivoisin.store.schema import accounts, actors, federation, journal, listings, neighbourhood, threads, trust
from fedivoisin.store.schema.columns import metadata

__all__ = [
    "accounts",
    "actors",
    "federation",
    "journal",
    "listings",
    "metadata",
    "neighbourhood",
    "threads",
    "trust",
]
