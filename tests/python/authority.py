"""A certificate authority for tests, and the certificates that it gives."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Authority:
    """An authority that signs certificates.

    Args:
        name: its name.
        key: what it signs with.
        own: its own certificate.
        pem: the file of that certificate, for those who trust it.
    """

    name: str
    key: ec.EllipticCurvePrivateKey
    own: x509.Certificate
    pem: Path

    def certificate(self, folder: Path, *hosts: str, expired: bool = False) -> tuple[Path, Path]:
        """Write a certificate for hosts, which are names or addresses, and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        ends = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
        kinds = [
            x509.IPAddress(ip_address(host)) if host[0].isdecimal() else x509.DNSName(host)
            for host in hosts
        ]
        made = (
            _begun(hosts[0], self.name, key, ends)
            .add_extension(x509.SubjectAlternativeName(kinds), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        folder.mkdir(parents=True, exist_ok=True)
        paths = folder / "server.pem", folder / "server.key"
        paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths


def authority(folder: Path, name: str) -> Authority:
    """Make an authority whose certificate lies in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    made = (
        _begun(name, name, key, datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / f"{name}.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(name, key, made, pem)


def _begun(
    subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, ends: datetime
) -> x509.CertificateBuilder:
    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=3))
        .not_valid_after(ends)
    )
