"""A path, seen from both ends."""

from fedivoisin.ids import MemberId
from fedivoisin.trust.path import Known, Path, Step, Tie
from fedivoisin.trust.roles import Role, may_administer, may_moderate

PAUL = Known(MemberId("paul"), "Paul", "ami")
SOIZIC = Known(MemberId("soizic"), "soizic", "amie")


def test_a_path_names_its_end_its_middle_and_its_first_tie() -> None:
    path = Path((Step(Tie.SPONSORS, PAUL), Step(Tie.SPONSORED_BY, SOIZIC)))
    assert path.end == SOIZIC
    assert path.between == (PAUL,)
    assert path.first is Tie.SPONSORS
    assert path.initials == ("P", "S")


def test_moderators_moderate_and_admins_do_both() -> None:
    assert may_moderate({Role.MODERATEUR})
    assert may_moderate({Role.ADMIN})
    assert not may_moderate({Role.ADHERENT, Role.REFERENT})
    assert may_administer({Role.ADMIN})
    assert not may_administer({Role.MODERATEUR})
