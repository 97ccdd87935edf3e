"""What the server needs to start: one frozen object, read once from a TOML file and `FEDIVOISIN_*`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

PREFIX = "FEDIVOISIN_"


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
    window: int = 300
    queue: int = 20_000
    """Activities that may wait to be processed before new ones are answered 503."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything but what the association decides, which lives in the database (page « Réglages »)."""

    origin: str = ""
    """The public address, `https://voisins.example`. Empty: the one given at the first run, or trial mode."""
    database: str = "sqlite:///var/fedivoisin.db"
    media: str = "var/media"
    """The folder of the pictures."""
    host: str = "127.0.0.1"
    port: int = 8000
    run_workers: bool = True
    """Whether `serve` also does the work behind the pages; false where `work` runs beside it."""
    log_level: str = "info"
    network: Network = Network()
    limits: Limits = Limits()

    @property
    def is_lab(self) -> bool:
        """Whether lab mode is on."""
        return self.network.lab


def load(path: str | None, environment: Mapping[str, str]) -> Settings:
    """The settings of the file (none: all defaults), then of the environment. Raises SettingError."""
    values = _read(path) if path else {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and name != PREFIX + "CONFIG":
            _place(values, name, value)
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingError(f"réglage refusé : {error}") from error
    _check(settings)
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


def _place(values: dict[str, Any], name: str, value: str) -> None:
    # FEDIVOISIN_NETWORK_LAB_HOSTS is network.lab_hosts; FEDIVOISIN_LOG_LEVEL is log_level.
    wanted = name.removeprefix(PREFIX).lower()
    for key in keys():
        if key.replace(".", "_") == wanted:
            section, _, field = key.rpartition(".")
            target = values.setdefault(section, {}) if section else values
            target[field] = _split(key, value)
            return
    raise SettingError(f"{name} : réglage inconnu")


def _split(key: str, value: str) -> Any:
    kind = _type_of(key)
    if get_origin(kind) is tuple and get_args(kind):
        return [part.strip() for part in value.split(",") if part.strip()]
    if kind is bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "oui": True,
            "0": False,
            "false": False,
            "no": False,
            "non": False,
        }
        if value.lower() not in words:
            raise SettingError(f"{key} : oui ou non attendu, reçu « {value} »")
        return words[value.lower()]
    return value


def _type_of(key: str) -> Any:
    kind: Any = Settings
    for part in key.split("."):
        kind = next(field.type for field in msgspec.structs.fields(kind) if field.name == part)
    return kind


def _check(settings: Settings) -> None:
    if settings.origin:
        check_origin(settings.origin, is_lab=settings.is_lab)
    if settings.is_lab and settings.origin and not is_local_host(urlsplit(settings.origin).hostname or ""):
        raise SettingError("network.lab : permis seulement pour localhost, *.localhost ou *.test")
    if not settings.is_lab and (settings.network.lab_hosts or settings.network.ca_file):
        raise SettingError("network.lab_hosts, network.ca_file : permis seulement avec network.lab = true")
    if not settings.database.startswith(("sqlite:///", "postgresql://")):
        raise SettingError("database : sqlite:///chemin ou postgresql://… attendu")
    if not 0 < settings.port < 65536:
        raise SettingError("port : un nombre de 1 à 65535 attendu")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingError("log_level : debug, info, warning ou error attendu")


def check_origin(origin: str, *, is_lab: bool) -> None:
    """Raise SettingError unless `origin` is a bare `scheme://host[:port]`, https outside lab mode."""
    parts = urlsplit(origin)
    try:
        _ = parts.port
    except ValueError as error:
        raise SettingError(f"origin : port incompréhensible dans « {origin} »") from error
    if parts.scheme != "https" and not (is_lab and parts.scheme == "http"):
        raise SettingError(f"origin : une adresse en https attendue, reçu « {origin} »")
    bare = f"{parts.scheme}://{parts.netloc}"
    if not parts.hostname or parts.username is not None or origin != bare or parts.netloc != parts.netloc.lower():
        raise SettingError(f"origin : seulement https://nom.de.domaine, sans chemin, reçu « {origin} »")


def is_local_host(host: str) -> bool:
    """Whether the name can only mean this machine or a test (RFC 6761)."""
    return host == "localhost" or host.endswith((".localhost", ".test"))
