"""Whose fault is it? The person (`Refused`), the peer (`BadActivity`, `Unreachable`) or a lack (`Missing`)."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a person is refused: one sentence each in `web/reasons.py` (a test finds missing ones)."""

    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    SIGN_IN_NEEDED = "sign-in-needed"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    FORM_EXPIRED = "form-expired"
    TOO_LARGE = "too-large"

    # Listings (market/draft.py, market/life.py). `details` holds `field`, the one to mend, and the limits.
    TITLE_LENGTH = "title-length"
    TEXT_TOO_LONG = "text-too-long"
    CATEGORY_UNKNOWN = "category-unknown"
    NOTICE_UNREAD = "notice-unread"
    PRICE_NEEDED = "price-needed"
    PRICE_NOT_ALLOWED = "price-not-allowed"
    PRICE_WRONG = "price-wrong"
    DEPOSIT_NOT_ALLOWED = "deposit-not-allowed"
    WANTED_NEEDED = "wanted-needed"
    QUANTITY_WRONG = "quantity-wrong"
    GOAL_NEEDED = "goal-needed"
    MAX_DAYS_WRONG = "max-days-wrong"
    PLACE_NEEDED = "place-needed"
    REACH_UNKNOWN = "reach-unknown"
    END_OUT_OF_RANGE = "end-out-of-range"
    DATES_REVERSED = "dates-reversed"
    TOO_MANY_PICTURES = "too-many-pictures"
    LISTING_GONE = "listing-gone"
    LISTING_NOT_OPEN = "listing-not-open"
    LISTING_NOT_RESERVED = "listing-not-reserved"
    LISTING_CLOSED = "listing-closed"


class Refused(Exception):
    """The person may not do this, and is told why. `details` fills the sentence."""

    def __init__(self, reason: Reason, **details: object) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.details = details


class BadActivity(Exception):
    """The peer sent something that is refused for good: dropped and counted, never retried.

    `code` is a short kebab-case word for the metrics and the log; `status` is the HTTP answer where
    the request is still open.
    """

    def __init__(self, code: str, *, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Unreachable(Exception):
    """The peer did not answer, or not now. `retry_after` is in seconds, when the peer said so."""

    def __init__(self, code: str, *, status: int | None = None, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after = retry_after


class Missing(Exception):
    """A handler needs the document at `url`: `inbox.process` fetches it outside any transaction and tries again."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url
