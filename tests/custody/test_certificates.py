"""The certificate of a server, judged by the strict verifier of the cryptography package and by OpenSSL."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from kmslab.ambient.entropy import SeededEntropy
from kmslab.custody import certificates

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NAMES = ("localhost", "127.0.0.1", "kms.example")
ISSUED = certificates.issue(NAMES, now=NOW.timestamp(), entropy=SeededEntropy(1))


def verify(subject: x509.verification.Subject, authority: bytes, at: datetime) -> None:
    """Hold the chain against the profile of the web's authorities (CA/B Forum, RFC 5280)."""
    store = Store(x509.load_pem_x509_certificates(authority))
    leaf, *rest = x509.load_pem_x509_certificates(ISSUED.chain)
    PolicyBuilder().store(store).time(at).build_server_verifier(subject).verify(leaf, rest)


@pytest.mark.parametrize("name", NAMES)
def test_a_strict_verifier_accepts_each_name(name: str) -> None:
    subject = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    verify(subject, ISSUED.authority, NOW)
    verify(subject, ISSUED.authority, NOW + timedelta(days=364))


@pytest.mark.parametrize(
    ("name", "days"), [("other.example", 0), ("localhost", 366), ("localhost", -1)]
)
def test_another_name_or_time_is_refused(name: str, days: int) -> None:
    with pytest.raises(VerificationError):
        verify(x509.DNSName(name), ISSUED.authority, NOW + timedelta(days=days))


def test_another_authority_of_the_same_name_is_refused() -> None:
    other = certificates.issue(NAMES, now=NOW.timestamp(), entropy=SeededEntropy(2))
    with pytest.raises(VerificationError):
        verify(x509.DNSName("localhost"), other.authority, NOW)


def test_the_private_key_does_not_show() -> None:
    assert ISSUED.private_key.startswith(b"-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE" not in repr(ISSUED)
