"""Whose fault is it? The person (`Refused`), the peer (`BadActivity`, `Unreachable`) or a lack (`Missing`)."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a person is refused: one sentence each in `web/reasons.py` (a test finds missing ones)."""

    NOT_FOUND = "not-found"
    FORBIDDEN = "forbidden"
    SIGN_IN_NEEDED = "sign-in-needed"
    NOT_YET_MEMBER = "not-yet-member"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    FORM_EXPIRED = "form-expired"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    FORM_UNREADABLE = "form-unreadable"
    FIELD_MISSING = "field-missing"
    FIELD_TOO_SHORT = "field-too-short"
    FIELD_TOO_LONG = "field-too-long"
    FIELD_NOT_A_CHOICE = "field-not-a-choice"
    FIELD_NOT_AN_AMOUNT = "field-not-an-amount"
    FIELD_NOT_A_NUMBER = "field-not-a-number"
    FIELD_NOT_A_DATE = "field-not-a-date"

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
    PICTURE_UNREADABLE = "picture-unreadable"
    PICTURE_TOO_LARGE = "picture-too-large"
    LISTING_GONE = "listing-gone"
    LISTING_NOT_OPEN = "listing-not-open"
    LISTING_NOT_RESERVED = "listing-not-reserved"
    LISTING_CLOSED = "listing-closed"
    TOO_MANY_PINS = "too-many-pins"
    RENEWAL_SPENT = "renewal-spent"

    # Sponsorship (trust/vouching.py, trust/standing.py). `until` is the moment from which it is possible.
    NOT_ONESELF = "not-oneself"
    NOT_A_CANDIDATE = "not-a-candidate"
    ALREADY_VOUCHED = "already-vouched"
    ALREADY_ADMITTED = "already-admitted"
    CHARTER_UNREAD = "charter-unread"
    SPONSOR_TOO_NEW = "sponsor-too-new"
    SPONSOR_STOCK_SPENT = "sponsor-stock-spent"
    SPONSOR_COOLING = "sponsor-cooling"
    FOUNDERS_COMPLETE = "founders-complete"
    FOUNDING_OVER = "founding-over"
    SPONSORS_MISSING = "sponsors-missing"
    ACCOUNT_LIMITED = "account-limited"
    ACCOUNT_SUSPENDED = "account-suspended"
    ACCOUNT_CLOSED = "account-closed"
    CANDIDACY_REFUSED = "candidacy-refused"

    # Accounts (actions/accounts.py, actions/admission.py). `details` holds `field`, the one to mend.
    SIGN_IN_WRONG = "sign-in-wrong"
    LINK_SPENT = "link-spent"
    PASSWORD_WRONG = "password-wrong"
    PASSWORD_COMMON = "password-common"
    PASSWORDS_DIFFER = "passwords-differ"
    EMAIL_WRONG = "email-wrong"
    EMAIL_TAKEN = "email-taken"
    NAME_WRONG = "name-wrong"
    NAME_TAKEN = "name-taken"
    CODE_DIGITS_MISSING = "code-digits-missing"
    CODE_UNKNOWN = "code-unknown"
    INVITATION_OVER = "invitation-over"
    TOO_MANY_INVITATIONS = "too-many-invitations"
    LAST_ADMIN = "last-admin"
    CONFIRMATION_WRONG = "confirmation-wrong"
    RULES_UNREAD = "rules-unread"

    # Following and talking (community/following.py, market/conversations.py).
    FOLLOW_ONESELF = "follow-oneself"
    ALREADY_FOLLOWED = "already-followed"
    ADDRESS_UNREADABLE = "address-unreadable"
    TRIAL_MODE = "trial-mode"
    MESSAGE_EMPTY = "message-empty"
    MESSAGE_TOO_LONG = "message-too-long"
    OWN_LISTING = "own-listing"

    # The first run and the settings (actions/setup.py, actions/settings.py, web/answers.py).
    SETUP_WORD_WRONG = "setup-word-wrong"
    ALREADY_FOUNDED = "already-founded"
    DEPARTMENT_WRONG = "department-wrong"
    POINT_NEEDED = "point-needed"
    TELEPHONE_WRONG = "telephone-wrong"
    ORIGIN_WRONG = "origin-wrong"
    ORIGIN_FIXED = "origin-fixed"
    COLOUR_WRONG = "colour-wrong"
    COLOUR_TOO_PALE = "colour-too-pale"
    TILES_WRONG = "tiles-wrong"
    PREFIX_WRONG = "prefix-wrong"
    MAIL_HOST_WRONG = "mail-host-wrong"

    # Moderation (actions/moderation.py).
    REPORT_EMPTY = "report-empty"
    REPORT_DECIDED = "report-decided"
    NOTHING_TO_HIDE = "nothing-to-hide"
    NOTHING_TO_FORWARD = "nothing-to-forward"
    DOMAIN_WRONG = "domain-wrong"
    DOMAIN_OURS = "domain-ours"


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
    """A handler needs the document at `url`: `carrying.in_order` fetches it outside any transaction and tries again."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url
