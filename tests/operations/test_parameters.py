"""A request's parameters under their authorization names (`condition keys` of the Developer Guide)."""

from typing import Any

import pytest

from kmslab.model.requests import Resource
from kmslab.operations.names import Target
from kmslab.operations.parameters import RequestParameters
from kmslab.spec import shapes

KEY = Resource(arn="arn:aws:kms:us-east-1:111122223333:key/k", account="1", region="r", kind="key")
GRANT: dict[str, Any] = {"KeyId": "k", "GranteePrincipal": "p", "Operations": ["Decrypt"]}
CONSTRAINTS = shapes.GrantConstraints(EncryptionContextSubset={"a": "b"})
IMPORT: dict[str, Any] = {"KeyId": "k", "ImportToken": b"t", "EncryptedKeyMaterial": b"m"}


@pytest.mark.parametrize(
    ("req", "name", "expected"),
    [
        (
            shapes.CreateGrantRequest(**GRANT, Constraints=CONSTRAINTS),
            "grant_constraints",
            {
                "encryption_context_equals": None,
                "encryption_context_subset": {"a": "b"},
                "source_arn": None,
            },
        ),
        (shapes.CreateGrantRequest(**GRANT), "grant_constraints", None),
        (
            shapes.CreateKeyRequest(Tags=[shapes.Tag(TagKey="a", TagValue="b")]),
            "tags",
            {"a": "b"},
        ),
        (shapes.ImportKeyMaterialRequest(**IMPORT, ValidTo=1.5), "valid_to", "1"),
        (shapes.RetireGrantRequest(GrantToken="t"), "grant_tokens", ["t"]),
        (shapes.EncryptRequest(KeyId="k", Plaintext=b"", GrantTokens=["u"]), "grant_tokens", ["u"]),
        (shapes.CreateKeyRequest(CustomerMasterKeySpec="RSA_2048"), "key_spec", "RSA_2048"),
        (shapes.CreateKeyRequest(), "request_alias", None),
        (shapes.CreateKeyRequest(), "reencrypt_on_same_key", None),
        (shapes.CreateKeyRequest(), "no_such_parameter", None),
    ],
)
def test_a_parameter_is_found_by_its_name(req: Any, name: str, expected: object) -> None:
    parameters = RequestParameters(req, Target("kms:Any", KEY), lambda _: 0)
    assert not parameters.was_read
    assert parameters.get(name) == expected
    assert parameters.was_read
