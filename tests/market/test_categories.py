"""The categories as the association finds them."""

from fedivoisin.market import categories


def test_ten_roots_stand_in_order_with_their_subs() -> None:
    assert [root.id for root in categories.roots()][:3] == ["logement", "transport", "alimentation"]
    assert len(categories.roots()) == 10
    assert next(sub.id for sub in categories.subs("animaux")) == "animaux/garde"
    assert categories.subs("rien") == ()


def test_a_sub_category_has_its_own_notice_or_its_roots() -> None:
    jobbing, menage, velo = map(categories.find, ("emploi/jobbing", "services/menage", "transport/velo"))
    assert jobbing
    assert jobbing.notice
    assert jobbing.notice.id == "cesu"
    assert menage
    assert menage.notice == jobbing.notice
    assert velo
    assert velo.notice is None


def test_names_and_notices_are_said_in_two_languages() -> None:
    found = categories.find("alimentation/jardin")
    assert found
    assert found.notice
    assert (found.name("fr"), found.name("en")) == ("Produits du jardin", "Garden produce")
    assert found.notice.text("fr") != found.notice.text("br") == found.notice.text("en")


def test_only_a_sub_category_holds_listings() -> None:
    assert categories.is_leaf("transport/velo")
    assert not categories.is_leaf("transport")
    assert not categories.is_leaf("transport/rien")


def test_a_category_has_a_url_and_comes_back_from_it() -> None:
    url = categories.url_of("transport/velo")
    assert url == "https://w3id.org/fedivoisin/categories#transport/velo"
    assert categories.from_url(url) == "transport/velo"
    assert categories.from_url(categories.url_of("transport/rien")) is None
    assert categories.from_url("transport/velo") is None
