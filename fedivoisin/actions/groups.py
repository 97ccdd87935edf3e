"""One Group for each root category, so that people elsewhere can follow just what they look for (FEP-1b12)."""

from fedivoisin.community.groups import GroupOpened, names_for
from fedivoisin.ids import ActorId
from fedivoisin.market import categories
from fedivoisin.store import actors, events, neighbourhoods, residents
from fedivoisin.store.db import Tx
from fedivoisin.store.keys import KeyPairs
from fedivoisin.store.neighbourhoods import Neighbourhood

SUMMARIES = {
    "fr": "Les annonces « {category} » de {place}. Suivez ce compte pour les voir dans votre fil.",
    "en": "Listings under “{category}” in {place}. Follow this account to see them in your timeline.",
}


async def missing(tx: Tx) -> list[str]:
    """The roots that have no Group yet; none before the neighbourhood is founded."""
    if (await neighbourhoods.current(tx)).founded_at is None:
        return []
    roots = [root.id for root in categories.roots()]
    known = await actors.categories_with_group(tx, roots)
    return [root for root in roots if root not in known]


async def open_category(tx: Tx, root: str, keys: KeyPairs) -> ActorId | None:
    """Give a root its Group; None when it has one, for two processes may be at it."""
    if root not in await missing(tx):
        return None
    here = await neighbourhoods.current(tx)
    slug = await _free_name(tx, root)
    group = await residents.add_group(
        tx, keys, origin=here.base, slug=slug, display_name=title(here, root), category=root
    )
    await residents.change(tx, group, summary=_summary(here, root))
    await events.record(tx, GroupOpened(group, root), subject=group, by=None)
    return group


async def rename(tx: Tx) -> None:
    """The neighbourhood is called otherwise: so are its actors."""
    here = await neighbourhoods.current(tx)
    for actor_id in filter(None, (here.group_id, here.instance_id)):
        await residents.change(tx, actor_id, display_name=_place(here))
    for one in await actors.local_groups(tx):
        if one.category is not None:
            words = {"display_name": title(here, one.category), "summary": _summary(here, one.category)}
            await residents.change(tx, one.id, **words)


def title(here: Neighbourhood, root: str) -> str:
    """« Vide-grenier · Doulon, Nantes »"""
    return f"{_called(here, root)} · {_place(here)}"


async def _free_name(tx: Tx, root: str) -> str:
    names = names_for(root)
    name = next(names)
    while await residents.is_taken(tx, name):
        name = next(names)
    return name


def _summary(here: Neighbourhood, root: str) -> str:
    words = SUMMARIES.get(here.language, SUMMARIES["en"])
    return words.format(category=_called(here, root), place=_place(here))


def _called(here: Neighbourhood, root: str) -> str:
    found = categories.find(root)
    return found.name(here.language) if found is not None else root


def _place(here: Neighbourhood) -> str:
    return f"{here.name}, {here.commune}"
