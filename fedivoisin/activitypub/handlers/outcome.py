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
    ANOTHER_AUTHOR = "another-author"
    """Said for somebody else of the same server (Mobilizon's people for their Groups): only authors are believed."""
    NO_LISTING = "no-listing"
    """A private message to somebody of ours about nothing that we know."""
    PINNED_ELSEWHERE = "pinned-elsewhere"
    """What stands first in a collection of theirs is for their own page."""
    KEPT_ELSEWHERE = "kept-elsewhere"
    """The same of their other collections: moderators of their Groups, hashtags, subscribers."""
    IGNORED = "ignored"
    """Means nothing to this program."""
