"""Servers of this machine and the guarded client that may reach them by a name."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fedivoisin.adapters.network import Network, Times
from fedivoisin.app import utc_now

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATIENT = Times()


@asynccontextmanager
async def serving(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on 127.0.0.1; gives its port."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def certificates(folder: Path, host: str, *, begins: int = -1, ends: int = 1) -> tuple[ssl.SSLContext, str]:
    """A server's TLS context for `host`, with a certificate between these days from now that signs itself; its file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() + timedelta(days=begins))
        .not_valid_after(utc_now() + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, secret = folder / "shown.pem", folder / "secret.pem"
    shown.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(shown, secret)
    return tls, str(shown)


@asynccontextmanager
async def network_to(*lab_hosts: str, times: Times = PATIENT, ca_file: str = "") -> AsyncIterator[Network]:
    network = Network(user_agent="fedivoisin/test", lab_hosts=frozenset(lab_hosts), times=times, ca_file=ca_file)
    try:
        yield network
    finally:
        await network.close()


@asynccontextmanager
async def lab(handler: Handler, times: Times = PATIENT) -> AsyncIterator[tuple[Network, str]]:
    """A server and a client that may reach it by its name."""
    async with serving(handler) as port, network_to(f"nantes.localhost:{port}", times=times) as network:
        yield network, f"http://nantes.localhost:{port}"


async def get(network: Network, url: str, max_bytes: int = 1000) -> bytes:
    return (await network.fetch(url, accept="application/activity+json", max_bytes=max_bytes)).body


async def hello(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"bonjour", headers={"X-Town": "Nantes"})
