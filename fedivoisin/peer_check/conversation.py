"""What the other server says when it is asked: what it is, who speaks for it, and which signatures it takes."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

from fedivoisin import addresses
from fedivoisin.activitypub import fetching, parse, signing
from fedivoisin.activitypub.parse.objects import ActorDocument
from fedivoisin.activitypub.wire import keys as wire_keys
from fedivoisin.activitypub.wire.origins import same_origin
from fedivoisin.activitypub.wire.request import Scheme
from fedivoisin.doctor import Finding, bad, good, warning
from fedivoisin.errors import BadActivity, Unreachable
from fedivoisin.peer_check.case import Case, said
from fedivoisin.store import queued
from fedivoisin.urls import parse as parse_url
from fedivoisin.world import Response

SCHEMES: tuple[tuple[Scheme, str], ...] = (("cavage", "Signature cavage"), ("rfc9421", "Signature RFC 9421"))
A_LITTLE = timedelta(minutes=5)
TOO_MUCH = timedelta(hours=1)
"""Beyond it every signature of ours is refused there, and every one of theirs here (FEDERATION.md §4)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: an answer, or the code of why there was none."""

    response: Response | None
    code: str

    @property
    def is_good(self) -> bool:
        """It gave what was asked for."""
        return self.response is not None and self.response.status == 200


async def findings(case: Case) -> AsyncIterator[Finding]:
    """NodeInfo, WebFinger, actor, key, signatures, shared inbox, clock, our key as seen from there."""
    described, application = await _nodeinfo(case)
    yield described
    found, actor_url = await _webfinger(case, application)
    yield found
    if actor_url is None:
        return
    signed: dict[Scheme, Answer] = {
        scheme: await _ask(case, actor_url, fetching.ACCEPT, scheme) for scheme, _ in SCHEMES
    }
    unsigned = await _ask(case, actor_url, fetching.ACCEPT, None)
    for scheme, subject in SCHEMES:
        yield _signature(subject, signed[scheme], does_another=any(one.is_good for one in signed.values()))
    for finding in _actor(case, actor_url, signed, unsigned):
        yield finding
    yield _clock(case, [*signed.values(), unsigned])
    yield await _our_key(case, signed, unsigned)


async def _nodeinfo(case: Case) -> tuple[Finding, str | None]:
    application = None
    try:
        links = parse.nodeinfo_links(await _json(case, f"{case.base}/.well-known/nodeinfo"))
        application = links.application
        if links.schema is None or not same_origin(links.schema, case.base):
            raise BadActivity("bad-nodeinfo")
        info = parse.nodeinfo(await _json(case, links.schema))
    except (BadActivity, Unreachable) as error:
        return warning("NodeInfo", f"{said(error.code)} Ce n'est pas nécessaire pour se parler."), application
    return good("NodeInfo", " ".join(filter(None, (info.software, info.version, info.name and f"« {info.name} »")))
                + "."), application  # fmt: skip


async def _webfinger(case: Case, application: str | None) -> tuple[Finding, str | None]:
    """Of the person who was named; else of whoever speaks for the whole server (FEP-2677, FEP-d556, Mastodon's way)."""
    name, host = case.target.name, case.target.host
    bare = parse_url(case.base).host
    resources = [f"acct:{name}@{host}"] if name else [f"{case.base}/", case.base, f"acct:{bare}@{host}"]
    code = ""
    for resource in resources:
        try:
            answer = await _json(case, f"{case.base}/.well-known/webfinger?resource={quote(resource, safe='')}")
            url = parse.webfinger(answer).actor
        except (BadActivity, Unreachable) as error:
            code = code or error.code
            continue
        return good("WebFinger", f"{resource} mène à {url}"), url
    if name:
        return bad("WebFinger", f"{resources[0]} : {said(code)} Vérifiez le nom."), None
    if application is not None:
        return good("WebFinger", f"rien pour le serveur lui-même ; son NodeInfo nomme {application}"), application
    return warning("WebFinger", f"{said(code)} Il ne dit pas qui parle en son nom : donnez plutôt @nom@{host}."), None


def _signature(subject: str, answer: Answer, *, does_another: bool) -> Finding:
    if answer.is_good:
        return good(subject, "prise.")
    if does_another:
        return good(subject, f"pas prise ({_short(answer)}) ; l'autre l'est, et nous savons changer.")
    return bad(subject, said(answer.code))


def _actor(case: Case, url: str, signed: Mapping[Scheme, Answer], unsigned: Answer) -> list[Finding]:
    response = next((one.response for one in (*signed.values(), unsigned) if one.is_good), None)
    if response is None:
        return []
    try:
        found = parse.document(fetching.read_activity(case.fetcher, response).document)
        if not isinstance(found, ActorDocument):
            raise BadActivity("not-an-actor")
        if not same_origin(found.id, found.inbox):
            raise BadActivity("foreign-inbox")
    except BadActivity as error:
        return [bad("Acteur", f"{url} : {said(error.code)}")]
    return [good("Acteur", f"{found.type} {found.id}"), _key(found), _shared_inbox(found)]


def _key(found: ActorDocument) -> Finding:
    ours = [one for one in found.public_keys if one.owner == found.id and same_origin(one.id, found.id)]
    if not ours:
        return bad(
            "Sa clé", "son acteur n'en montre aucune qui soit à lui : rien de ce qu'il signe ne peut être vérifié."
        )
    try:
        kinds = sorted({str(wire_keys.algorithm_of(wire_keys.load_public_pem(one.pem))) for one in ours})
    except BadActivity as error:
        return bad("Sa clé", said(error.code))
    return good("Sa clé", f"{ours[0].id} ({', '.join(kinds)}).")


def _shared_inbox(found: ActorDocument) -> Finding:
    if found.shared_inbox is None:
        return warning("Boîte commune", "il n'en a pas : un envoi par abonné.")
    if not same_origin(found.shared_inbox, found.id):
        return warning("Boîte commune", f"{found.shared_inbox} est sur un autre serveur : nous ne nous en servons pas.")
    return good("Boîte commune", found.shared_inbox)


def _clock(case: Case, answers: list[Answer]) -> Finding:
    told = next((moment for one in answers if (moment := _date(one)) is not None), None)
    if told is None:
        return warning("Son horloge", "il ne dit pas l'heure (en-tête Date).")
    gap = told - case.now
    minutes = int(abs(gap).total_seconds()) // 60
    words = f"elle {'avance' if gap > timedelta(0) else 'retarde'} de {minutes} minutes sur la nôtre"
    if abs(gap) > TOO_MUCH:
        return bad(
            "Son horloge", f"{words} : au-delà d'une heure, aucune signature ne tient. L'une des deux est à remettre."
        )
    if abs(gap) > A_LITTLE:
        return warning("Son horloge", f"{words}. Au-delà d'une heure, plus aucune signature ne tiendrait.")
    return good("Son horloge", "à l'heure.")


def _date(answer: Answer) -> datetime | None:
    if answer.response is None:
        return None
    try:
        moment = parsedate_to_datetime(answer.response.headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _our_key(case: Case, signed: Mapping[Scheme, Answer], unsigned: Answer) -> Finding:
    """Only they can say whether they read it; some of what they do proves it."""
    needs_signature = unsigned.response is not None and unsigned.response.status in (401, 403)
    if needs_signature and any(one.is_good for one in signed.values()):
        return good("Notre clé", "il l'a lue : il ne montre ce document qu'à qui signe, et nous l'a montré.")
    async with case.fetcher.store.read() as tx:
        sent = await queued.last_sent(tx, case.target.host)
    if sent is not None:
        return good("Notre clé", f"il l'a lue : il a pris un envoi signé le {sent:%d/%m/%Y}.")
    ours = addresses.instance_url(case.here.origin)
    how = f"Pour le voir, d'une machine de là-bas : curl -H 'Accept: application/activity+json' {ours}"
    words = f"rien ne prouve encore qu'il puisse la lire. {how} doit montrer « publicKey »."
    return warning("Notre clé", words)


async def _json(case: Case, url: str) -> object:
    async def attempt(scheme: Scheme) -> Response:
        return await fetching.ask_once(case.fetcher, url, accept=fetching.ACCEPT_JSON, scheme=scheme)

    response, _ = await signing.knock(attempt, ("cavage", "rfc9421"))
    if response.status != 200:
        raise BadActivity(f"status-{response.status}")
    return fetching.read_json(case.fetcher, response)


async def _ask(case: Case, url: str, accept: str, scheme: Scheme | None) -> Answer:
    try:
        response = await fetching.ask_once(case.fetcher, url, accept=accept, scheme=scheme)
    except (BadActivity, Unreachable) as error:
        return Answer(None, error.code)
    return Answer(response, f"status-{response.status}")


def _short(answer: Answer) -> str:
    return str(answer.response.status) if answer.response is not None else answer.code
