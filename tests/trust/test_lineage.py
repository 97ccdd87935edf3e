"""Load is conserved along the edges: every fake weighs on those who let it in (TRUST.md §2, T1)."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from fedivoisin.ids import MemberId
from fedivoisin.trust.lineage import Edge, loads

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def edges(*admissions: tuple[str, str]) -> list[Edge]:
    """("c", "ab"): a and b admitted c; one admission a day."""
    return [
        Edge(MemberId(child), MemberId(parent), len(parents), day(number))
        for number, (child, parents) in enumerate(admissions)
        for parent in parents
    ]


def test_each_sponsor_bears_an_equal_share() -> None:
    found = loads(edges(("c", "ab")), roots={MemberId("a"), MemberId("b")}, met={})
    assert found == {"a": Fraction(3, 2), "b": Fraction(3, 2), "c": Fraction(1)}


def test_load_flows_all_the_way_up() -> None:
    found = loads(edges(("c", "ab"), ("d", "ac"), ("e", "cd")), roots={MemberId("a"), MemberId("b")}, met={})
    assert found[MemberId("d")] == Fraction(3, 2)
    assert found[MemberId("c")] == 1 + Fraction(1, 2) + Fraction(3, 4)
    assert found[MemberId("a")] + found[MemberId("b")] == 5


def test_a_root_charges_nobody_even_when_it_was_sponsored_once() -> None:
    assert loads(edges(("c", "ab")), roots={MemberId("c")}, met={})[MemberId("a")] == 1


def test_whoever_was_met_starts_again_at_one_and_charges_nobody() -> None:
    town = edges(("c", "ab"), ("d", "ac"), ("e", "ac"))
    found = loads(town, roots=set(), met={MemberId("c"): day(1)})
    assert found[MemberId("c")] == 1 + Fraction(1, 2)  # e came on day 2; d, on day 1, counts no more
    assert found[MemberId("a")] == 1 + Fraction(1, 2) + Fraction(1, 2)


def test_an_empty_town_has_no_load() -> None:
    assert loads([], roots=set(), met={}) == {}


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Edge], set[MemberId]]:
    """Two founders, then people admitted one by one, each by two or three of those who were in."""
    people = [MemberId("root-0"), MemberId("root-1")]
    town: list[Edge] = []
    for number in range(draw(st.integers(0, 25))):
        sponsors = draw(st.lists(st.sampled_from(people), min_size=2, max_size=min(3, len(people)), unique=True))
        child = MemberId(f"member-{number}")
        town += [Edge(child, sponsor, len(sponsors), day(number)) for sponsor in sponsors]
        people.append(child)
    return town, {MemberId("root-0"), MemberId("root-1")}


@given(towns())
def test_the_load_of_the_roots_is_the_whole_town(town: tuple[list[Edge], set[MemberId]]) -> None:
    admissions, roots = town
    found = loads(admissions, roots=roots, met={})
    if found:
        everybody = len({edge.child for edge in admissions} | roots)
        assert sum(found.get(root, Fraction(1)) for root in roots) == everybody


@given(towns(), st.data())
def test_the_order_of_the_facts_does_not_matter(town: tuple[list[Edge], set[MemberId]], facts: st.DataObject) -> None:
    admissions, roots = town
    shuffled = facts.draw(st.permutations(admissions))
    assert loads(shuffled, roots=roots, met={}) == loads(admissions, roots=roots, met={})


@given(towns())
def test_nobody_weighs_less_than_themselves(town: tuple[list[Edge], set[MemberId]]) -> None:
    assert all(load >= 1 for load in loads(town[0], roots=town[1], met={}).values())
