"""A private answer or a visible question, as a Note with its mentions."""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from fedivoisin.activitypub.documents.contexts import PUBLIC, Json, without_nothing
from fedivoisin.activitypub.documents.listing import instant


@dataclass(frozen=True, slots=True)
class Correspondent:
    """The person addressed."""

    url: str
    page_url: str
    name: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What was written, to whom, about what."""

    url: str
    """Unguessable."""
    author_url: str
    to: Correspondent
    text: str
    """Plain, as typed."""
    language: str
    published_at: datetime
    updated_at: datetime | None = None
    in_reply_to: str | None
    context: str | None
    cc: tuple[str, ...] = ()
    is_public: bool = False
    """A visible question or its answer: addressed to Public, the correspondent and `cc`."""


def note(message: Message) -> Json:
    """The Note, without `@context`. A private one goes to the correspondent alone (FEDERATION.md §3)."""
    text = f"<p>{_mention(message.to)} {_typed(message.text)}</p>"
    to, cc = audience(message)
    return without_nothing(
        {
            "id": message.url,
            "type": "Note",
            "attributedTo": message.author_url,
            "to": to,
            "cc": cc,
            "inReplyTo": message.in_reply_to,
            "context": message.context,
            "published": instant(message.published_at),
            "updated": instant(message.updated_at) if message.updated_at else None,
            "content": text,
            "contentMap": {message.language: text},
            "sensitive": False,
            "attachment": [],
            # Mastodon shows a direct message only to those it mentions.
            "tag": [{"type": "Mention", "href": message.to.url, "name": f"@{message.to.name}@{message.to.host}"}],
        }
    )


def audience(message: Message) -> tuple[list[str], list[str]]:
    """`to` and `cc`."""
    if not message.is_public:
        return [message.to.url], []
    return [PUBLIC], [message.to.url, *message.cc]


def _mention(person: Correspondent) -> str:
    return f'<a href="{escape(person.page_url)}" class="u-url mention">@<span>{escape(person.name)}</span></a>'


def _typed(text: str) -> str:
    return escape(text.strip()).replace("\n\n", "</p><p>").replace("\n", "<br>")
