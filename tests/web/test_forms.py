"""A form is read within its limits; what is wrong stands beside its field, and what was typed stays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from decimal import Decimal

import pytest
from aiohttp import FormData

from fedivoisin.errors import Reason, Refused
from fedivoisin.settings import Limits, Network, Settings
from fedivoisin.store.db import Store
from fedivoisin.web.forms import MAX_FORM, Form
from tests.fakes import FakeWorld
from tests.web.framing import Client, framed, put_awa, tell, with_cookies

CSRF = "c" * 43
AWA = with_cookies(fv="token-1")
PICTURE = 100 * 1024
SMALL = Settings(network=Network(), limits=Limits(picture=PICTURE))
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture
def database_kind() -> str:
    """No store is asked here: once is enough."""
    return "sqlite"


@pytest.fixture
async def client(store: Store, world: FakeWorld) -> AsyncIterator[Client]:
    await put_awa(store)
    async with framed(store, world, {"/": tell}, SMALL) as opened:
        yield opened


def _form(**fields: str | list[str]) -> Form:
    values = {name: value if isinstance(value, list) else [value] for name, value in fields.items()}
    return Form(values, {}, lambda text: text)


# --- reading a request ------------------------------------------------------------------------------------------------


async def test_fields_and_files_arrive(client: Client) -> None:
    form = FormData([("csrf", CSRF), ("title", " Vélo "), ("day", "1"), ("day", ""), ("day", "2")])
    form.add_field("photo", b"x" * 10, filename="a.jpg", content_type="image/jpeg")
    form.add_field("photo", b"", filename="", content_type="application/octet-stream")
    form.add_field("photo", b"y" * PICTURE, filename="b.jpg")
    async with client.post("/", data=form, headers=AWA) as answer:
        told = await answer.json()
    assert told["typed"] == {"title": ["Vélo"], "day": ["1", "2"]}
    assert told["files"] == {"photo": [10, PICTURE]}


async def test_a_form_that_is_too_long_is_refused(client: Client) -> None:
    for length, status in ((MAX_FORM - 100, 200), (MAX_FORM + 1, 413)):
        body = f"csrf={CSRF}&text=".encode() + b"x" * (length - 60)
        body = body.ljust(length, b"x")
        async with client.post("/", data=body, headers=AWA | URLENCODED) as answer:
            assert answer.status == status


async def test_a_strangers_body_is_not_read_beyond_the_size_of_words(client: Client) -> None:
    """The limit of pictures is for who may send some: refused before the token is even looked for."""
    form = FormData()
    form.add_field("photo", b"x" * (MAX_FORM + 1), filename="a.jpg", content_type="image/jpeg")
    async with client.post("/", data=form, headers={"Accept": "text/html"}) as answer:
        assert answer.status == 413


async def test_a_file_over_the_limit_is_refused(client: Client) -> None:
    form = FormData([("csrf", CSRF)])
    form.add_field("photo", b"x" * (PICTURE + 1), filename="a.jpg")
    async with client.post("/", data=form, headers=AWA) as answer:
        assert answer.status == 413


async def test_files_that_are_too_many_together_are_refused(client: Client) -> None:
    form = FormData([("csrf", CSRF)])
    for number in range(10):
        form.add_field("photo", b"x" * PICTURE, filename=f"{number}.jpg")
    async with client.post("/", data=form, headers=AWA) as answer:
        assert answer.status == 413


async def test_a_form_that_does_not_say_its_length_has_the_same_limit(client: Client) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield f"csrf={CSRF}&text=".encode()
        for _ in range(10):
            yield b"x" * (MAX_FORM // 8)

    async with client.post("/", data=slowly(), headers=AWA | URLENCODED) as answer:
        assert answer.status == 413


async def test_a_form_that_comes_too_slowly_is_refused(store: Store, world: FakeWorld) -> None:
    """Who sends photos has more time than who sends words, and only members send photos."""
    await put_awa(store)
    others_are_answered = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"--b\r\nContent-Disposition: form-data; name=csrf\r\n\r\n" + CSRF.encode()
        await others_are_answered.wait()
        yield b"\r\n--b--\r\n"

    async def send(headers: dict[str, str]) -> tuple[int, str]:
        async with site.post("/", data=slowly(), headers=headers) as answer:
            return answer.status, await answer.text()

    async with framed(store, world, {"/": tell}, Settings(limits=Limits(body_time=0.1))) as site:
        photo = asyncio.create_task(send(AWA | MULTIPART))
        for headers in (AWA | URLENCODED, MULTIPART):
            status, page = await send(headers)
            assert status == 408
            assert "Rapprochez-vous du wifi" in page
        others_are_answered.set()
        assert (await photo)[0] == 200
    assert world.counters.limits["form-time"] == 2


async def test_even_photos_must_come_in_time(store: Store, world: FakeWorld) -> None:
    async def for_ever() -> AsyncIterator[bytes]:
        yield b"--b\r\n"
        await asyncio.Event().wait()

    await put_awa(store)
    async with (
        framed(store, world, {"/": tell}, Settings(limits=Limits(form_time=0.1))) as client,
        client.post("/", data=for_ever(), headers=AWA | MULTIPART) as answer,
    ):
        assert answer.status == 408


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"no boundary at all", MULTIPART),
        (b"--b\r\nContent-Disposition: form-data; name=x\r\n\r\nnever ends", MULTIPART),
        (b"--b\r\nnot a header\r\n\r\nx\r\n--b--\r\n", MULTIPART),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", MULTIPART),
        (b"--b\r\n\r\nx\r\n--b--\r\n", MULTIPART),
        (b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\xff\xfe\r\n--b--\r\n', MULTIPART),
        (
            b"--b\r\nContent-Disposition: form-data; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--b--\r\n",
            MULTIPART,
        ),
        (
            b"--b\r\nContent-Disposition: form-data; name=x\r\nContent-Encoding: gzip\r\n\r\nnope\r\n--b--\r\n",
            MULTIPART,
        ),
        (
            b"--b\r\nContent-Disposition: form-data; name=x\r\nContent-Type: a/b; charset=none\r\n\r\nx\r\n--b--\r\n",
            MULTIPART,
        ),
        (b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n--b--\r\n", MULTIPART),
        (b"x", {"Content-Type": "multipart/form-data"}),
        (b"x", {"Content-Type": "multipart/form-data; boundary="}),
        (b"x", {"Content-Type": "multipart/form-data; boundary=" + "y" * 200}),
        (b"csrf=%ff%fe&x=%zz", URLENCODED),
        (b"csrf=\xff\xfe", URLENCODED),
        (b"csrf=x", {"Content-Type": "application/x-www-form-urlencoded; charset=no-such"}),
        (b"csrf=x", {"Content-Type": "application/x-www-form-urlencoded; charset=rot13"}),
        (b"nope", URLENCODED | {"Content-Encoding": "gzip"}),
        (b'{"csrf": "x"}', {"Content-Type": "application/json"}),
        (b"&".join(b"a" for _ in range(2000)), URLENCODED),
        (b"", {}),
    ],
)
async def test_what_is_no_form_is_refused_and_never_our_fault(
    client: Client, body: bytes, headers: dict[str, str]
) -> None:
    async with client.post("/", data=body, headers=AWA | headers) as answer:
        assert answer.status in (400, 403, 413), await answer.text()


# --- fields -----------------------------------------------------------------------------------------------------------


def test_what_was_typed_is_shown_again() -> None:
    form = _form(title=" Vélo ", empty="")
    assert (form.get("title"), form.get("empty"), form.get("missing")) == ("Vélo", "", "")
    assert (form.all("title"), form.all("missing")) == (["Vélo"], [])
    assert (form.checked("title"), form.checked("empty")) == (True, False)


@pytest.mark.parametrize(
    ("typed", "value", "error"),
    [
        ("Un vélo", "Un vélo", ""),
        ("un\r\ndeux\rtrois", "un\ndeux\ntrois", ""),
        ("a\x00b\x1bc\u200bd\u202ee", "abcde", ""),
        ("12\u202f€", "12\u202f€", ""),
        ("", "", "Remplissez ce champ."),
        ("\x00", "", "Remplissez ce champ."),
        ("a", "a", "Trop court : 2 caractères au moins."),
        ("x" * 21, "x" * 21, "Trop long : 20 caractères au plus."),
    ],
)
def test_a_text_has_a_length_and_no_hidden_letters(typed: str, value: str, error: str) -> None:
    form = _form(title=typed)
    assert form.text("title", least=2, most=20) == value
    assert form.errors.get("title", "") == error


def test_a_text_that_may_be_empty_may_be_missing() -> None:
    form = _form()
    assert form.text("title", most=20) == ""
    assert form.errors == {}


@pytest.mark.parametrize(
    ("typed", "default", "value", "is_right"),
    [
        ("lend", None, "lend", True),
        ("", "give", "give", True),
        ("", None, "", False),
        ("steal", "give", "steal", False),
    ],
)
def test_a_choice_is_one_of_the_list(typed: str, default: str | None, value: str, is_right: bool) -> None:
    form = _form(kind=typed)
    assert form.choice("kind", ("lend", "give"), default=default) == value
    assert form.errors == ({} if is_right else {"kind": "Choisissez dans la liste."})


def _check(read: Callable[[Form], object], typed: str, value: object, sentence: str) -> None:
    form = _form(field=typed)
    assert read(form) == value
    assert form.errors == ({} if value is not None or not typed.strip() else {"field": sentence})


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("12", Decimal(12)),
        ("12,50", Decimal("12.50")),
        ("12.5 €", Decimal("12.5")),
        ("1\u202f200,00\xa0€", Decimal("1200.00")),
        ("0", Decimal(0)),
        ("2000", Decimal(2000)),
        ("", None),
        ("2000,01", None),
        ("-1", None),
        ("12,345", None),
        ("1,2,3", None),
        ("douze", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("1e999999999", None),
        ("1e-999999999", None),
        ("9" * 5000, None),
        ("0." + "0" * 100 + "1", None),
    ],
)
def test_an_amount_is_written_as_people_write_it(typed: str, value: Decimal | None) -> None:
    sentence = "Écrivez un montant entre 0 et 2000, par exemple 12,50."
    _check(lambda form: form.decimal("field", most=Decimal(2000)), typed, value, sentence)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("3", 3),
        ("-2", -2),
        ("8", 8),
        ("", None),
        ("9", None),
        ("--3", None),
        ("-", None),
        ("3.0", None),
        ("٣", None),
        ("1_0", None),
        ("9" * 5000, None),
        ("²", None),
    ],
)
def test_a_number_is_whole_and_within_its_bounds(typed: str, value: int | None) -> None:
    sentence = "Écrivez un nombre entre -2 et 8."
    _check(lambda form: form.integer("field", least=-2, most=8), typed, value, sentence)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("47,23", 47.23),
        ("-1.51", -1.51),
        ("90", 90.0),
        ("", None),
        ("91", None),
        ("nan", None),
        ("inf", None),
        ("x", None),
        ("1e400", None),
        ("9" * 5000, None),
    ],
)
def test_a_coordinate_is_within_its_bounds(typed: str, value: float | None) -> None:
    sentence = "Écrivez un nombre entre -90 et 90."
    _check(lambda form: form.number("field", least=-90, most=90), typed, value, sentence)


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2026-12-19", date(2026, 12, 19)),
        ("19/12/2026", date(2026, 12, 19)),
        ("1/2/2026", date(2026, 2, 1)),
        ("", None),
        ("31/02/2026", None),
        ("19/12/26", None),
        ("demain", None),
        ("2026-W01-1", None),
        ("20261219", None),
        ("//", None),
        ("9" * 5000, None),
    ],
)
def test_a_day_is_written_in_two_ways(typed: str, value: date | None) -> None:
    _check(lambda form: form.day("field"), typed, value, "Écrivez une date, par exemple 19/12/2026.")


def test_the_first_thing_wrong_with_a_field_is_the_one_that_is_said() -> None:
    form = _form(title="")
    form.text("title", least=1, most=5)
    form.refuse("title", Reason.FIELD_TOO_LONG, most=5)
    form.take(Refused(Reason.FIELD_NOT_A_CHOICE, field="title"))
    assert form.errors == {"title": "Remplissez ce champ."}


def test_what_a_rule_refuses_stands_beside_the_field_that_it_names() -> None:
    form = _form()
    form.take(Refused(Reason.NAME_TAKEN, field="name"), "email")
    form.take(Refused(Reason.SIGN_IN_WRONG), "email")
    form.take(Refused(Reason.FORBIDDEN))
    assert set(form.errors) == {"name", "email", ""}
