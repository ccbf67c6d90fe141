"""Planned failures (API Reference, the 500s of each operation)."""

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.engine.faults import Faults
from kmslab.model.errors import KMSInternalException


def test_the_next_calls_fail_and_the_one_after_does_not() -> None:
    world = Kms.fresh(seed=1)
    client = world.client()
    key = client.create_key()["KeyMetadata"]["KeyId"]
    world.fail("Encrypt", "KMSInternalException", times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as failed:
            client.encrypt(KeyId=key, Plaintext=b"x")
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert client.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert len(world.trail.events(error="KMSInternalException")) == 2


def test_a_fault_changes_nothing() -> None:
    world = Kms.fresh(seed=1)
    client = world.client()
    key = client.create_key()["KeyMetadata"]["KeyId"]
    world.fail("DisableKey", "DependencyTimeoutException")
    with pytest.raises(client.exceptions.DependencyTimeoutException):
        client.disable_key(KeyId=key)
    assert client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_an_operation_meets_its_own_faults_only() -> None:
    faults = Faults()
    faults.plan("Decrypt", "KMSInternalException")
    faults.meet("Encrypt")
    with pytest.raises(KMSInternalException):
        faults.meet("Decrypt")
    assert not faults.planned


@pytest.mark.parametrize(
    ("operation", "fault", "told"),
    [
        ("Encrpyt", "KMSInternalException", "no operation 'Encrpyt'"),
        ("ListKeys", "KeyUnavailableException", "DependencyTimeoutException or KMSInternal"),
        ("Encrypt", "DisabledException", "not with 'DisabledException'"),
    ],
)
def test_only_what_the_model_lists_can_be_planned(operation: str, fault: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Faults().plan(operation, fault)
