"""Custom key stores in a world that has none (errors of the API Reference's pages)."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms

CLOUDHSM = {
    "CloudHsmClusterId": "cluster-234abcde567",
    "TrustAnchorCertificate": "certificate",
    "KeyStorePassword": "password",
}
EXTERNAL = {
    "CustomKeyStoreType": "EXTERNAL_KEY_STORE",
    "XksProxyUriEndpoint": "https://proxy.example.com",
    "XksProxyUriPath": "/example/kms/xks/v1",
    "XksProxyAuthenticationCredential": {
        "AccessKeyId": "ABCDEFGHIJKLMNOPQRST",
        "RawSecretAccessKey": "s" * 43,
    },
    "XksProxyConnectivity": "PUBLIC_ENDPOINT",
}
ID = "cks-1234567890abcdef0"


@pytest.fixture(scope="module")
def world() -> Kms:
    return Kms.fresh(seed=8)


@pytest.mark.parametrize(
    ("operation", "arguments", "expected"),
    [
        ("create", {"CustomKeyStoreName": "n", **CLOUDHSM}, "CloudHsmClusterNotFoundException"),
        ("create", {"CustomKeyStoreName": "n", **EXTERNAL}, "XksProxyUriUnreachableException"),
        ("create", {"CustomKeyStoreName": "n"}, "ValidationException"),
        ("connect", {"CustomKeyStoreId": ID}, "CustomKeyStoreNotFoundException"),
        ("disconnect", {"CustomKeyStoreId": ID}, "CustomKeyStoreNotFoundException"),
        ("delete", {"CustomKeyStoreId": ID}, "CustomKeyStoreNotFoundException"),
        ("update", {"CustomKeyStoreId": ID}, "CustomKeyStoreNotFoundException"),
    ],
)
def test_nothing_can_be_done_with_what_is_not_there(
    world: Kms, operation: str, arguments: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(world.client(), f"{operation}_custom_key_store")(**arguments)
    assert refused.value.response["Error"]["Code"] == expected


def test_none_are_listed_and_none_is_found(world: Kms) -> None:
    client = world.client()
    assert client.describe_custom_key_stores()["CustomKeyStores"] == []
    for given in ({"CustomKeyStoreId": ID}, {"CustomKeyStoreName": "n"}):
        with pytest.raises(client.exceptions.CustomKeyStoreNotFoundException):
            client.describe_custom_key_stores(**given)
    with pytest.raises(ClientError, match="ValidationException"):
        client.describe_custom_key_stores(CustomKeyStoreId=ID, CustomKeyStoreName="n")


def test_no_event_holds_the_password() -> None:
    world = Kms.fresh(seed=8)
    secret = {**CLOUDHSM, "KeyStorePassword": "correct-horse"}
    for given in (secret, EXTERNAL):
        with pytest.raises(ClientError):
            world.client().create_custom_key_store(CustomKeyStoreName="n", **given)
    told = str(list(world.trail))
    assert "correct-horse" not in told
    assert "s" * 43 not in told


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Origin": "AWS_CLOUDHSM"}, "ValidationException"),
        ({"CustomKeyStoreId": ID}, "ValidationException"),
        ({"XksKeyId": "bb8562717f809024"}, "ValidationException"),
        (
            {"Origin": "EXTERNAL_KEY_STORE", "CustomKeyStoreId": ID},
            "CustomKeyStoreNotFoundException",
        ),
    ],
)
def test_no_key_is_made_in_a_store(world: Kms, given: dict[str, str], expected: str) -> None:
    with pytest.raises(ClientError) as refused:
        world.client().create_key(**given)
    assert refused.value.response["Error"]["Code"] == expected
