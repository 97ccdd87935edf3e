"""Where the links in mails lead: the pages of `web/routes.py`, which this package may not see (a test compares)."""

from collections.abc import Mapping

from fedivoisin.store.mail_tokens import Purpose

LINKS: Mapping[Purpose, str] = {
    Purpose.SIGN_IN: "/lien/",
    Purpose.RESET: "/mot-de-passe/",
    Purpose.CONFIRM: "/confirmer/",
}


def candidate_path(name: str) -> str:
    """Where a member sponsors somebody who waits."""
    return f"/candidats/{name}"


def listing_path(listing_id: str) -> str:
    """A listing's page."""
    return f"/annonces/{listing_id}"


def thread_path(thread_id: str) -> str:
    """A private conversation."""
    return f"/echanges/{thread_id}"


def renewal_path(token: str) -> str:
    """« Toujours libre ? »"""
    return f"/toujours-libre/{token}"


def statement_path(statement_id: str) -> str:
    """The reasons of a decision."""
    return f"/decisions/{statement_id}"
