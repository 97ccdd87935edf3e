"""The commands. Each says in plain French what it does and, when it cannot, what to do."""

import asyncio
import gc
import os
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import click

from fedivoisin import VERSION, lean
from fedivoisin.adapters import logs
from fedivoisin.settings import SettingError, Settings, load

CONFIG = "FEDIVOISIN_CONFIG"


@click.group(help="Un réseau d'entraide entre voisins, de ville à ville.")
@click.version_option(VERSION, prog_name="fedivoisin")
@click.option("--config", envvar=CONFIG, type=click.Path(dir_okay=False), help="Le fichier de réglages, en TOML.")
@click.pass_context
def main(context: click.Context, config: str | None) -> None:
    """Read the settings once, for every command."""
    if config:
        os.environ[CONFIG] = config
    try:
        context.obj = load(config, os.environ)
    except SettingError as error:
        fail(str(error))
    logs.configure(context.obj.log_level)


def fail(message: str) -> NoReturn:
    """Say what is wrong and end with 2."""
    click.echo(f"fedivoisin : {message}", err=True)
    sys.exit(2)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run one command's work; a wrong setting or a newer database is said, not traced."""
    from fedivoisin.store.db import CannotOpen
    from fedivoisin.store.migrate import NewerSchema

    try:
        with asyncio.Runner() as runner:
            return runner.run(work)
    except CannotOpen as error:
        fail(f"database : la base ne répond pas ({' '.join(str(error).split())[:200]})")
    except SettingError as error:
        fail(str(error))
    except NewerSchema as error:
        fail(f"la base vient d'une version plus récente du programme ({error}). Installez cette version.")


@main.command(help="Répondre aux demandes, et faire le travail derrière les pages.")
@click.pass_obj
def serve(settings: Settings) -> None:
    """Run the server until it is told to stop."""
    gc.disable()  # nothing of what is imported now is ever garbage; it is turned on again before the first request
    lean.later("aiohttp")  # its client is for when we first ask somebody
    from fedivoisin import app

    run(app.serve(settings, on_ready=lambda word: _say_ready(settings, word)))


def _say_ready(settings: Settings, word: str | None) -> None:
    address = settings.origin or f"http://localhost:{settings.port}"
    if word is None:
        click.echo(f"fedivoisin répond sur {address}")
        return
    click.echo("fedivoisin est prêt. Pour créer votre quartier, ouvrez ce lien (il ne sert qu'une fois) :")
    click.echo(f"  {address}/installation?cle={word}")


@main.command(help="Faire seulement le travail derrière les pages (à côté de serve, sur PostgreSQL).")
@click.pass_obj
def work(settings: Settings) -> None:
    """Run the workers until they are told to stop."""
    from fedivoisin import app

    run(app.work(settings))


@main.command(help="Mettre la base de données à jour. serve le fait tout seul.")
@click.pass_obj
def migrate(settings: Settings) -> None:
    """Raise the schema to the newest version, under a lock."""
    from fedivoisin.app import open_store
    from fedivoisin.store.migrate import raise_to_newest

    async def bring_up() -> bool:
        store = open_store(settings)
        try:
            await store.knock()
            return await raise_to_newest(store)
        finally:
            await store.close()

    click.echo("Base mise à jour." if run(bring_up()) else "La base est déjà à jour.")


@main.group(help="Les clés qui signent ce que le quartier envoie.")
def keys() -> None:
    """The keys of our actors."""


@keys.command(help="Donner de nouvelles clés ; les anciennes valent encore 48 heures.")
@click.option("--actor", "names", multiple=True, help="Un nom (awa, instance) ou une adresse ; peut être répété.")
@click.option("--all", "everyone", is_flag=True, help="Tous les membres, les groupes et l'instance.")
@click.option("--compromised", is_flag=True, help="On a pu les copier : les anciennes ne valent plus dès maintenant.")
@click.pass_obj
def rotate(settings: Settings, names: tuple[str, ...], everyone: bool, compromised: bool) -> None:
    """Rotate keys; the server may run meanwhile."""
    from fedivoisin import rotation

    if bool(names) == everyone:
        fail("dites pour qui : --actor NOM, ou --all")
    for url in run(rotation.rotate(settings, names, everyone=everyone, compromised=compromised)):
        click.echo(f"Nouvelles clés : {url}")
    click.echo("Les anciennes ne valent plus." if compromised else "Les anciennes valent encore 48 heures.")


@main.command(help="Regarder si tout va bien, et dire quoi réparer.")
@click.pass_obj
def doctor(settings: Settings) -> None:
    """Examine everything; end with 1 when something keeps the server from its work."""
    from fedivoisin.doctor import examine, is_well

    findings = run(examine(settings))
    for finding in findings:
        click.echo(f"[{finding.level}] {finding.subject} : {finding.words}")
    sys.exit(0 if is_well(findings) else 1)


@main.group(help="Les autres serveurs.")
def federation() -> None:
    """What concerns other servers."""


@federation.command(help="Regarder pas à pas ce qui marche avec un autre serveur (« hôte » ou « @nom@hôte »).")
@click.argument("host", metavar="HÔTE")
@click.pass_obj
def check(settings: Settings, host: str) -> None:
    """Examine another server; end with 1 when something does not work between us."""
    from fedivoisin.doctor import Level
    from fedivoisin.errors import BadActivity
    from fedivoisin.peer_check.case import read_target
    from fedivoisin.peer_check.examine import examine

    try:
        target = read_target(host)
    except BadActivity:
        fail(f"« {host} » n'est pas un serveur. Exemples : voisins.example, @awa@voisins.example")

    async def tell() -> bool:
        is_well = True
        async for finding in examine(settings, target):
            click.echo(f"[{finding.level}] {finding.subject} : {finding.words}")
            is_well = is_well and finding.level is not Level.BAD
        return is_well

    sys.exit(0 if run(tell()) else 1)


@main.command(help="Trois quartiers fédérés, pleins de monde, sur cette machine.")
@click.option("--build", "slug", hidden=True)
def demo(slug: str | None) -> None:
    """Run the demonstration, or build one of its towns."""
    from fedivoisin.demo import conduct
    from fedivoisin.demo.towns import TOWNS

    try:
        if slug is None:
            run(conduct.conduct(os.environ, click.echo))
        else:
            town = next(town for town in TOWNS if town.slug == slug)
            run(conduct.build_one(town, os.environ, lambda words: click.echo(f"  {words}")))
    except RuntimeError as error:
        fail(str(error))
