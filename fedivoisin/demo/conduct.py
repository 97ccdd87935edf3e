"""Runs the three towns side by side, lets them meet over HTTP, and says what to try."""

import asyncio
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic

import aiohttp

from fedivoisin.demo import meeting
from fedivoisin.demo.build import build
from fedivoisin.demo.towns import PASSWORD, TOWNS, Town, login, people
from fedivoisin.settings import PREFIX, Settings, load

ROOT = Path("var/demo")
LAB_HOSTS = "FEDIVOISIN_NETWORK_LAB_HOSTS"
LONGEST_START = 60.0
Say = Callable[[str], None]


Environ = Mapping[str, str]
PER_TOWN = frozenset({"ORIGIN", "DATABASE", "MEDIA", "PORT", "CONFIG"})
"""What the user cannot set here: three towns on one port or in one database are none."""


def settings_of(town: Town, environ: Environ) -> Settings:
    """The settings of one town."""
    return load(None, environment_of(town, environ))


def environment_of(town: Town, environ: Environ) -> dict[str, str]:
    """The process's environment with the settings of one town; what the user has set stays, lab hosts added to ours."""
    folder = ROOT / town.slug
    lab_hosts = [*(other.host for other in TOWNS), *environ.get(LAB_HOSTS, "").split(",")]
    theirs = {name: value for name, value in environ.items() if name.removeprefix(PREFIX) not in PER_TOWN}
    return {
        "FEDIVOISIN_HOST": "127.0.0.1",
        "FEDIVOISIN_LOG_LEVEL": "warning",
        "FEDIVOISIN_NETWORK_LAB": "true",
        **theirs,
        "FEDIVOISIN_ORIGIN": town.origin,
        "FEDIVOISIN_DATABASE": f"sqlite:///{folder / 'fedivoisin.db'}",
        "FEDIVOISIN_MEDIA": str(folder / "media"),
        "FEDIVOISIN_PORT": str(town.port),
        LAB_HOSTS: ",".join(filter(None, lab_hosts)),
    }


async def conduct(environ: Environ, say: Say) -> None:
    """Build what is not built yet, start the three, let them meet, and wait for Ctrl-C."""
    began = monotonic()
    await _build_all(environ, say)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    say("Les trois quartiers démarrent")
    towns = [await _start(town, environ) for town in TOWNS]
    try:
        await _wait_until_ready(towns, stop)
        if not stop.is_set():
            await meeting.meet({town.slug: settings_of(town, environ) for town in TOWNS}, say, stop)
        if not stop.is_set():
            say(_farewell(monotonic() - began))
        await _until_stopped(towns, stop, say)
    finally:
        await _end(towns)
        say("Les trois quartiers sont arrêtés. Pour les revoir : make demo")


async def _build_all(environ: Environ, say: Say) -> None:
    # One process per town: keys and pictures keep a core busy each.
    missing = [town for town in TOWNS if not _mark(town).exists()]
    if not missing:
        return
    say("Premier démarrage : trois quartiers s'installent, une demi-minute environ.")
    builders = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fedivoisin", "demo", "--build", town.slug, env=environment_of(town, environ)
        )
        for town in missing
    ]
    failed = [town.commune for town, builder in zip(missing, builders, strict=True) if await builder.wait() != 0]
    if failed:
        raise RuntimeError(f"{', '.join(failed)} : l'installation a échoué, voir ci-dessus. Ensuite : make demo-reset")


async def build_one(town: Town, environ: Environ, say: Say) -> None:
    """Build one town from nothing; it counts as built only when all of it is."""
    folder = ROOT / town.slug
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    await build(town, settings_of(town, environ), say)
    _mark(town).touch()


def _mark(town: Town) -> Path:
    return ROOT / town.slug / "built"


async def _start(town: Town, environ: Environ) -> Process:
    # Its own process group: Ctrl-C reaches the conductor alone, which then ends each town in order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fedivoisin",
        "serve",
        env=environment_of(town, environ),
        stdout=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )


async def _wait_until_ready(towns: list[Process], stop: asyncio.Event) -> None:
    deadline = monotonic() + LONGEST_START
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        for town, process in zip(TOWNS, towns, strict=True):
            while not stop.is_set() and not await _answers(session, town):
                if process.returncode is not None or monotonic() > deadline:
                    raise RuntimeError(
                        f"{town.commune} n'a pas démarré. Le port {town.port} est-il déjà pris par un autre programme ?"
                    )
                await _pause(stop, 0.1)


async def _answers(session: aiohttp.ClientSession, town: Town) -> bool:
    with suppress(aiohttp.ClientError, TimeoutError):
        async with session.get(f"http://127.0.0.1:{town.port}/readyz", headers={"Host": town.host}) as response:
            return response.status == 200
    return False


async def _until_stopped(towns: list[Process], stop: asyncio.Event, say: Say) -> None:
    ends = [asyncio.ensure_future(process.wait()) for process in towns]
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.wait([*ends, waiting], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        say("Un des quartiers s'est arrêté tout seul ; les autres suivent.")
    for task in (*ends, waiting):
        task.cancel()


async def _end(towns: list[Process]) -> None:
    for process in towns:
        if process.returncode is None:
            process.terminate()
    for process in towns:
        await process.wait()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _farewell(seconds: float) -> str:
    lines = [f"Prêt en {seconds:.0f} s. Ouvrez un quartier dans votre navigateur :", ""]
    for town in TOWNS:
        admin, moderator, member = (login(people(town.slug)[number]) for number in (0, 1, 9))
        lines += [
            f"  {town.commune} – {town.quarter}  {town.origin}",
            f"    membre {member} · modération {moderator} · administration {admin}",
        ]
    nantes, rennes, _ = TOWNS
    lines += [
        "",
        f"  Le mot de passe de chacun : {PASSWORD}",
        "",
        "Trois choses à essayer :",
        f"  1. À {nantes.commune}, publiez une annonce ; à {rennes.commune}, regardez « Le réseau » : elle y est.",
        f"  2. À {rennes.commune}, répondez à une annonce de {nantes.commune} ; la réponse arrive dans « Échanges ».",
        f"  3. À {nantes.commune}, parrainez Léo (« Quartier », puis « Ils demandent à entrer ») : la porte s'ouvre.",
        "",
        "Ctrl-C arrête tout. make demo-reset recommence à neuf.",
    ]
    return "\n".join(lines)
