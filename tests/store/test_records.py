"""How the records of KMS are addressed: who lists them, and in which order."""

import pytest

from kmslab.model.grants import Grant
from kmslab.model.keys import Alias, KmsKey
from kmslab.store.memory import MemoryStore
from kmslab.store.records import ALIASES, ALL_DUES, DUES, GRANTS, KEYS, Due, grantee, scope
from kmslab.store.transaction import Transaction

ACCOUNT, REGION = "111122223333", "us-east-1"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/one"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


@pytest.fixture
def transaction() -> Transaction:
    return Transaction(MemoryStore())


def key(key_id: str, region: str = REGION) -> KmsKey:
    return KmsKey(account=ACCOUNT, region=region, key_id=key_id, created=0.0, policy="{}")


def grant(grant_id: str, **more: str) -> Grant:
    return Grant(grant_id=grant_id, key_arn=KEY_ARN, operations=("Decrypt",), **more)


def test_keys_are_listed_by_account_and_region(transaction: Transaction) -> None:
    for each in (key("b"), key("a"), key("c", "eu-west-1")):
        transaction.put(KEYS, each)
    transaction.commit()
    listed = transaction.page(KEYS, scope(ACCOUNT, REGION), limit=9)
    assert [each.key_id for each in listed] == ["a", "b"]


def test_aliases_are_listed_by_their_target_too(transaction: Transaction) -> None:
    for name, target in (("alias/y", "one"), ("alias/x", "one"), ("alias/z", "two")):
        alias = Alias(
            account=ACCOUNT,
            region=REGION,
            name=name,
            target_key_id=target,
            created=0.0,
            updated=0.0,
        )
        transaction.put(ALIASES, alias)
    transaction.commit()
    place = f"{scope(ACCOUNT, REGION)}/one"
    found = transaction.page(ALIASES, place, limit=9, index="target")
    assert [each.name for each in found] == ["alias/x", "alias/y"]


def test_grants_are_listed_by_key_grantee_and_retiring_principal(transaction: Transaction) -> None:
    service = "logs.us-east-1.amazonaws.com"
    for each in (
        grant("1", grantee_principal=ANN),
        grant("2", grantee_service_principal=service, retiring_principal=ANN),
        grant("3", grantee_principal=ANN, retiring_service_principal=service),
    ):
        transaction.put(GRANTS, each)
    transaction.commit()

    def listed(place: str, index: str | None = None) -> list[str]:
        found = transaction.page(GRANTS, place, limit=9, index=index)
        return [each.grant_id for each in found]

    assert listed(KEY_ARN) == ["1", "2", "3"]
    assert listed(f"{KEY_ARN} {ANN}", "grantee") == ["1", "3"]
    assert listed(f"{KEY_ARN} {service}", "grantee") == ["2"]
    assert listed(ANN, "retiring") == ["2"]
    assert listed(service, "retiring") == ["3"]


def test_who_a_grant_allows() -> None:
    assert grantee(grant("1", grantee_principal=ANN)) == ANN
    assert grantee(grant("2", grantee_service_principal="s.amazonaws.com")) == "s.amazonaws.com"


def test_what_is_due_comes_in_the_order_of_time(transaction: Transaction) -> None:
    # Sort keys are texts: 9 seconds after the epoch must still come before 10, and 2001 before 2286.
    instants = [1_000_000_000.5, 9.0, 10_413_792_000.0, 10.0, 999_999_999.25, 9.001]
    for number, at in enumerate(instants):
        transaction.put(DUES, Due(at, ACCOUNT, REGION, str(number)))
    transaction.commit()
    found = [due.at for due in transaction.page(DUES, ALL_DUES, limit=9)]
    assert found == sorted(instants)
