"""The requests of replayed cases: each action with what any request of it needs.

Refuses to know how the world is set up around a request (`tests.replay.stage`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from botocore.client import BaseClient

from kmslab import Kms
from kmslab.authn.directory import Directory
from kmslab.operations.parameters import MEMBERS

Case = dict[str, Any]
ALLOW_ALL: Final = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
)
OPEN: Final = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)


class Unsaid(Exception):
    """A case that cannot be asked of the service."""


class Stage(Protocol):
    """The world of a case, as its caller and its request need it."""

    case: Case
    directory: Directory
    key: str
    names: dict[str, str]
    owner: str
    root: BaseClient
    world: Kms

    def text(self, document: Any) -> str:
        """Write a document with the names of this world."""
        ...


def scalar(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def constraints(given: Mapping[str, Any] | None) -> dict[str, Any]:
    names = {
        "encryption_context_equals": "EncryptionContextEquals",
        "encryption_context_subset": "EncryptionContextSubset",
        "source_arn": "SourceArn",
    }
    return {names[name]: value for name, value in (given or {}).items() if value is not None}


def _request(operation: str, **fixed: Any) -> Callable[[Stage], tuple[str, dict[str, Any]]]:
    """Write a request of the case's parameters, beside those that any request needs."""

    def prepare(stage: Stage) -> tuple[str, dict[str, Any]]:
        given = stage.case["request"]
        known = set(MEMBERS) | {"request_alias", "grant_tokens", "grant_is_for_aws_resource"}
        unknown = given.keys() - known
        if unknown or given.get("grant_is_for_aws_resource"):
            raise Unsaid(f"no request carries {sorted(unknown) or 'grant_is_for_aws_resource'}")
        members = {}
        for name, value in given.items():
            if name in MEMBERS and value is not None:
                write = WRITTEN.get(name)
                members[MEMBERS[name]] = value if write is None else write(stage, value)
        if "grant_tokens" in given:
            members["GrantTokens"] = [stage.text(token) for token in given["grant_tokens"]]
        if "KeyId" in fixed and given.get("request_alias"):
            alias = given["request_alias"]
            if alias not in (stage.case["resource"].get("aliases") or ()):
                stage.root.create_alias(AliasName=alias, TargetKeyId=stage.key)
            members["KeyId"] = f"{stage.key.partition(':key/')[0]}:{alias}"
        filled = {k: v(stage) if callable(v) else v for k, v in fixed.items()}
        return operation, filled | members

    return prepare


def _key(stage: Stage) -> str:
    return stage.key


def _blob(stage: Stage) -> bytes:
    return _encrypted(stage, stage.key, stage.case["request"].get("encryption_context") or {})


def _encrypted(stage: Stage, key: str, pairs: Mapping[str, Any]) -> bytes:
    return bytes(
        stage.root.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=_strings(stage, pairs))[
            "CiphertextBlob"
        ]
    )


def _reencrypt(side: str) -> Callable[[Stage], tuple[str, dict[str, Any]]]:
    """Write a ReEncrypt with the case's key on one side, and on the other a key that is open to its account."""

    def prepare(stage: Stage) -> tuple[str, dict[str, Any]]:
        given = stage.case["request"]
        unknown = given.keys() - {"encryption_context", "reencrypt_on_same_key"}
        if unknown:
            raise Unsaid(f"no request carries {sorted(unknown)}")
        if "reencrypt_on_same_key" not in given and "OnSameKey" in json.dumps(stage.case):
            raise Unsaid("a ReEncrypt is always on the same key or on another")
        is_same = given.get("reencrypt_on_same_key") in (True, "true")
        made = stage.root.create_key(Policy=OPEN)["KeyMetadata"]["Arn"]
        other = stage.key if is_same else str(made)
        source, destination = (stage.key, other) if side == "Source" else (other, stage.key)
        pairs = _strings(stage, given.get("encryption_context") or {})
        blob = _encrypted(stage, source, pairs if side == "Source" else {})
        return "re_encrypt", {
            "CiphertextBlob": blob,
            "SourceKeyId": source,
            "DestinationKeyId": destination,
            f"{side}EncryptionContext": pairs,
        }

    return prepare


def _strings(_: Stage, value: Any) -> Any:
    return {str(k): str(scalar(v)) for k, v in value.items()}


def _alias(stage: Stage) -> str:
    found = stage.case["resource"]["arn"].partition(":alias/")[2]
    return f"alias/{found or 'new'}"


WRITTEN: Final[Mapping[str, Callable[[Stage, Any], Any]]] = {
    "encryption_context": _strings,
    "grant_constraints": lambda _, value: constraints(value),
    "tags": lambda _, value: [{"TagKey": k, "TagValue": str(v)} for k, v in value.items()],
    "grantee_principal": lambda stage, value: stage.text(value),
    "retiring_principal": lambda stage, value: stage.text(value),
    "grant_id": lambda stage, value: stage.text(value),
    "pending_window_in_days": lambda _, value: int(value),
    "rotation_period_in_days": lambda _, value: int(value),
    "multi_region": lambda _, value: value in (True, "true"),
    "bypass_policy_lockout_safety_check": lambda _, value: value in (True, "true"),
}
REQUESTS: Final = {
    f"kms:{action}": made
    for action, made in {
        "Encrypt": _request("encrypt", KeyId=_key, Plaintext=b"x"),
        "Decrypt": _request("decrypt", KeyId=_key, CiphertextBlob=_blob),
        "ReEncryptFrom": _reencrypt("Source"),
        "ReEncryptTo": _reencrypt("Destination"),
        "GenerateDataKey": _request("generate_data_key", KeyId=_key, KeySpec="AES_256"),
        "GenerateDataKeyWithoutPlaintext": _request("generate_data_key_without_plaintext", KeyId=_key, KeySpec="AES_256"),
        "GenerateDataKeyPair": _request("generate_data_key_pair", KeyId=_key, KeyPairSpec="ECC_NIST_P256"),
        "GenerateDataKeyPairWithoutPlaintext": _request("generate_data_key_pair_without_plaintext", KeyId=_key, KeyPairSpec="ECC_NIST_P256"),
        "Sign": _request("sign", KeyId=_key, Message=b"x" * 32, SigningAlgorithm="ECDSA_SHA_256"),
        "Verify": _request("verify", KeyId=_key, Message=b"x" * 32, Signature=b"x", SigningAlgorithm="ECDSA_SHA_256"),
        "GenerateMac": _request("generate_mac", KeyId=_key, Message=b"x", MacAlgorithm="HMAC_SHA_256"),
        "VerifyMac": _request("verify_mac", KeyId=_key, Message=b"x", Mac=b"x" * 32, MacAlgorithm="HMAC_SHA_256"),
        "DeriveSharedSecret": _request("derive_shared_secret", KeyId=_key, PublicKey=b"x" * 91, KeyAgreementAlgorithm="ECDH"),
        "Encapsulate": _request("encapsulate", KeyId=_key),
        "GetPublicKey": _request("get_public_key", KeyId=_key),
        "DescribeKey": _request("describe_key", KeyId=_key),
        "GetKeyRotationStatus": _request("get_key_rotation_status", KeyId=_key),
        "ListKeyRotations": _request("list_key_rotations", KeyId=_key),
        "RotateKeyOnDemand": _request("rotate_key_on_demand", KeyId=_key),
        "EnableKey": _request("enable_key", KeyId=_key),
        "DisableKey": _request("disable_key", KeyId=_key),
        "EnableKeyRotation": _request("enable_key_rotation", KeyId=_key),
        "DisableKeyRotation": _request("disable_key_rotation", KeyId=_key),
        "UpdateKeyDescription": _request("update_key_description", KeyId=_key, Description="x"),
        "ScheduleKeyDeletion": _request("schedule_key_deletion", KeyId=_key),
        "CancelKeyDeletion": _request("cancel_key_deletion", KeyId=_key),
        "GetKeyPolicy": _request("get_key_policy", KeyId=_key),
        "PutKeyPolicy": _request("put_key_policy", KeyId=_key, Policy=ALLOW_ALL),
        "ListKeyPolicies": _request("list_key_policies", KeyId=_key),
        "ListResourceTags": _request("list_resource_tags", KeyId=_key),
        "TagResource": _request("tag_resource", KeyId=_key, Tags=[{"TagKey": "k", "TagValue": "v"}]),
        "UntagResource": _request("untag_resource", KeyId=_key, TagKeys=["k"]),
        "ListGrants": _request("list_grants", KeyId=_key),
        "RevokeGrant": _request("revoke_grant", KeyId=_key, GrantId="0" * 64),
        "RetireGrant": _request("retire_grant", KeyId=_key, GrantId="0" * 64),
        "CreateGrant": _request("create_grant", KeyId=_key, GranteePrincipal=lambda stage: f"arn:aws:iam::{stage.owner}:root", Operations=["Encrypt"]),
        "CreateKey": _request("create_key"),
        "ListKeys": _request("list_keys"),
        "ListAliases": _request("list_aliases"),
        "GenerateRandom": _request("generate_random", NumberOfBytes=1),
        "ListRetirableGrants": _request("list_retirable_grants", RetiringPrincipal=lambda stage: stage.case["caller"].get("arn", "")),
        "DescribeCustomKeyStores": _request("describe_custom_key_stores"),
        "ReplicateKey": _request("replicate_key", KeyId=_key, ReplicaRegion="eu-west-1"),
        "GetParametersForImport": _request("get_parameters_for_import", KeyId=_key, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"),
        "CreateAlias": _request("create_alias", AliasName=_alias, TargetKeyId=_key),
    }.items()
}  # fmt: skip
