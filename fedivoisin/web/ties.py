"""The vouching path in full words: « Soizic, amie de Paul, que vous parrainez »."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from fedivoisin.trust.path import Known, Path, Step, Tie

Translate = Callable[[str], str]
_VOWELS = "aàâäeéèêëiîïoôöuùûüyhœæ"


@dataclass(frozen=True, slots=True)
class PathCard:
    """What `trust_path` shows: words, and one initial per person with the reader first."""

    words: str
    initials: tuple[str, ...]


def path_card(path: Path | None, translate: Translate) -> PathCard | None:
    """None stays none: « Aucun lien connu »."""
    if path is None:
        return None
    back = list(reversed(path.steps))
    friends = [_friend(step, before.to, translate) for step, before in pairwise(back)]
    parts = [named(path.end, translate), *friends, _to_reader(path.steps[0], translate)]
    return PathCard(", ".join(parts), (translate("V"), *path.initials))


def named(person: Known, translate: Translate) -> str:
    """Their name; those who left have none any more."""
    return person.name or translate("un ancien membre")


def agreed(agreement: str, *, ami: str, amie: str, neutral: str) -> str:
    """The form that the person chose for themselves."""
    return {"ami": ami, "amie": amie}.get(agreement, neutral)


def _friend(step: Step, friend: Known, translate: Translate) -> str:
    # Three agreements, each before a consonant and before a vowel: French elides, the catalogues need whole phrases.
    name, chosen = named(friend, translate), step.to.agreement
    elides = name[:1].lower() in _VOWELS
    neutral = translate("du cercle d’{name}") if elides else translate("du cercle de {name}")
    if step.tie is Tie.SPONSORS:
        words = agreed(
            chosen, ami=translate("parrainé par {name}"), amie=translate("parrainée par {name}"), neutral=neutral
        )
    else:
        words = agreed(
            chosen,
            ami=translate("ami d’{name}") if elides else translate("ami de {name}"),
            amie=translate("amie d’{name}") if elides else translate("amie de {name}"),
            neutral=neutral,
        )
    return words.format(name=name)


def _to_reader(first: Step, translate: Translate) -> str:
    if first.tie is Tie.SPONSORS:
        return translate("que vous parrainez")
    return agreed(
        first.to.agreement,
        ami=translate("votre parrain"),
        amie=translate("votre marraine"),
        neutral=translate("qui vous parraine"),
    )
