"""Those who arrive together take each step together; one that fails takes no other with it."""

import asyncio
from dataclasses import dataclass, field

import pytest

from fedivoisin.activitypub import together
from fedivoisin.activitypub.together import AT_ONCE, Together


@dataclass(slots=True)
class Guest:
    name: str
    passed: "asyncio.Future[bool]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True)
class House:
    """Notes who takes which step."""

    taken: list[str] = field(default_factory=list[str])

    def ring(self, guest: Guest) -> bool:
        self.taken.append(f"{guest.name} rings")
        if guest.name == "eve":
            raise ValueError(guest.name)
        return guest.name != "stranger"

    def enter(self, guest: Guest) -> bool:
        self.taken.append(f"{guest.name} enters")
        guest.passed.set_result(True)
        return True

    def door(self) -> Together[Guest]:
        return Together((self.ring, self.enter))


async def test_each_step_is_taken_by_all_before_the_next() -> None:
    house = House()
    door, guests = house.door(), [Guest("awa"), Guest("bob")]
    for guest in guests:
        door.join(guest)
    assert not house.taken
    assert await asyncio.gather(*[guest.passed for guest in guests]) == [True, True]
    assert house.taken == ["awa rings", "bob rings", "awa enters", "bob enters"]


async def test_who_fails_or_must_go_on_alone_stops_nobody_else() -> None:
    house = House()
    door, guests = house.door(), [Guest("eve"), Guest("stranger"), Guest("awa")]
    for guest in guests:
        door.join(guest)
    with pytest.raises(ValueError, match="eve"):
        await guests[0].passed
    assert not await guests[1].passed
    assert await guests[2].passed
    assert house.taken[-1:] == ["awa enters"]


async def test_who_has_left_takes_no_step() -> None:
    house = House()
    door, gone, awa = house.door(), Guest("gone"), Guest("awa")
    door.join(gone)
    door.join(awa)
    gone.passed.cancel()
    assert await awa.passed
    assert house.taken == ["awa rings", "awa enters"]


async def test_a_crowd_goes_in_several_turns_and_others_may_come_between() -> None:
    house = House()
    door, guests = house.door(), [Guest(str(number)) for number in range(AT_ONCE + 1)]
    for guest in guests:
        door.join(guest)
    asyncio.get_running_loop().call_soon(house.taken.append, "somebody else")
    assert all(await asyncio.gather(*[guest.passed for guest in guests]))
    assert house.taken[2 * AT_ONCE :] == ["somebody else", f"{AT_ONCE} rings", f"{AT_ONCE} enters"]


async def test_where_a_step_takes_long_others_may_come_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "LONGEST", 0.0)
    house = House()
    door, guests = house.door(), [Guest("awa"), Guest("bob"), Guest("eve")]
    for guest in guests:
        door.join(guest)
    asyncio.get_running_loop().call_soon(house.taken.append, "somebody else")
    ends = await asyncio.gather(*[guest.passed for guest in guests], return_exceptions=True)
    assert [type(end) for end in ends] == [bool, bool, ValueError]
    assert house.taken == ["awa rings", "somebody else", "awa enters", "bob rings", "bob enters", "eve rings"]


async def test_even_what_no_future_can_say_stops_nobody_else() -> None:
    def slip(guest: Guest) -> bool:
        return bool(next(iter([guest][: guest.name != "eve"])))

    house = House()
    door, eve, awa = Together((slip, house.enter)), Guest("eve"), Guest("awa")
    door.join(eve)
    door.join(awa)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await eve.passed
    assert await awa.passed
