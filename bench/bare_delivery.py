"""The least that it takes to bring one body to many inboxes: sign, POST, read the answer. Nothing is kept.

`python -m bench.bare_delivery PORT WARM COUNT` posts to so many hostnames and prints `{"cpu", "seconds"}` of COUNT.
"""

import asyncio
import base64
import hashlib
import json
import socket
import sys
from collections.abc import Iterable
from email.utils import formatdate
from time import perf_counter, process_time

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

AT_ONCE = 64
BODY = b'{"type":"Create"}'.ljust(3000)
SIGNED = "(request-target) host date digest"


class Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """127.0.0.1."""
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is open."""


async def bring(session: aiohttp.ClientSession, key: RSAPrivateKey, hosts: Iterable[str]) -> None:
    """One signed POST to each, one after the other."""
    digest = f"SHA-256={base64.b64encode(hashlib.sha256(BODY).digest()).decode()}"
    for host in hosts:
        date = formatdate(usegmt=True)
        base = f"(request-target): post /inbox\nhost: {host}\ndate: {date}\ndigest: {digest}"
        signature = base64.b64encode(key.sign(base.encode(), PKCS1v15(), SHA256())).decode()
        headers = {
            "Date": date,
            "Digest": digest,
            "Content-Type": "application/activity+json",
            "Signature": f'keyId="https://a.example/k",algorithm="rsa-sha256",headers="{SIGNED}",signature="{signature}"',
        }
        async with session.post(f"http://{host}/inbox", data=BODY, headers=headers) as answer:
            await answer.read()
            if answer.status != 202:
                raise RuntimeError(f"{host} answers {answer.status}")


async def main(port: int, warm: int, count: int) -> None:
    """Warm up, then measure."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    connector = aiohttp.TCPConnector(resolver=Here(), limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        await bring(session, key, [f"w{number}.bare.localhost:{port}" for number in range(warm)])
        hosts = iter([f"h{number}.bare.localhost:{port}" for number in range(count)])
        cpu, began = process_time(), perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(bring(session, key, hosts))
        print(json.dumps({"cpu": process_time() - cpu, "seconds": perf_counter() - began}))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
