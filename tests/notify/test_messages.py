"""Each event that concerns somebody tells them so, in their language; the others are silent."""

from dataclasses import dataclass
from typing import Any

import pytest

from fedivoisin.actions import accounts as own
from fedivoisin.actions import admission, conversations, moderation
from fedivoisin.actions import listings as own_listings
from fedivoisin.actions.accounts import NewAccount, create
from fedivoisin.actions.moderation import Decision
from fedivoisin.ids import ActorId, ListingId, MemberId
from fedivoisin.notify import letters, messages
from fedivoisin.store import accounts, events, listings, mails, members, neighbourhoods
from fedivoisin.store.db import Store, Tx
from fedivoisin.store.mail_tokens import Purpose
from fedivoisin.store.mails import NewMail
from fedivoisin.store.reports import NewReport
from fedivoisin.trust.decisions import Breach, Measure
from fedivoisin.trust.events import AccountSuspended, Admitted, CandidacyRequested, PasswordChanged
from fedivoisin.trust.roles import Role
from tests.fakes import FakeWorld, key_pair
from tests.makers import a_listing, put_actor, put_neighbourhood

MAIL = {"host": "smtp.example", "port": 587, "security": "starttls", "sender": "q@nantes.example"}
LISTING = ListingId("listing-1")


@dataclass(frozen=True, slots=True)
class People:
    """Awa administers, Paul is an English-speaking referent, Léo just came."""

    awa: MemberId
    paul: MemberId
    leo: MemberId


@pytest.fixture
async def people(store: Store) -> People:
    """A founded neighbourhood that sends mail."""

    async def put(tx: Tx) -> People:
        await put_neighbourhood(
            tx, mail=MAIL, contact_email="bonjour@nantes.example", help_name="Awa", help_telephone="02 61 91 00 12"
        )
        awa = await create(tx, NewAccount("Awa", "awa@x.example", roles=frozenset({Role.ADMIN})), key_pair(0))
        paul = await create(
            tx,
            NewAccount("Paul", "paul@x.example", language="en", roles=frozenset({Role.REFERENT, Role.MODERATEUR})),
            key_pair(1),
        )
        leo = await create(tx, NewAccount("Léo", "leo@x.example"), key_pair(2))
        for member in (awa, paul):
            await members.ask(tx, member, words="", invitation=None, ambassador=None)
            await members.admit(tx, Admitted(member, (), "founder", tx.now))
        await members.ask(tx, leo, words="J’habite rue du Port.", invitation=None, ambassador=awa)
        await listings.insert(tx, a_listing(author=awa))
        return People(awa, paul, leo)

    return await store.write(put)


async def _told(store: Store) -> list[NewMail]:
    """Every mail of the events that wait, as the worker writes them."""

    async def work(tx: Tx) -> list[NewMail] | None:
        told: list[NewMail] = []
        claimed = await events.claim(tx, limit=50)
        for recorded in claimed:
            told += await messages.for_event(tx, recorded)
        await events.done_all(tx, [recorded.id for recorded in claimed])
        return told if claimed else None

    found: list[NewMail] = []
    while (batch := await store.write(work)) is not None:
        found += batch
    return found


async def _only(store: Store, recipient: str) -> NewMail:
    mine = [mail for mail in await _told(store) if mail.recipient == recipient]
    assert len(mine) == 1
    return mine[0]


async def test_a_request_reaches_the_ambassador_and_the_referents(store: Store, people: People) -> None:
    async def ask(tx: Tx) -> None:
        await events.record(tx, CandidacyRequested(people.leo, people.awa, None), subject=people.leo, by=people.leo)

    await store.write(ask)
    told = {mail.recipient: mail for mail in await _told(store)}
    assert set(told) == {"awa@x.example", "paul@x.example"}
    french, english = told["awa@x.example"], told["paul@x.example"]
    assert french.subject == "Léo demande à entrer"
    assert "avec votre invitation" in french.text
    assert "« J’habite rue du Port. »" in french.text
    assert "https://nantes.example/candidats/leo" in french.text
    assert french.headers == {"List-Unsubscribe": "<mailto:bonjour@nantes.example?subject=stop>"}
    assert english.subject == "Léo asks to join"
    assert english.text.startswith("Hello Paul,\n\nLéo asks to join.")
    assert "Awa will help you on 02 61 91 00 12" in english.text


async def test_the_first_sponsor_is_told_and_the_second_opens_the_door(
    store: Store, people: People, world: FakeWorld
) -> None:
    await store.write(admission.sponsor, sponsor=people.awa, candidate=people.leo, has_accepted=True)
    first = await _only(store, "leo@x.example")
    assert first.subject == "Awa a dit oui"
    assert "Il manque un parrain ou une marraine." in first.text
    world.pass_time(days=1)
    await store.write(admission.sponsor, sponsor=people.paul, candidate=people.leo, has_accepted=True)
    second = await _only(store, "leo@x.example")
    assert second.subject == "La porte est ouverte"
    assert "Awa et Paul vous parrainent." in second.text or "Paul et Awa vous parrainent." in second.text


async def test_on_the_seventh_day_the_candidate_is_told_what_is_missing(
    store: Store, people: People, world: FakeWorld
) -> None:
    world.pass_time(days=8)
    await store.write(admission.remind_waiting)
    told = await _only(store, "leo@x.example")
    assert told.subject == "Il vous manque 2 parrains ou marraines"
    assert "List-Unsubscribe" in told.headers


async def test_a_refusal_says_why(store: Store, people: People) -> None:
    await store.write(admission.refuse, by=people.awa, candidate=people.leo, reason="Compte de démarchage")
    told = await _only(store, "leo@x.example")
    assert "Sa raison : Compte de démarchage" in told.text
    assert "bonjour@nantes.example" in told.text


async def test_an_answer_is_told_once_until_it_is_read(store: Store, people: People, world: FakeWorld) -> None:
    thread = await store.write(
        conversations.ask, listing_id=LISTING, asker_id=ActorId(people.paul), text="Est-elle libre samedi ?"
    )
    told = await _only(store, "awa@x.example")
    assert told.subject == "Paul vous écrit : Échelle double, 4 m"
    assert "Est-elle libre samedi ?" in told.text
    assert f"https://nantes.example/echanges/{thread.id}" in told.text
    world.pass_time(minutes=1)
    await store.write(conversations.answer, thread_id=thread.id, writer_id=ActorId(people.paul), text="Ou dimanche ?")
    assert await _told(store) == []
    world.pass_time(minutes=1)
    await store.write(conversations.read, thread_id=thread.id, reader_id=ActorId(people.awa))
    world.pass_time(minutes=1)
    await store.write(conversations.answer, thread_id=thread.id, writer_id=ActorId(people.paul), text="Alors ?")
    assert "Alors ?" in (await _only(store, "awa@x.example")).text


async def test_a_long_message_is_quoted_in_part(store: Store, people: People) -> None:
    await store.write(conversations.ask, listing_id=LISTING, asker_id=ActorId(people.paul), text="mot " * 500)
    assert len((await _only(store, "awa@x.example")).text) < 1500


async def test_a_visible_question_is_told_to_the_author_alone(store: Store, people: People) -> None:
    await store.write(
        conversations.ask_in_public, listing_id=LISTING, writer_id=ActorId(people.paul), text="Quelle hauteur ?"
    )
    told = await _told(store)
    assert [(mail.recipient, mail.subject) for mail in told] == [
        ("awa@x.example", "Une question sur « Échelle double, 4 m »")
    ]
    await store.write(
        conversations.ask_in_public, listing_id=LISTING, writer_id=ActorId(people.awa), text="Quatre mètres."
    )
    assert await _told(store) == []


async def test_before_its_end_the_author_is_asked_whether_it_is_still_free(
    store: Store, people: People, world: FakeWorld
) -> None:
    world.pass_time(days=28)
    await store.write(own_listings.ask_if_still_free)
    told = await _only(store, "awa@x.example")
    assert told.subject == "« Échelle double, 4 m » : toujours libre ?"
    assert "https://nantes.example/toujours-libre/" in told.text
    assert "List-Unsubscribe" in told.headers


async def test_a_hidden_listing_comes_with_its_reasons(store: Store, people: People) -> None:
    report_id = await store.write(
        moderation.report,
        NewReport(reason="objet-interdit", words="", listing_id=LISTING),
        network="192.0.2.1",
    )
    moderators = {mail.recipient for mail in await _told(store)}
    assert moderators == {"awa@x.example", "paul@x.example"}
    decision = Decision(measure=Measure.HIDE, ground=Breach.FORBIDDEN_OBJECT, facts="On n’y prête pas d’échelle.")
    await store.write(moderation.decide, report_id, decision, by=people.paul)
    told = await _only(store, "awa@x.example")
    assert told.subject == "Votre annonce n’est plus visible"
    assert "On n’y prête pas d’échelle." in told.text
    assert "Vous pouvez contester jusqu’au 13 septembre 2026" in told.text
    await store.write(moderation.show_again, LISTING, by=people.paul)
    assert (await _only(store, "awa@x.example")).subject == "Votre annonce est de nouveau visible"


@pytest.mark.parametrize(
    ("purpose", "path"),
    [(Purpose.SIGN_IN, "/lien/"), (Purpose.RESET, "/mot-de-passe/")],
)
async def test_a_link_is_mailed_and_its_word_forgotten(
    store: Store, people: People, purpose: Purpose, path: str
) -> None:
    await store.write(own.ask_link, email="leo@x.example", purpose=purpose, token="le-mot", network="192.0.2.1")
    told = await _only(store, "leo@x.example")
    assert f"https://nantes.example{path}le-mot" in told.text
    async with store.read() as tx:
        assert "le-mot" not in str((await tx.conn.exec_driver_sql("SELECT secret FROM mail_token")).all())


async def test_a_new_address_is_confirmed_by_itself(store: Store, people: People) -> None:
    await store.write(own.ask_new_email, member=people.leo, email="leo@new.example", token="le-mot")
    told = await _told(store)
    assert [(mail.recipient, mail.subject) for mail in told] == [("leo@new.example", "Confirmez votre adresse")]


async def test_a_changed_password_and_a_suspension_are_told(store: Store, people: People) -> None:
    async def change(tx: Tx) -> None:
        await events.record(tx, PasswordChanged(people.leo), subject=people.leo, by=people.leo)
        await events.record(tx, AccountSuspended(people.leo), subject=people.leo, by=people.awa)

    await store.write(change)
    assert [mail.subject for mail in await _told(store)] == ["Votre mot de passe a changé", "Votre compte est suspendu"]


async def test_without_a_mail_server_nothing_is_written(store: Store, people: People) -> None:
    await store.write(neighbourhoods.change, mail={})
    await store.write(admission.sponsor, sponsor=people.awa, candidate=people.leo, has_accepted=True)
    assert await _told(store) == []


async def test_somebody_without_an_address_gets_no_mail(store: Store, people: People) -> None:
    await store.write(accounts.change, people.leo, email=None)
    await store.write(admission.sponsor, sponsor=people.awa, candidate=people.leo, has_accepted=True)
    assert await _told(store) == []


async def test_people_of_other_towns_hear_from_their_own(store: Store, people: People) -> None:
    async def put(tx: Tx) -> None:
        mael = await put_actor(tx, "mael", host="rennes.example")
        await listings.insert(tx, a_listing(2, author=mael, is_local=False, url="https://rennes.example/2"))

    await store.write(put)
    await store.write(
        conversations.ask, listing_id=ListingId("listing-2"), asker_id=ActorId(people.awa), text="Bonjour"
    )
    assert await _told(store) == []


async def test_in_trial_mode_links_lead_to_this_machine(store: Store, people: People) -> None:
    await store.write(neighbourhoods.change, origin="")
    await store.write(own.ask_link, email="leo@x.example", purpose=Purpose.RESET, token="m", network="192.0.2.1")

    async def work(tx: Tx) -> list[NewMail]:
        recorded = (await events.claim(tx, limit=1))[0]
        return await messages.for_event(tx, recorded, trial_address="http://localhost:8011")

    told = await store.write(work)
    assert "http://localhost:8011/mot-de-passe/m" in told[0].text
    await store.write(mails.put, told)


def test_each_letter_exists_in_both_languages() -> None:
    french, english = (set(letters.environment(language).list_templates()) for language in ("fr", "en"))
    assert french == english
    assert len(french) == 17


@pytest.mark.parametrize("language", ["fr", "en"])
def test_mails_have_no_jargon(language: str) -> None:
    loader: Any = letters.environment(language).loader
    for name in letters.environment(language).list_templates():
        text, _, _ = loader.get_source(letters.environment(language), name)
        assert not {"instance", "ActivityPub", "fediverse", "utilisateur"} & set(text.split())
