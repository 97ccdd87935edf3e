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
