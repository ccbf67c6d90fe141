"""A certificate for a server on this machine, and the authority that signed it and nothing else.

The authority's private key is forgotten before anybody could use it twice. Refuses to know
sockets and files.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kmslab.ambient.entropy import Entropy
from kmslab.custody.algorithms import ecc

LIFE: Final = timedelta(days=365)
CLOCK_SKEW: Final = timedelta(hours=1)  # of a container whose clock is behind
SERIAL_BYTES: Final = 16  # RFC 5280, 4.1.2.2: positive, at most 20 bytes
CURVE: Final = "ECC_NIST_P256"
USAGES: Final = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


class Issued(msgspec.Struct, frozen=True):
    """What a server needs (a chain and its private key) and what its clients trust, all PEM."""

    authority: bytes
    chain: bytes
    private_key: bytes

    def __repr__(self) -> str:
        return "Issued(...)"


def issue(names: Sequence[str], *, now: float, entropy: Entropy) -> Issued:
    """Make an authority, and a certificate of a server with these host names and IP addresses.

    Raises:
        ValueError: a name is neither an IP address nor ASCII.
    """
    authority_key, key = _new_key(entropy), _new_key(entropy)
    issuer, subject = _name("kmslab authority"), _name("kmslab")
    authority = _sign(
        _builder(issuer, issuer, key=authority_key, now=now, entropy=entropy)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign"), critical=True),
        authority_key,
        authority_key,
    )
    server = _sign(
        _builder(subject, issuer, key=key, now=now, entropy=entropy)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(map(_alternative, names))), critical=False),
        key,
        authority_key,
    )
    return Issued(_pem(authority), _pem(server) + _pem(authority), _private_pem(key))


def _new_key(entropy: Entropy) -> EllipticCurvePrivateKey:
    return ecc.load(ecc.generate(CURVE, entropy))


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(usage: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name == usage for name in USAGES})


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    *,
    key: EllipticCurvePrivateKey,
    now: float,
    entropy: Entropy,
) -> x509.CertificateBuilder:
    begin = datetime.fromtimestamp(now, UTC)
    serial = int.from_bytes(entropy.take(SERIAL_BYTES)) | 1
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(begin - CLOCK_SKEW)
        .not_valid_after(begin + LIFE)
    )


def _sign(
    builder: x509.CertificateBuilder, key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey
) -> x509.Certificate:
    """Name both keys (RFC 5280, 4.2.1.1 and 4.2.1.2, which strict verifiers want), and sign."""
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    other = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = builder.add_extension(own, critical=False).add_extension(other, critical=False)
    return builder.sign(signer, hashes.SHA256())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _private_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
