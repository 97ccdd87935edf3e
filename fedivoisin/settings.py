"""What the server needs to start: one frozen object, read once from a TOML file and `FEDIVOISIN_*`."""

import ipaddress
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

PREFIX = "FEDIVOISIN_"
YES_NO = {"1": True, "true": True, "yes": True, "oui": True, "0": False, "false": False, "no": False, "non": False}
KINDS: Mapping[Any, str] = {
    str: "un texte attendu",
    int: "un nombre entier attendu",
    float: "un nombre attendu",
    bool: "oui ou non attendu",
    tuple[str, ...]: "une liste de textes attendue",
}
LOG_LEVELS = ("debug", "info", "warning", "error")
# Lower case, labels of letters, digits and inner hyphens (RFC 1123), as URLs of ours are compared.
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?")


class SettingError(Exception):
    """A setting is wrong; the message names its key and says what is expected."""


class Network(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the instance reaches others."""

    lab: bool = False
    """Plain http, any port and loopback, for `lab_hosts` only. Refused unless the origin is a local one."""
    lab_hosts: tuple[str, ...] = ()
    """Hosts (`name` or `name:port`) that lab mode may reach."""
    ca_file: str = ""
    """An extra certificate authority, in PEM; lab mode only."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""
    require_signed_gets: bool = False
    """Strict mode: every document but the instance actor needs a signed GET."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """FEDERATION.md, section 6. Sizes in bytes, times in seconds."""

    inbox_body: int = 256 * 1024
    document: int = 1024 * 1024
    picture: int = 20 * 1024 * 1024
    picture_pixels: int = 64_000_000
    remote_picture: int = 8 * 1024 * 1024
    remote_picture_pixels: int = 24_000_000
    page_requests: int = 300
    """Requests of one address (IPv6: of one /64) on pages, per `window`."""
    inbox_unknown: int = 300
    """Activities of one origin that nobody here follows, per `window`."""
    inbox_known: int = 6000
    """The same for an origin that somebody here follows."""
    inbox_strangers: int = 300
    """Keys never seen before that one address (IPv6: one /64) may make us fetch, per `window`."""
    body_time: float = 20
    """Seconds in which the whole body of a request must have come."""
    form_time: float = 300
    """The same for a member's form with pictures: a phone may have a slow line."""
    window: int = 300
    queue: int = 20_000
    """Activities that may wait to be processed before new ones are answered 503."""


class S3(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A store that speaks S3, for the pictures of several machines, in place of the folder `media`."""

    endpoint: str = ""
    """`https://s3.fr-par.scw.cloud`; plain http on the machine itself or a private address only."""
    bucket: str = ""
    """Empty: pictures are kept in the folder."""
    region: str = "us-east-1"
    """What many stores of one's own go by."""
    access_key: str = ""
    secret_key: str = ""
    prefix: str = ""
    """What stands before every path in the bucket."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything but what the association decides, which lives in the database (page « Réglages »)."""

    origin: str = ""
    """The public address, `https://voisins.example`. Empty: the one given at the first run, or trial mode."""
    database: str = "sqlite:///var/fedivoisin.db"
    media: str = "var/media"
    """The folder of the pictures, unless `s3.bucket` is set."""
    host: str = "127.0.0.1"
    port: int = 8000
    run_workers: bool = True
    """Whether `serve` also does the work behind the pages; false where `work` runs beside it."""
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    """Where `/metrics` answers a Prometheus, for `serve` and for `work`; 0: nowhere."""
    log_level: str = "info"
    network: Network = Network()
    limits: Limits = Limits()
    s3: S3 = S3()

    @property
    def is_lab(self) -> bool:
        """Whether lab mode is on."""
        return self.network.lab


def load(path: str | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the file (none: all defaults), then of the environment. Raises SettingError."""
    given = dict(_flat(_read(path))) if path else {}
    given |= _of_environment(environment)
    sections: dict[str, dict[str, Any]] = {"": {}, "network": {}, "limits": {}, "s3": {}}
    for key, value in given.items():
        section, _, name = key.rpartition(".")
        sections[section][name] = _fitting(key, value)
    top, network, limits, s3 = (sections[name] for name in ("", "network", "limits", "s3"))
    settings = Settings(**top, network=Network(**network), limits=Limits(**limits), s3=S3(**s3))
    _check(settings)
    _check_limits(settings.limits)
    _check_network(settings)
    _check_proxies(settings.network)
    _check_s3(settings.s3)
    return settings


def keys() -> list[str]:
    """Every key, sections as `network.lab`: what the documentation must name."""
    names: list[str] = []
    for field in msgspec.structs.fields(Settings):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            names += [f"{field.name}.{inner.name}" for inner in msgspec.structs.fields(field.type)]
        else:
            names.append(field.name)
    return names


def _read(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{path} : fichier de réglages illisible ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"{path} : ce n'est pas du TOML ({error})") from error


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    sections = {key.partition(".")[0] for key in keys() if "." in key}
    for name, value in values.items():
        if name not in sections:
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{key}", part) for key, part in cast("dict[str, Any]", value).items())
        else:
            raise SettingError(f"{name} : une section [{name}] attendue, reçu « {value} »")


def _of_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    # FEDIVOISIN_NETWORK_LAB_HOSTS is network.lab_hosts; FEDIVOISIN_LOG_LEVEL is log_level.
    by_name = {PREFIX + key.replace(".", "_").upper(): key for key in keys()}
    found: dict[str, Any] = {}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name == PREFIX + "CONFIG":
            continue
        if name not in by_name:
            raise SettingError(f"{name} : réglage inconnu")
        found[by_name[name]] = _read_text(_type_of(by_name[name]), text.strip())
    return found


def _read_text(kind: Any, text: str) -> Any:
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if kind is bool:
        return YES_NO.get(text.lower(), text)
    if kind in (int, float) and re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,6})?", text):
        return int(text) if "." not in text else float(text)
    return text


def _fitting(key: str, value: Any) -> Any:
    if key not in keys():
        raise SettingError(f"{key} : réglage inconnu")
    kind = _type_of(key)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise SettingError(f"{key} : {KINDS[kind]}, reçu « {value} »") from error


def _type_of(key: str) -> Any:
    kind: Any = Settings
    for part in key.split("."):
        kind = next(field.type for field in msgspec.structs.fields(kind) if field.name == part)
    return kind


def _check(settings: Settings) -> None:
    if settings.origin:
        check_origin(settings.origin, is_lab=settings.is_lab)
    if not re.fullmatch(r"sqlite:///.+|postgresql://.+", settings.database):
        raise SettingError("database : sqlite:///chemin ou postgresql://… attendu")
    if not 0 < settings.port < 65536:
        raise SettingError(f"port : un nombre de 1 à 65535 attendu, reçu « {settings.port} »")
    if not 0 <= settings.metrics_port < 65536:
        raise SettingError(f"metrics_port : un nombre de 0 (aucun) à 65535 attendu, reçu « {settings.metrics_port} »")
    if settings.log_level not in LOG_LEVELS:
        raise SettingError(f"log_level : {', '.join(LOG_LEVELS)} attendu, reçu « {settings.log_level} »")
    for name in ("host", "metrics_host", "media"):
        if not getattr(settings, name):
            raise SettingError(f"{name} : ne peut pas être vide")


def _check_limits(limits: Limits) -> None:
    for name, value in msgspec.structs.asdict(limits).items():
        if value < 1:
            raise SettingError(f"limits.{name} : un nombre à partir de 1 attendu, reçu « {value} »")


def _check_network(settings: Settings) -> None:
    network = settings.network
    if network.lab and not is_local_host(settings.origin.partition("://")[2].partition(":")[0]):
        raise SettingError("network.lab : permis seulement quand origin est localhost, *.localhost ou *.test")
    for name in ("lab_hosts", "ca_file"):
        if getattr(network, name) and not network.lab:
            raise SettingError(f"network.{name} : permis seulement avec network.lab = true")
    for host in network.lab_hosts:
        if not HOST.fullmatch(host):
            raise SettingError(f"network.lab_hosts : nom ou nom:port attendu, reçu « {host} »")
    if network.ca_file and not Path(network.ca_file).is_file():
        raise SettingError(f"network.ca_file : il n'y a pas de fichier « {network.ca_file} »")


def _check_proxies(network: Network) -> None:
    for proxy in network.trusted_proxies:
        try:
            ipaddress.ip_network(proxy)
        except ValueError as error:
            raise SettingError(
                f"network.trusted_proxies : adresse ou réseau attendu (10.0.0.0/8), reçu « {proxy} »"
            ) from error


def _check_s3(s3: S3) -> None:
    if not s3.bucket:
        return
    for name in ("endpoint", "region", "access_key", "secret_key"):
        if not getattr(s3, name):
            raise SettingError(f"s3.{name} : attendu, puisque s3.bucket est donné")
    if not re.fullmatch("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", s3.bucket):
        raise SettingError(f"s3.bucket : un nom de seau attendu, reçu « {s3.bucket} »")
    found = re.fullmatch(rf"(https?)://({HOST.pattern}|\[[0-9a-f:]+\](?::[0-9]{{1,5}})?)", s3.endpoint)
    if not found:
        raise SettingError(f"s3.endpoint : https://nom.du.serveur, sans rien derrière, attendu, reçu « {s3.endpoint} »")
    if found[1] == "http" and not _is_near(found[2]):
        raise SettingError("s3.endpoint : en https, sauf sur cette machine ou une adresse privée")


def _is_near(place: str) -> bool:
    host = place.rpartition("]")[0].lstrip("[") or place.partition(":")[0]
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return is_local_host(host)


def check_origin(origin: str, *, is_lab: bool) -> None:
    """Raise SettingError unless `origin` is a bare `scheme://host[:port]`, https outside lab mode."""
    scheme, _, place = origin.partition("://")
    if scheme != "https" and not (is_lab and scheme == "http"):
        raise SettingError(f"origin : une adresse en https attendue, reçu « {origin} »")
    found = HOST.fullmatch(place)
    if not found:
        raise SettingError(f"origin : seulement {scheme}://nom.de.domaine, sans rien derrière, reçu « {origin} »")
    if found["port"] and not 0 < int(found["port"]) < 65536:
        raise SettingError(f"origin : il n'y a pas de port {found['port']} (« {origin} »)")
    if found["port"] == {"https": "443", "http": "80"}[scheme]:
        raise SettingError(f"origin : sans « :{found['port']} », qui va de soi, reçu « {origin} »")


def is_local_host(host: str) -> bool:
    """Whether the name can only mean this machine or a test (RFC 6761)."""
    return host == "localhost" or host.endswith((".localhost", ".test"))
