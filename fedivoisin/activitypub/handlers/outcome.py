"""How an activity ended, for the row and for the metrics."""

from enum import StrEnum


class Outcome(StrEnum):
    """Kept in `inbox.outcome`; refusals keep the code of their `BadActivity` there."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """Known already, or older than what we know."""
    UNSOLICITED = "unsolicited"
    """Nobody here follows whom it comes from, and it is meant for nobody here."""
    UNKNOWN_OBJECT = "unknown-object"
    """About something that we never kept."""
    IGNORED = "ignored"
    """Means nothing to this program."""
