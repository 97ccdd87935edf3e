"""A certificate authority for one measurement: what it signs holds on loopback, for those who are told of it."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fedivoisin.app import utc_now

DAY = timedelta(days=1)


def certificate_for(name: str, folder: Path) -> tuple[Path, Path]:
    """The authority's certificate, and one of its own for `name` (`*.sink.localhost`) with the key beside it."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _named("fedivoisin bench")
    mine = _builder(root, authority.public_key()).issuer_name(root)
    mine = mine.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    theirs = _builder(_named(name), key.public_key()).issuer_name(root)
    theirs = theirs.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    trusted, shown = folder / "authority.pem", folder / "certificate.pem"
    trusted.write_bytes(mine.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    shown.write_bytes(private + theirs.sign(authority, hashes.SHA256()).public_bytes(Encoding.PEM))
    return trusted, shown


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - DAY)
        .not_valid_after(utc_now() + DAY)
    )
