"""Settings come from a file, then the environment; what is wrong is said in French with the name of its key."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedivoisin import settings
from fedivoisin.settings import Network, SettingError, Settings, check_origin, is_local_host, keys, load

LAB = {"FEDIVOISIN_ORIGIN": "http://nantes.localhost:8101", "FEDIVOISIN_NETWORK_LAB": "true"}
OTHERS: dict[str, Any] = {
    "origin": "https://voisins.example",
    "database": "postgresql://voisins@localhost/voisins",
    "media": "ailleurs",
    "host": "0.0.0.0",
    "port": 9000,
    "run_workers": False,
    "metrics_host": "127.0.0.2",
    "metrics_port": 9464,
    "log_level": "debug",
    "network.trusted_proxies": ("127.0.0.1", "10.0.0.0/8", "fd00::/8"),
    "network.require_signed_gets": True,
}
LAB_OTHERS: dict[str, Any] = {
    "origin": "http://localhost:8101",
    "network.lab": True,
    "network.lab_hosts": ("rennes.localhost:8102", "peer.test"),
    "network.ca_file": __file__,
}
S3: dict[str, Any] = {
    "s3.endpoint": "https://s3.fr-par.scw.cloud",
    "s3.bucket": "photos-de-nantes",
    "s3.region": "fr-par",
    "s3.access_key": "AKID",
    "s3.secret_key": "secret",
    "s3.prefix": "nantes",
}
LIMITS = {key: 17 + number for number, key in enumerate(key for key in keys() if key.startswith("limits."))}


def test_without_anything_the_defaults_hold() -> None:
    assert load(None, {}) == Settings()


def test_every_key_is_tried_below() -> None:
    assert {*OTHERS, *LAB_OTHERS, *S3, *LIMITS} == set(keys())


@pytest.mark.parametrize("wanted", [OTHERS, LAB_OTHERS, S3, LIMITS], ids=["public", "lab", "s3", "limits"])
def test_every_key_is_read_from_the_file(wanted: dict[str, Any], tmp_path: Path) -> None:
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in wanted.items()]
    assert _values(load(_file(tmp_path, "\n".join(lines)), {}), wanted) == wanted


@pytest.mark.parametrize("wanted", [OTHERS, LAB_OTHERS, S3, LIMITS], ids=["public", "lab", "s3", "limits"])
def test_every_key_is_read_from_the_environment(wanted: dict[str, Any]) -> None:
    environment = {_variable(key): _as_text(value) for key, value in wanted.items()}
    assert _values(load(None, environment), wanted) == wanted


def test_sections_may_be_written_as_tables(tmp_path: Path) -> None:
    path = _file(tmp_path, "port = 9000\n[network]\nrequire_signed_gets = true\n[limits]\nqueue = 5\n")
    found = load(path, {})
    assert (found.port, found.network.require_signed_gets, found.limits.queue) == (9000, True, 5)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    found = load(_file(tmp_path, 'port = 9000\nhost = "0.0.0.0"\n'), {"FEDIVOISIN_PORT": "9001"})
    assert (found.port, found.host) == (9001, "0.0.0.0")


def test_a_time_may_have_decimals() -> None:
    assert load(None, {"FEDIVOISIN_LIMITS_BODY_TIME": "2.5"}).limits.body_time == 2.5
    with pytest.raises(SettingError, match=r"^limits\.body_time : un nombre attendu, reçu « vite »"):
        load(None, {"FEDIVOISIN_LIMITS_BODY_TIME": "vite"})


def test_other_variables_and_the_path_of_the_file_are_left_alone() -> None:
    assert load(None, {"PATH": "/bin", "FEDIVOISIN_CONFIG": "reglages.toml", "FEDI_PORT": "1"}) == Settings()


@pytest.mark.parametrize(
    ("words", "is_true"),
    [
        ("oui", True),
        ("yes", True),
        ("TRUE", True),
        ("1", True),
        ("non", False),
        ("no", False),
        ("false", False),
        ("0", False),
    ],
)
def test_yes_and_no_may_be_said_in_several_ways(words: str, is_true: bool) -> None:
    assert load(None, {"FEDIVOISIN_RUN_WORKERS": words}).run_workers is is_true


def test_lists_are_separated_by_commas() -> None:
    found = load(None, LAB | {"FEDIVOISIN_NETWORK_LAB_HOSTS": " a.test , b.test:81,, "})
    assert found.network.lab_hosts == ("a.test", "b.test:81")
    assert found.is_lab


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("FEDIVOISIN_PROT", "1", "FEDIVOISIN_PROT : réglage inconnu"),
        ("FEDIVOISIN_NETWORK", "1", "FEDIVOISIN_NETWORK : réglage inconnu"),
        ("FEDIVOISIN_PORT", "http", "port : un nombre entier attendu, reçu « http »"),
        ("FEDIVOISIN_PORT", "", "port : un nombre entier attendu, reçu «  »"),
        ("FEDIVOISIN_PORT", "0", "port : un nombre de 1 à 65535 attendu, reçu « 0 »"),
        ("FEDIVOISIN_PORT", "65536", "port : un nombre de 1 à 65535"),
        ("FEDIVOISIN_METRICS_PORT", "65536", "metrics_port : un nombre de 0 (aucun) à 65535"),
        ("FEDIVOISIN_METRICS_HOST", "", "metrics_host : ne peut pas être vide"),
        ("FEDIVOISIN_RUN_WORKERS", "peut-être", "run_workers : oui ou non attendu, reçu « peut-être »"),
        ("FEDIVOISIN_LIMITS_QUEUE", "1.5", "limits.queue : un nombre entier attendu, reçu « 1.5 »"),
        ("FEDIVOISIN_LIMITS_WINDOW", "0", "limits.window : un nombre à partir de 1 attendu"),
        ("FEDIVOISIN_LIMITS_PICTURE", "-5", "limits.picture : un nombre à partir de 1 attendu"),
        ("FEDIVOISIN_LOG_LEVEL", "trace", "log_level : debug, info, warning, error attendu, reçu « trace »"),
        ("FEDIVOISIN_DATABASE", "mysql://x", "database : sqlite:///chemin ou postgresql://… attendu"),
        ("FEDIVOISIN_DATABASE", "sqlite:///", "database : sqlite:///chemin"),
        ("FEDIVOISIN_MEDIA", "", "media : ne peut pas être vide"),
        ("FEDIVOISIN_HOST", "", "host : ne peut pas être vide"),
        (
            "FEDIVOISIN_NETWORK_TRUSTED_PROXIES",
            "127.0.0.1,proxy",
            "network.trusted_proxies : adresse ou réseau attendu",
        ),
        ("FEDIVOISIN_NETWORK_LAB_HOSTS", "a.test", "network.lab_hosts : permis seulement avec network.lab = true"),
        ("FEDIVOISIN_NETWORK_CA_FILE", "ca.pem", "network.ca_file : permis seulement avec network.lab = true"),
        ("FEDIVOISIN_NETWORK_LAB", "oui", "network.lab : permis seulement quand origin est localhost"),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_expected(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingError) as refused:
        load(None, {name: value})
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "prot : réglage inconnu"),
        ("[network]\nlaboratory = true", "network.laboratory : réglage inconnu"),
        ("[netwrok]\nlab = true", "netwrok : réglage inconnu"),
        ("network = 3", "network : une section [network] attendue, reçu « 3 »"),
        ('port = "8000"', "port : un nombre entier attendu, reçu « 8000 »"),
        ("port = true", "port : un nombre entier attendu"),
        ("origin = 5", "origin : un texte attendu, reçu « 5 »"),
        ('run_workers = "oui"', "run_workers : oui ou non attendu"),
        ('[network]\ntrusted_proxies = "127.0.0.1"', "network.trusted_proxies : une liste de textes attendue"),
        ("[network]\ntrusted_proxies = [1]", "network.trusted_proxies : une liste de textes attendue"),
        ('host = { name = "x" }', "host : un texte attendu"),
    ],
)
def test_a_wrong_line_is_named_with_what_is_expected(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refused:
        load(_file(tmp_path, text), {})
    assert str(refused.value).startswith(said)


def test_a_file_that_is_missing_or_not_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"rien\.toml : fichier de réglages illisible"):
        load(str(tmp_path / "rien.toml"), {})
    with pytest.raises(SettingError, match="ce n'est pas du TOML"):
        load(_file(tmp_path, "port ="), {})
    (tmp_path / "latin.toml").write_bytes('media = "\xe9"'.encode("latin-1"))
    with pytest.raises(SettingError, match="ce n'est pas du TOML"):
        load(str(tmp_path / "latin.toml"), {})


@pytest.mark.parametrize("origin", ["http://localhost:8101", "http://nantes.localhost:8101", "https://peer.test"])
def test_lab_mode_is_for_local_origins(origin: str) -> None:
    assert load(None, LAB | {"FEDIVOISIN_ORIGIN": origin}).is_lab


@pytest.mark.parametrize("origin", ["https://voisins.example", "http://localhost.example", "https://test", ""])
def test_lab_mode_is_refused_elsewhere(origin: str) -> None:
    with pytest.raises(SettingError, match=r"^network\.lab :"):
        load(None, LAB | {"FEDIVOISIN_ORIGIN": origin})


def test_lab_hosts_and_the_authority_are_looked_at() -> None:
    with pytest.raises(SettingError, match=r"^network\.lab_hosts : nom ou nom:port attendu, reçu « http://a.test »"):
        load(None, LAB | {"FEDIVOISIN_NETWORK_LAB_HOSTS": "b.test,http://a.test"})
    with pytest.raises(SettingError, match=r"^network\.ca_file : il n'y a pas de fichier"):
        load(None, LAB | {"FEDIVOISIN_NETWORK_CA_FILE": "nowhere.pem"})


@pytest.mark.parametrize(
    "origin",
    [
        "voisins.example",
        "http://voisins.example",
        "ftp://voisins.example",
        "https://",
        "https://voisins.example/",
        "https://voisins.example/ici",
        "https://voisins.example?x",
        "https://voisins.example#x",
        "https://lea@voisins.example",
        "https://Voisins.example",
        "https://voisins.example.",
        "https://voisins..example",
        "https://voi sins.example",
        "https://voisins.example\n",
        "https://voisins.example:",
        "https://voisins.example:443",
        "https://voisins.example:0",
        "https://voisins.example:99999",
        "https://voisins.example:x",
        "https://[::1]",
        "https://[",
        "https://café.example",
        "https://-a.example",
    ],
)
def test_an_origin_is_a_bare_https_address(origin: str) -> None:
    with pytest.raises(SettingError, match=r"^origin : "):
        check_origin(origin, is_lab=False)


@pytest.mark.parametrize("origin", ["https://voisins.example", "https://xn--caf-dma.example:8443", "https://192.0.2.7"])
def test_a_bare_https_address_is_an_origin(origin: str) -> None:
    check_origin(origin, is_lab=False)


def test_plain_http_is_an_origin_in_lab_mode_alone() -> None:
    check_origin("http://nantes.localhost:8101", is_lab=True)
    with pytest.raises(SettingError, match="sans « :80 »"):
        check_origin("http://nantes.localhost:80", is_lab=True)


def test_local_names_are_those_of_rfc_6761() -> None:
    assert is_local_host("localhost")
    assert is_local_host("nantes.localhost")
    assert is_local_host("peer.test")
    assert not any(is_local_host(host) for host in ("", "test", "notlocalhost", "localhost.example", "127.0.0.1"))


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        settings.Settings().port = 1  # type: ignore[misc]  # what is tested
    assert Network() == Network()


def _file(folder: Path, text: str) -> str:
    path = folder / "fedivoisin.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def _variable(key: str) -> str:
    return "FEDIVOISIN_" + key.replace(".", "_").upper()


def _as_text(value: object) -> str:
    match value:
        case bool():
            return "oui" if value else "non"
        case tuple():
            return ",".join(str(part) for part in value)
    return str(value)


def _values(found: Settings, wanted: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key in wanted:
        value: object = found
        for part in key.split("."):
            value = getattr(value, part)
        values[key] = value
    return values


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1:9000",
        "http://10.1.2.3",
        "http://minio.localhost:9000",
        "http://[fd00::1]:9000",
        "https://a.example",
    ],
)
def test_a_store_of_pictures_is_reached_by_https_or_near_by(endpoint: str) -> None:
    found = load(None, {_variable(key): value for key, value in (S3 | {"s3.endpoint": endpoint}).items()})
    assert found.s3.endpoint == endpoint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("s3.endpoint", "", "s3.endpoint : attendu"),
        ("s3.secret_key", "", "s3.secret_key : attendu"),
        ("s3.region", "", "s3.region : attendu"),
        ("s3.bucket", "Photos", "s3.bucket : un nom de seau"),
        ("s3.endpoint", "s3.example", "s3.endpoint : https://"),
        ("s3.endpoint", "https://s3.example/x", "s3.endpoint : https://"),
        ("s3.endpoint", "http://s3.example", "s3.endpoint : en https, sauf"),
        ("s3.endpoint", "http://8.8.8.8", "s3.endpoint : en https, sauf"),
    ],
)
def test_a_store_of_pictures_that_cannot_be_is_refused(key: str, value: str, reason: str) -> None:
    with pytest.raises(SettingError, match=reason):
        load(None, {_variable(name): text for name, text in (S3 | {key: value}).items()})
