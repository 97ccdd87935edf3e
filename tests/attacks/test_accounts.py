"""Access, B42–B45: sessions, guesses, the second factor, addresses that look alike."""

import re
from functools import partial

import pytest
from sqlalchemy import select

from fedivoisin.actions import accounts, invitations, staff
from fedivoisin.actions.accounts import LINK, LOGIN
from fedivoisin.ids import MemberId
from fedivoisin.store import accounts as kept
from fedivoisin.store.db import Tx
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.store.schema.accounts import mail_token
from tests.attacks.browser import Browser, signed_in
from tests.attacks.siege import Answer, Siege

pytestmark = pytest.mark.slow

PASSWORD = "cheval agrafe batterie"
NEW = "parapluie violet sur le toit"


async def test_b42_a_new_password_ends_all_other_sessions(siege: Siege) -> None:
    await _give_password(siege)
    here, there = await signed_in(siege, siege.awa, 1), await signed_in(siege, siege.awa, 2)
    old_token = here.cookies["fv"]
    assert (await there.open("/moi")).status == 200
    answer = await here.post("/moi/compte/mot-de-passe", old=PASSWORD, password=NEW, again=NEW)
    assert answer.status == 303
    assert (await here.open("/moi")).status == 200
    assert here.cookies["fv"] != old_token  # who had copied it has nothing
    for stale in (there, Browser(siege, cookies={"fv": old_token})):
        assert (await stale.open("/moi")).headers["Location"].startswith("/connexion")


async def test_b42_links_that_were_mailed_before_are_worth_nothing_after(siege: Siege) -> None:
    await _give_password(siege)
    for number, purpose in enumerate((Purpose.SIGN_IN, Purpose.RESET)):
        await siege.town.store.write(
            accounts.make_link, member=MemberId(siege.awa), purpose=purpose, token=f"link-{number}".ljust(43, "x")
        )
    awa = await signed_in(siege, siege.awa)
    await awa.post("/moi/compte/mot-de-passe", old=PASSWORD, password=NEW, again=NEW)
    thief = Browser(siege)
    await thief.open("/connexion")
    for path in ("/lien/link-0".ljust(49, "x"), "/mot-de-passe/link-1".ljust(57, "x")):
        assert (await thief.post(path, password=NEW, again=NEW)).status not in (200, 303), path


async def test_b42_a_suspension_ends_every_session_at_once(siege: Siege) -> None:
    await _give_password(siege)
    awa = await signed_in(siege, siege.awa)
    link = "link-2".ljust(43, "x")
    await siege.town.store.write(accounts.make_link, member=MemberId(siege.awa), purpose=Purpose.SIGN_IN, token=link)
    await siege.town.store.write(staff.suspend, by=siege.town.admin, member=MemberId(siege.awa))
    assert (await awa.open("/moi")).headers["Location"].startswith("/connexion")
    async with siege.unchanged():
        assert (await awa.post(f"/annonces/{siege.listing.id}/terminer")).status in (401, 403, 422)
        visitor = Browser(siege)
        await visitor.open("/connexion")
        assert (await visitor.post("/connexion", email="awa", password=PASSWORD)).status == 422
        assert (await visitor.post(f"/lien/{link}")).status not in (200, 303)
    assert "fv" not in visitor.cookies


async def test_b42_a_closed_account_has_no_session(siege: Siege) -> None:
    await _give_password(siege)
    here, there = await signed_in(siege, siege.awa, 1), await signed_in(siege, siege.awa, 2)
    assert (await here.post("/moi/fermer", sure="1", password=PASSWORD)).status == 303
    assert (await there.open("/moi")).headers["Location"].startswith("/connexion")


async def test_b43_guessing_a_password(siege: Siege) -> None:
    """Of one account, by its name or its address; the answer for an account that is none is the same."""
    await _give_password(siege)
    visitor = Browser(siege)
    await visitor.open("/connexion")
    for typed in ("awa", "personne@example.org"):
        bodies = [(await visitor.post("/connexion", email=typed, password=f"essai {n}")) for n in range(LOGIN.most)]
        assert {answer.status for answer in bodies} == {422}
        assert b"fv=" not in b"".join(answer.body for answer in bodies)
        limited = await visitor.post("/connexion", email=typed, password=PASSWORD)
        assert limited.status == 422
        assert limited.body != bodies[0].body  # it says that there were too many
    assert "fv" not in visitor.cookies


async def test_b43_a_known_and_an_unknown_account_get_the_same_answer(siege: Siege) -> None:
    await _give_password(siege)
    for path, fields in (("/connexion", {"password": "x"}), ("/lien", {}), ("/mot-de-passe", {})):
        seen = []
        for typed in ("awa@example.org", "abc@example.org"):
            visitor = Browser(siege, cookies={"fv-visit": "v" * 43})
            await visitor.open("/connexion")
            answer = await visitor.post(path, email=typed, **fields)
            seen.append((answer.status, answer.headers.get("Location"), _plain(answer.body, typed, visitor.csrf)))
        assert seen[0] == seen[1], path


async def test_b43_many_links_for_one_address(siege: Siege) -> None:
    """Nobody's mailbox is filled from here."""
    visitor = Browser(siege)
    await visitor.open("/connexion")
    spellings = ("awa@example.org", "AWA@example.org", " awa@example.org ", "Awa@Example.Org")
    answers = [await visitor.post(path, email=one) for one in spellings for path in ("/lien", "/mot-de-passe")]
    assert [answer.status for answer in answers].count(303) == LINK.most
    assert len(await siege.town.read(_links)) == LINK.most


async def test_b43_trying_invitation_codes_through(siege: Siege) -> None:
    code = await siege.town.store.write(invitations.make_code, ambassador=MemberId(siege.awa), street="")
    visitor = Browser(siege)
    await visitor.open("/code")
    most = invitations.WRONG_CODES_OF_NETWORK.most
    ways = ("/code", "/i/", "/demander?code=")
    for number in range(most):
        wrong = f"NTE-{(int(code[-4:]) + 1 + number) % 10_000:04}"
        way = ways[number % 3]
        answer = await visitor.post(way, code=wrong) if way == "/code" else await visitor.open(f"{way}{wrong}")
        assert answer.status in (200, 404, 422)
    assert (await visitor.post("/code", code=code)).status == 422  # now even the right one is not told apart
    assert b"Awa" not in (await visitor.open(f"/i/{code}")).body
    assert b"Awa" not in (await visitor.open(f"/demander?code={code}")).body


async def test_b43_asking_at_the_door_who_is_here_already(siege: Siege) -> None:
    """Whoever asks to enter with somebody's address learns that it is taken: few times an hour, refused or not."""
    visitor = Browser(siege)
    await visitor.open("/demander")
    person = {"display_name": "Eve", "words": "J’habite rue du Port.", "charter": "1", "password": NEW, "again": NEW}
    pages = [await visitor.post("/demander", email="awa@example.org", **person) for _ in range(12)]
    assert {page.status for page in pages} == {422}
    assert pages[-1].body != pages[0].body
    assert pages[-1].body == pages[-2].body


async def test_b43_a_borrowed_session_does_not_find_out_the_password(siege: Siege) -> None:
    await _give_password(siege)
    awa = await signed_in(siege, siege.awa)
    forms = (
        ("/moi/compte/mot-de-passe", {"old": "essai", "password": NEW, "again": NEW}),
        ("/moi/compte/adresse", {"current": "essai", "email": "eve@example.org"}),
        ("/moi/fermer", {"password": "essai", "sure": "1"}),
    )
    async with siege.unchanged():
        for number in range(LOGIN.most):
            path, fields = forms[number % 3]
            assert (await awa.post(path, **fields)).status == 422
        right = {"old": PASSWORD, "password": NEW, "again": NEW}
        assert (await awa.post("/moi/compte/mot-de-passe", **right)).status == 422


async def test_b44_no_second_factor_stands_in_for_the_password(siege: Siege) -> None:
    """Second factors come later: no address takes one, and a sign-in with a code but no password is none."""
    await _give_password(siege)
    visitor = Browser(siege)
    await visitor.open("/connexion")
    for path in ("/connexion/code", "/connexion/totp", "/connexion/passkey", "/webauthn", "/moi/compte/totp"):
        assert (await visitor.post(path, code="000000")).status in (404, 405), path
    more: tuple[dict[str, str], ...] = (
        {},
        {"password": ""},
        {"code": "000000"},
        {"totp": "000000", "password": ""},
        {"second_factor": "1"},
    )
    for fields in more:
        assert (await visitor.post("/connexion", email="awa", **fields)).status == 422, fields
    assert "fv" not in visitor.cookies


async def test_b45_spellings_of_one_address_are_one_account(siege: Siege) -> None:
    """Case and blanks do not make a second account, nor reach another's mailbox: mail goes to the address kept here."""
    visitor = Browser(siege)
    await visitor.open("/demander")
    for typed in ("AWA@example.org", " awa@EXAMPLE.org", "Awa@Example.Org "):
        page = await _ask(visitor, typed)
        assert page.status == 422, typed
    alike = ("awａ@example.org", "awа@example.org", "awa@exаmple.org", "awa+1@example.org", "awa@example.org.evil.org")
    for typed in alike:  # fullwidth, Cyrillic, a sub-address: other mailboxes, so never hers
        await visitor.post("/mot-de-passe", email=typed)
        assert await siege.town.read(partial(kept.by_email, email=typed)) is None, typed
    assert await siege.town.read(_links) == []


async def test_b45_addresses_that_are_several_or_hide_something(siege: Siege) -> None:
    wrong = (
        "awa@example.org,eve@evil.example",
        "awa@example.org\r\nBcc: eve@evil.example",
        "eve@evil.example <awa@example.org>",
        "awa@example.org\x00@evil.example",
        '"awa@example.org"@evil.example',
        "eve@evil.example@example.org",
        "awa\u200b@example.org",
        "awa@example.org\u202e",
        "awa@[127.0.0.1]",
        "awa@localhost",
        "awa@",
        "@example.org",
        "a" * 250 + "@example.org",
        "awa@example..org",
    )
    awa = await signed_in(siege, siege.awa)
    await _give_password(siege)
    async with siege.unchanged():
        for typed in wrong:
            answer = await awa.post("/moi/compte/adresse", current=PASSWORD, email=typed)
            assert answer.status == 422, repr(typed)


async def _ask(visitor: Browser, email: str) -> Answer:
    person = {"display_name": "Eve", "words": "J’habite rue du Port.", "charter": "1", "password": NEW, "again": NEW}
    return await visitor.post("/demander", email=email, **person)


async def _give_password(siege: Siege) -> None:
    hashed = await siege.town.world.hash_password(PASSWORD)

    async def write(tx: Tx) -> None:
        await kept.change(tx, MemberId(siege.awa), password=hashed)

    await siege.town.store.write(write)


async def _links(tx: Tx) -> list[str]:
    rows = await tx.conn.execute(select(mail_token.c.token_hash))
    return list(rows.scalars())


def _plain(body: bytes, typed: str, csrf: str) -> str:
    text = body.decode().replace(typed, "").replace(csrf, "")
    return re.sub(r'nonce="[^"]*"', "", text)
