"""HTTPS: a client that trusts the authority is answered, any other is not."""

import socket
import ssl
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from kmslab.custody import certificates
from kmslab.kms import Kms
from kmslab.server import tls
from kmslab.server.http import BackgroundServer
from kmslab.wire.http import HttpRequest, HttpResponse
from tests.cli.serving import client


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse(200, (), str(request.tls is not None).encode())


def own_files(folder: Path) -> str:
    issued = certificates.issue(["localhost"], now=time.time(), entropy=tls.SystemEntropy())
    for name in ("authority", "chain", "private_key"):
        (folder / name).write_bytes(getattr(issued, name))
    return f"{folder / 'chain'},{folder / 'private_key'}"


def read(url: str, bundle: Path | None) -> bytes:
    context = ssl.create_default_context(cafile=bundle)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with urllib.request.urlopen(url, context=context, timeout=10) as answer:
        return bytes(answer.read())


def test_a_certificate_of_our_own_is_trusted_by_who_is_told() -> None:
    with tls.opened("self", "127.0.0.1") as own:
        assert own.bundle is not None
        assert [path.name for path in own.bundle.parent.iterdir()] == ["ca.pem", "chain.pem"]
        with BackgroundServer(hello, tls=own.context) as server:
            assert server.url.startswith("https://127.0.0.1:")
            assert read(server.url, own.bundle) == b"True"
            assert read(server.url.replace("127.0.0.1", "localhost"), own.bundle) == b"True"
            with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
                read(server.url, None)
    assert not own.bundle.parent.exists()


def test_files_are_served(tmp_path: Path) -> None:
    with (
        tls.opened(own_files(tmp_path), "127.0.0.1") as given,
        BackgroundServer(hello, tls=given.context) as server,
    ):
        assert given.bundle is None
        assert read(server.url.replace("127.0.0.1", "localhost"), tmp_path / "authority") == b"True"


def test_a_host_of_another_name_is_in_the_certificate() -> None:
    with (
        tls.opened("self", "127.0.0.7") as own,
        BackgroundServer(hello, host="127.0.0.7", tls=own.context) as server,
    ):
        assert read(server.url, own.bundle) == b"True"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_that_kms_speaks(version: ssl.TLSVersion) -> None:
    with tls.opened("self", "") as own, BackgroundServer(hello, tls=own.context) as server:
        context = ssl.create_default_context(cafile=own.bundle)
        context.minimum_version = context.maximum_version = version
        parts = urlsplit(server.url)
        with (
            socket.create_connection((parts.hostname, parts.port), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as peer,
        ):
            assert peer.version() == version.name.replace("_", ".", 1).replace("TLSv1_", "TLSv1.")
            begin = time.monotonic()
            peer.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b"".join(iter(lambda: peer.recv(1000), b""))
            assert answer.endswith(b"True")
            assert time.monotonic() - begin < 1  # the end is sent, not waited for


@pytest.mark.parametrize("sent", [b"", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"])
def test_a_stop_answers_what_has_begun_and_waits_for_no_idle_peer(sent: bytes) -> None:
    with tls.opened("self", "") as own:
        server = BackgroundServer(hello, tls=own.context).__enter__()
        parts = urlsplit(server.url)
        context = ssl.create_default_context(cafile=own.bundle)
        with (
            socket.create_connection((parts.hostname, parts.port), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname=parts.hostname) as peer,
        ):
            peer.sendall(sent)
            time.sleep(0.1)
            begin = time.monotonic()
            server._loop.call_soon_threadsafe(server._stop.set)
            if sent:
                time.sleep(0.1)
                peer.sendall(b"b")
                answer = b"".join(iter(lambda: peer.recv(1000), b""))
                assert answer.startswith(b"HTTP/1.1 200 ")
                assert b"connection: close\r\n" in answer
            server._thread.join()
            assert time.monotonic() - begin < 4  # less than the grace for who has begun


def test_clear_text_does_not_end_the_server() -> None:
    with tls.opened("self", "::") as own, BackgroundServer(hello, tls=own.context) as server:
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert b"HTTP/" not in peer.recv(1000)
        assert read(server.url, own.bundle) == b"True"


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("yes", "write self, or the files CERT,KEY"),
        ("a.pem,", "write self, or the files CERT,KEY"),
        ("a.pem,b.pem", "a.pem: there is no such file"),
        ("{0}/chain,{0}/chain", "no certificate with its key in PEM"),
        ("{0}/private_key,{0}/private_key", "no certificate with its key in PEM"),
        ("{0}/chain,{0}/locked", "the private key is encrypted"),
    ],
)
def test_what_cannot_be_used_is_named(option: str, told: str, tmp_path: Path) -> None:
    own_files(tmp_path)
    key = certificates.serialization.load_pem_private_key(
        (tmp_path / "private_key").read_bytes(), None
    )
    locked = key.private_bytes(
        certificates.serialization.Encoding.PEM,
        certificates.serialization.PrivateFormat.PKCS8,
        certificates.serialization.BestAvailableEncryption(b"password"),
    )
    (tmp_path / "locked").write_bytes(locked)
    with pytest.raises(tls.TlsError, match=told), tls.opened(option.format(tmp_path), "localhost"):
        pass


def test_a_policy_that_demands_tls_is_met_over_https_alone() -> None:
    """IAM User Guide, global condition keys: aws:SecureTransport says whether TLS was used."""
    world = Kms.fresh()
    with (
        tls.opened("self", "127.0.0.1") as own,
        BackgroundServer(world.endpoint.handle, tls=own.context) as secured,
        BackgroundServer(world.endpoint.handle) as clear,
    ):
        kms = client(secured.url, bundle=own.bundle)
        key = kms.create_key(Policy=demanding_tls(world.account))["KeyMetadata"]["KeyId"]
        kms.encrypt(KeyId=key, Plaintext=b"x")
        with pytest.raises(ClientError) as refused:
            client(clear.url).encrypt(KeyId=key, Plaintext=b"x")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize(
    ("version", "suite"),
    [
        (ssl.TLSVersion.TLSv1_3, "TLS_AES_256_GCM_SHA384"),  # as in the guide, "Decapsulate"
        (ssl.TLSVersion.TLSv1_2, "ECDHE-ECDSA-AES128-GCM-SHA256"),
    ],
)
def test_an_event_tells_what_the_connection_agreed_on(version: ssl.TLSVersion, suite: str) -> None:
    """KMS Developer Guide, "Decapsulate": `tlsDetails` of a CloudTrail entry."""
    world = Kms.fresh()
    with tls.opened("self", "127.0.0.1") as own:
        own.context.maximum_version = version
        if version is ssl.TLSVersion.TLSv1_2:
            own.context.set_ciphers(suite)
        with BackgroundServer(world.endpoint.handle, tls=own.context) as server:
            client(server.url, bundle=own.bundle).list_keys()
    assert world.trail.last["tlsDetails"] == {
        "tlsVersion": f"TLSv1.{version - ssl.TLSVersion.TLSv1}",
        "cipherSuite": suite,
        "clientProvidedHostHeader": urlsplit(server.url).netloc,
    }
    world.client().list_keys()
    assert world.trail.last["tlsDetails"].keys() == {"clientProvidedHostHeader"}


def demanding_tls(account: str) -> str:
    allow = (
        f'{{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{account}:root"}},'
        ' "Action": "kms:*", "Resource": "*"}'
    )
    deny = (
        '{"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*",'
        ' "Condition": {"Bool": {"aws:SecureTransport": "false"}}}'
    )
    return f'{{"Version": "2012-10-17", "Statement": [{allow}, {deny}]}}'
