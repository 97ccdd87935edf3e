"""Activities that lack something are carried out beside all others: whoever serves it drop by drop holds up nobody."""

from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field

from fedivoisin.activitypub import carrying
from fedivoisin.activitypub.carrying import Lacking
from fedivoisin.activitypub.fresh import Taken
from fedivoisin.activitypub.inbox import Reception
from fedivoisin.store.inbox import Received
from fedivoisin.urls import authority_of

MOST_SPEAKERS = 64
"""At work at once; each waits for other servers most of the time."""
MOST_SPEAKERS_OF_A_HOST = 8
MOST = 2_000
MOST_OF_A_HOST = 100
"""Activities that wait here; what comes beyond is put off."""
AT_ONCE = 20
"""Of one speaker, in one turn of `carrying.LONGEST_ALONE` seconds."""

Start = Callable[[Coroutine[object, object, None]], None]
"""Runs a task beside the others, and survives its failure."""


@dataclass(slots=True)
class Apart:
    """One per process that carries out. What one speaker says keeps its order: while something of theirs is here, what
    they say next comes here too.
    """

    reception: Reception
    start: Start
    ended: Callable[[str], None]
    """Hears how each ended."""
    _said: dict[str, deque[Lacking]] = field(default_factory=dict[str, deque[Lacking]])
    """By speaker, in the order in which it came."""
    _at_work: set[str] = field(default_factory=set[str])

    async def carry_out(self, rows: Sequence[Received | Taken]) -> None:
        """Carry out what needs nothing but the database, and see to it that the rest is carried out."""
        ended, lacking = await carrying.carry_out(self.reception, rows, behind=frozenset(self._said))
        self._tell(ended)
        waiting = self._of_hosts()
        for one in lacking:
            host = authority_of(one.actor_url)
            if waiting[host] >= MOST_OF_A_HOST or waiting.total() >= MOST:
                self._tell([await carrying.put_off(self.reception, one)])
                continue
            waiting[host] += 1
            self._said.setdefault(one.actor_url, deque()).append(one)
        self._begin()

    def _of_hosts(self) -> Counter[str]:
        waiting: Counter[str] = Counter()
        for speaker, said in self._said.items():
            waiting[authority_of(speaker)] += len(said)
        return waiting

    def _begin(self) -> None:
        busy = Counter(authority_of(speaker) for speaker in self._at_work)
        for speaker in self._said:
            host = authority_of(speaker)
            if len(self._at_work) >= MOST_SPEAKERS:
                return
            if speaker not in self._at_work and busy[host] < MOST_SPEAKERS_OF_A_HOST:
                busy[host] += 1
                self._at_work.add(speaker)
                self.start(self._hear(speaker))

    async def _hear(self, speaker: str) -> None:
        said = self._said[speaker]
        try:
            while said:
                these = [said[number] for number in range(min(AT_ONCE, len(said)))]
                self._tell(await carrying.in_order(self.reception, these))
                for _ in these:
                    said.popleft()
        finally:
            del self._said[speaker]
            self._at_work.discard(speaker)
            self._begin()

    def _tell(self, ends: Sequence[str]) -> None:
        for end in ends:
            self.ended(end)
