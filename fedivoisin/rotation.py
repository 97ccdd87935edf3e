"""`fedivoisin keys rotate`: new keys for some of our actors, or for all, while the server runs."""

from collections.abc import Sequence
from datetime import timedelta

from fedivoisin.actions import keys as key_actions
from fedivoisin.app import new_keys, open_store
from fedivoisin.settings import SettingError, Settings
from fedivoisin.store import migrate, residents
from fedivoisin.store.actors import Actor
from fedivoisin.store.db import Store
from fedivoisin.store.keys import OVERLAP


async def rotate(settings: Settings, names: Sequence[str], *, everyone: bool, compromised: bool) -> list[str]:
    """Give new keys to the actors of these names (`awa`, `instance`, an address) or to all; their addresses.

    Without an overlap when the old keys are `compromised`. SettingError when nobody is called so, or no database is
    ready.
    """
    store = open_store(settings)
    try:
        await store.knock()
        overlap = timedelta(0) if compromised else OVERLAP
        meant = await _meant(store, names, everyone)
        for actor in meant:
            await store.write(key_actions.rotate, actor, await new_keys(), overlap=overlap)
        return [actor.url for actor in meant]
    finally:
        await store.close()


async def _meant(store: Store, names: Sequence[str], everyone: bool) -> list[Actor]:
    async with store.read() as tx:
        if not await migrate.is_current(tx):
            raise SettingError("la base n'est pas à jour : lancez d'abord « fedivoisin migrate »")
        ours = await residents.everyone(tx)
    if everyone:
        return ours
    by_name = {name: actor for actor in ours for name in (actor.name, actor.url)}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise SettingError(f"personne ne s'appelle « {unknown[0]} » ici")
    return list({by_name[name].id: by_name[name] for name in names}.values())
