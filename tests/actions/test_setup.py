"""The first run ends in one write, or in none."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from fedivoisin.actions import setup
from fedivoisin.actions.accounts import NewAccount
from fedivoisin.actions.founding import Answers, FirstKeys
from fedivoisin.errors import Reason, Refused
from fedivoisin.store import accounts, actors, events, keys, members, neighbourhoods
from fedivoisin.store.db import Store
from fedivoisin.trust.events import NeighbourhoodFounded
from fedivoisin.trust.roles import Role
from tests.fakes import FakeWorld, key_pair

WORD = hashlib.sha256(b"le-mot").hexdigest()
KEYS = FirstKeys(key_pair(0), key_pair(1), key_pair(2))
ANSWERS = Answers(
    origin="https://voisins.example",
    name="Doulon",
    commune="Nantes",
    department="44",
    slug="doulon",
    latitude=47.2351,
    longitude=-1.5187,
    language="fr",
    sponsors_needed=2,
    contact_email="bonjour@voisins.example",
    help_name="Awa",
    help_hours="mardi et jeudi",
    help_telephone="02 61 91 00 12",
    code_prefix="NTS",
    legal={"name": "Les voisins de Doulon"},
    mail={},
)
ADMIN = NewAccount("Awa Diop", "Awa@voisins.example", "$argon2id$hash", "awa", roles=setup.FOUNDER_ROLES)


@pytest.fixture
async def waiting(store: Store) -> Store:
    """A store whose first-run questions wait."""
    await store.write(neighbourhoods.prepare, origin="", setup_hash=WORD)
    return store


async def _found(store: Store, answers: Answers = ANSWERS, admin: NewAccount = ADMIN, word: str = WORD) -> Any:
    return await store.write(setup.found, answers, admin, KEYS, setup_hash=word)


async def test_a_neighbourhood_is_founded_with_its_three_actors_and_its_admin(waiting: Store) -> None:
    admin = await _found(waiting)
    async with waiting.read() as tx:
        here = await neighbourhoods.current(tx)
        group = await actors.by_id(tx, here.group_id or "")
        instance = await actors.by_id(tx, here.instance_id or "")
        account = await accounts.of(tx, admin)
        membership = await members.of(tx, admin)
        signing = await keys.to_sign_with(tx, here.instance_id or "")
        journal = await events.of_types(tx, [NeighbourhoodFounded], limit=5)
    assert (here.name, here.origin, here.setup_hash, here.founded_at is not None) == (
        "Doulon",
        "https://voisins.example",
        None,
        True,
    )
    assert group is not None
    assert (group.url, group.latitude, group.longitude) == ("https://voisins.example/groups/doulon", 47.24, -1.52)
    assert instance is not None
    assert instance.url == "https://voisins.example/users/instance"
    assert account is not None
    assert account.email == "awa@voisins.example"
    assert account.email_confirmed_at is not None
    assert {Role.ADMIN, Role.REFERENT} <= account.roles
    assert membership is not None
    assert (membership.state, membership.admitted_as) == ("member", "founder")
    assert signing is not None
    assert [entry.by for entry in journal] == [admin]


async def test_the_word_opens_once(waiting: Store) -> None:
    await _found(waiting)
    with pytest.raises(Refused) as caught:
        await _found(waiting)
    assert caught.value.reason is Reason.ALREADY_FOUNDED


async def test_a_wrong_word_opens_nothing(waiting: Store) -> None:
    for wrong in ("", "0" * 64):
        with pytest.raises(Refused) as caught:
            await _found(waiting, word=wrong)
        assert caught.value.reason is Reason.SETUP_WORD_WRONG


async def test_a_refused_account_leaves_nothing_behind(waiting: Store) -> None:
    with pytest.raises(Refused) as caught:
        await _found(waiting, admin=replace(ADMIN, email="pas une adresse"))
    assert caught.value.reason is Reason.EMAIL_WRONG
    async with waiting.read() as tx:
        assert (await neighbourhoods.current(tx)).founded_at is None
        assert await actors.by_local_name(tx, "doulon") is None


async def test_the_admin_cannot_be_called_like_the_quarter(waiting: Store) -> None:
    with pytest.raises(Refused) as caught:
        await _found(waiting, admin=replace(ADMIN, name="doulon"))
    assert (caught.value.reason, caught.value.details["field"]) == (Reason.NAME_TAKEN, "name")


async def test_answers_stay_between_screens_and_go_at_the_end(waiting: Store, world: FakeWorld) -> None:
    await waiting.write(setup.keep_answers, "quartier", {"name": "Doulon"}, setup_hash=WORD)
    await waiting.write(setup.keep_answers, "courriel", {"mail_host": ""}, setup_hash=WORD)
    async with waiting.read() as tx:
        assert await neighbourhoods.setup_draft(tx) == {"quartier": {"name": "Doulon"}, "courriel": {"mail_host": ""}}
    await _found(waiting)
    async with waiting.read() as tx:
        assert await neighbourhoods.setup_draft(tx) == {}


async def test_nobody_keeps_answers_without_the_word(waiting: Store) -> None:
    with pytest.raises(Refused):
        await waiting.write(setup.keep_answers, "quartier", {"name": "X"}, setup_hash="")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Doulon", "doulon"),
        ("Hauts-Pavés – Saint-Félix", "hauts-paves-saint-felix"),
        ("L’Île d’Œuvre", "l-ile-d-oeuvre"),
        ("Bureau", "quartier-bureau"),
        ("9", "quartier-9"),
        ("Un quartier au nom vraiment beaucoup trop long", "un-quartier-au-nom-vraiment-be"),
    ],
)
def test_a_quarter_gets_an_address_that_anybody_can_type(name: str, slug: str) -> None:
    assert setup.slug_of(name) == slug


@pytest.mark.parametrize(
    ("commune", "prefix"),
    [("Nantes", "NTS"), ("Rennes", "RNS"), ("Saint-Malo", "SNT"), ("Eu", "EUX"), ("Évry", "EVR"), ("Y", "YXX")],
)
def test_printed_codes_begin_with_three_letters_of_the_commune(commune: str, prefix: str) -> None:
    assert setup.code_prefix(commune) == prefix
