"""Trust in plain words, as LOOK.md writes them."""

import pytest

from fedivoisin.ids import MemberId
from fedivoisin.trust.path import Known, Path, Step, Tie
from fedivoisin.web.devices import device_name
from fedivoisin.web.ties import path_card
from tests.browsing import FIREFOX

PAUL, AWA = Known(MemberId("paul"), "Paul", "ami"), Known(MemberId("awa"), "Awa", "amie")
SOIZIC, LEO = Known(MemberId("soizic"), "Soizic", "amie"), Known(MemberId("leo"), "Léo", "ami")
GONE, LOU = Known(MemberId("gone"), "", "neutre"), Known(MemberId("lou"), "Lou", "neutre")


def same(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("steps", "words", "initials"),
    [
        ([(Tie.SPONSORS, PAUL)], "Paul, que vous parrainez", "VP"),
        ([(Tie.SPONSORED_BY, AWA)], "Awa, votre marraine", "VA"),
        ([(Tie.SPONSORED_BY, PAUL)], "Paul, votre parrain", "VP"),
        ([(Tie.SPONSORED_BY, LOU)], "Lou, qui vous parraine", "VL"),
        ([(Tie.SPONSORS, PAUL), (Tie.SPONSORED_BY, SOIZIC)], "Soizic, amie de Paul, que vous parrainez", "VPS"),
        ([(Tie.SPONSORED_BY, AWA), (Tie.SPONSORED_BY, SOIZIC)], "Soizic, amie d’Awa, votre marraine", "VAS"),
        ([(Tie.SPONSORED_BY, AWA), (Tie.SPONSORS, LEO)], "Léo, parrainé par Awa, votre marraine", "VAL"),
        ([(Tie.SPONSORED_BY, PAUL), (Tie.SPONSORS, SOIZIC)], "Soizic, parrainée par Paul, votre parrain", "VPS"),
        ([(Tie.SPONSORS, AWA), (Tie.SPONSORS, LOU)], "Lou, du cercle d’Awa, que vous parrainez", "VAL"),
        (
            [(Tie.SPONSORS, PAUL), (Tie.SPONSORED_BY, GONE), (Tie.SPONSORED_BY, LEO)],
            "Léo, ami d’un ancien membre, du cercle de Paul, que vous parrainez",
            "VPL",
        ),
    ],
)
def test_a_path_reads_from_the_far_end_back_to_the_reader(
    steps: list[tuple[Tie, Known]], words: str, initials: str
) -> None:
    card = path_card(Path(tuple(Step(*step) for step in steps)), same)
    assert card is not None
    assert card.words == words
    assert "".join(card.initials) == initials


def test_no_path_stays_none() -> None:
    assert path_card(None, same) is None


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (FIREFOX, "Firefox, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) AppleWebKit/605 Version/18.0 Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140", "Edge, Windows"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_as_its_owner_would(sent: str, shown: str) -> None:
    assert device_name(sent) == shown
