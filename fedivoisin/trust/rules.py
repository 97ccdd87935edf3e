"""The numbers of TRUST.md §2: an association may raise `sponsors_needed`, never lower it under two."""

from dataclasses import dataclass
from datetime import timedelta

FEWEST_SPONSORS = 2
CHARTER = "v1"


@dataclass(frozen=True, slots=True)
class Rules:
    """What admission asks for. Every field is a default of TRUST.md."""

    sponsors_needed: int = FEWEST_SPONSORS
    seniority: timedelta = timedelta(days=60)
    stock: int = 10
    guarantee: timedelta = timedelta(days=365)
    cooling: timedelta = timedelta(days=7)
    across_instances: int = 3
    offer_lasts: timedelta = timedelta(days=60)
    sponsorship_lasts: timedelta = timedelta(days=730)
    membership_lasts: timedelta = timedelta(days=365)
    founding: timedelta = timedelta(days=60)
    founders: int = 20
    to_responsor: timedelta = timedelta(days=90)
    lineage_limit: int = 50
    reminder: timedelta = timedelta(days=7)

    def __post_init__(self) -> None:
        if self.sponsors_needed < FEWEST_SPONSORS:
            raise ValueError("an admission needs at least two sponsors")
