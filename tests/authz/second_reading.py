"""The evaluation logic a second time, read from the guides alone and sharing nothing with `kmslab.authz`.

It reads the JSON of a case as it stands: plain loops, no compiling, slow. Only conditions are given as pairs:
the block as a customer writes it, and what it asks, in Python. IAM User Guide, "How AWS enforcement code logic
evaluates requests" and "Cross-account policy evaluation logic"; Organizations User Guide, "SCP evaluation", "RCPs";
KMS Developer Guide, "Grants in AWS KMS".
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]
Keys = Callable[[str], Any]

WITH_CONTEXT = ("Encrypt", "Decrypt", "GenerateDataKey", "ReEncryptTo")
CROSS_ACCOUNT = (*WITH_CONTEXT, "DescribeKey", "Sign", "ListGrants", "CreateGrant")
STRENGTHS = ("nobody", "account", "role", "direct")

CONDITIONS: list[tuple[Json, Callable[[Keys], bool]]] = [
    (
        {"StringEquals": {"aws:PrincipalTag/Team": ["blue", "red"]}},
        lambda key: key("aws:PrincipalTag/Team") in ("blue", "red"),
    ),
    (
        {"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        lambda key: key("aws:PrincipalOrgID") != "o-a1b2c3d4e5",
    ),
    (
        {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
        lambda key: key("aws:SourceVpce") in (None, "vpce-1"),
    ),
    (
        {"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "10.0.0.0/8"]}},
        lambda key: not (key("aws:SourceIp") or "").startswith(("203.0.113.", "10.")),
    ),
    (
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "Null": {"aws:SourceVpce": "true"}},
        lambda key: key("aws:MultiFactorAuthPresent") == "true" and key("aws:SourceVpce") is None,
    ),
    (
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": False}},
        lambda key: key("aws:MultiFactorAuthPresent") in (None, "false"),
    ),
    (
        {"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["Team", "Stage"]}},
        lambda key: set(key("kms:EncryptionContextKeys") or ()) <= {"Team", "Stage"},
    ),
    (
        {"ForAnyValue:StringLike": {"kms:EncryptionContextKeys": "T*"}},
        lambda key: any(name[:1] == "T" for name in key("kms:EncryptionContextKeys") or ()),
    ),
    (
        {"StringEquals": {"kms:EncryptionContext:Team": "${aws:PrincipalTag/Team}"}},
        lambda key: (
            key("kms:EncryptionContext:Team") is not None
            and key("kms:EncryptionContext:Team") == key("aws:PrincipalTag/Team")
        ),
    ),
    (
        {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/alice"}},
        lambda key: key("aws:PrincipalArn") != "arn:aws:iam::111122223333:user/alice",
    ),
    (
        {"Bool": {"aws:PrincipalIsAWSService": "false"}},
        lambda key: key("aws:PrincipalIsAWSService") == "false",
    ),
]


def verdict(case: Json) -> str:
    """Answer ``allow``, ``explicit_deny`` or ``implicit_deny``."""
    bound = list(_bound(case))
    if any(
        _speaks(case, policy, "Deny") for _, levels in bound for level in levels for policy in level
    ):
        return "explicit_deny"
    for name, levels in bound:
        if name in ("scp", "endpoint") and not _every_level_allows(case, levels):
            return "implicit_deny"
    strength = max(_key_policy(case), _grants(case), key=STRENGTHS.index)
    needed = {"nobody": ["never"], "account": ["iam", "limits"], "role": ["limits"], "direct": []}
    have = {"never": False, "iam": _iam(case), "limits": _limits(case)}
    return "allow" if all(have[name] for name in needed[strength]) else "implicit_deny"


# ------------------------------------------------------------------------------- which policies count


def _bound(case: Json) -> Iterator[tuple[str, list[list[Json]]]]:
    """List the policies that bind the request, by layer and level."""
    caller, resource = case["caller"], case["resource"]
    linked = "/aws-service-role/" in caller.get("role_arn", "")
    yield "key", [[case["key_policy"]]]
    if caller["type"] not in ("root", "service"):
        own = [case.get("permission_boundary"), case.get("session_policy")]
        yield "own", [[*case["identity_policies"], *filter(None, own)]]
    if caller["type"] != "service" and not linked and not _manages(caller):
        yield "scp", case.get("scps") or []
    if resource["key_manager"] == "CUSTOMER" and not linked and not _manages(resource):
        yield "rcp", case.get("rcps") or []
    if "vpc_endpoint_policy" in case:
        yield "endpoint", [[case["vpc_endpoint_policy"]]]


def _manages(party: Json) -> bool:
    return party.get("org", {}).get("management_account") == party["account"]


def _every_level_allows(case: Json, levels: list[list[Json]]) -> bool:
    return all(any(_speaks(case, policy, "Allow") for policy in level) for level in levels)


def _speaks(case: Json, policy: Json | None, effect: str) -> bool:
    """Tell whether a statement of this effect applies to the request and its caller."""
    return any(
        strength != "nobody"
        for strength in (_strength(case, item) for item in _applying(case, policy or {}, effect))
    )


# --------------------------------------------------------------------------------------- permissions


def _iam(case: Json) -> bool:
    return any(_speaks(case, policy, "Allow") for policy in case["identity_policies"])


def _limits(case: Json) -> bool:
    """Ask boundary and session policy, where there are any; a federated session needs its own."""
    if case["caller"]["type"] == "federated-user" and "session_policy" not in case:
        return False
    limits = [case[name] for name in ("permission_boundary", "session_policy") if name in case]
    return all(_speaks(case, policy, "Allow") for policy in limits)


def _key_policy(case: Json) -> str:
    """Tell how strongly the key policy allows; across accounts it only opens the door."""
    found = [_strength(case, item) for item in _applying(case, case["key_policy"], "Allow")]
    strongest = max(["nobody", *found], key=STRENGTHS.index)
    if not _is_foreign(case) or strongest == "nobody":
        return strongest
    if not _may_cross(case):
        return "nobody"
    return "direct" if case["caller"]["type"] == "root" else "account"


def _grants(case: Json) -> str:
    if _is_foreign(case) and not _may_cross(case):
        return "nobody"
    found = [
        _named(case["caller"], grant["grantee_principal"])
        for grant in case.get("grants", [])
        if _grants_this(case, grant)
    ]
    return max(["nobody", *found], key=STRENGTHS.index)


def _grants_this(case: Json, grant: Json) -> bool:
    operation, tokens = case["action"].split(":")[1], case["request"].get("grant_tokens", [])
    usable = grant["status"] == "active" or (
        grant["status"] == "pending" and grant["token"] in tokens
    )
    if (
        not usable
        or grant["key_arn"] != case["resource"]["arn"]
        or operation not in grant["operations"]
    ):
        return False
    if operation not in WITH_CONTEXT:
        return True
    given, constraints = case["request"].get("encryption_context", {}), grant.get("constraints", {})
    wanted = constraints.get("encryption_context_subset", {})
    return (
        constraints.get("encryption_context_equals", given) == given
        and wanted.items() <= given.items()
    )


def _is_foreign(case: Json) -> bool:
    caller = case["caller"]
    return caller["type"] != "service" and caller["account"] != case["resource"]["account"]


def _may_cross(case: Json) -> bool:
    operation = case["action"].split(":")[1]
    return operation in CROSS_ACCOUNT and case["resource"]["key_manager"] == "CUSTOMER"


# ---------------------------------------------------------------------------------------- statements


def _applying(case: Json, policy: Json, effect: str) -> Iterator[Json]:
    """List the statements of one effect whose action, resource and condition fit."""
    statements = policy.get("Statement", [])
    for item in statements if isinstance(statements, list) else [statements]:
        if item["Effect"] == effect and _covers(item, case) and _holds(item.get("Condition"), case):
            yield item


def _covers(item: Json, case: Json) -> bool:
    action, arn = case["action"].lower(), case["resource"]["arn"]
    covers_action = _fits(item, "Action", lambda pattern: _like(pattern.lower(), action))
    return covers_action and _fits(item, "Resource", lambda it: _like(_filled(it, case), arn))


def _fits(item: Json, element: str, matches: Callable[[str], bool]) -> bool:
    name = element if element in item else f"Not{element}"
    patterns = item[name] if isinstance(item[name], list) else [item[name]]
    return any(map(matches, patterns)) is (name == element)


def _like(pattern: str, text: str) -> bool:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.fullmatch("".join(parts), text) is not None


def _filled(pattern: str, case: Json) -> str:
    """Fill in the one variable that the cases have in resources; undefined, it matches nothing."""
    account = case["caller"].get("account", "undefined")
    return pattern.replace("${aws:PrincipalAccount}", account)


def _holds(block: Json | None, case: Json) -> bool:
    if block is None:
        return True
    return next(holds for written, holds in CONDITIONS if written == block)(_keys(case))


def _keys(case: Json) -> Keys:
    """Derive the condition keys that the conditions here ask for."""
    caller, operation = case["caller"], case["action"].split(":")[1]
    given = case["request"].get("encryption_context", {}) if operation in WITH_CONTEXT else {}
    tags = {name.lower(): value for name, value in caller.get("tags", {}).items()}
    derived = {
        "aws:PrincipalTag/Team": tags.get("team"),
        "aws:PrincipalOrgID": caller.get("org", {}).get("id"),
        "aws:PrincipalArn": caller.get("role_arn", caller.get("arn")),
        "aws:PrincipalIsAWSService": "true" if caller["type"] == "service" else "false",
        "kms:EncryptionContextKeys": list(given),
        "kms:EncryptionContext:Team": given.get("Team"),
    }
    return (derived | case["context"]).get


# ---------------------------------------------------------------------------------------- principals


def _strength(case: Json, item: Json) -> str:
    """Tell how a statement names the caller; one without Principal belongs to the caller."""
    principal, caller = item.get("Principal", "*"), case["caller"]
    if principal == "*":
        return "direct"
    if caller.get("service") in _listed(principal.get("Service", [])):
        return "direct"
    found = [_named(caller, name) for name in _listed(principal.get("AWS", []))]
    return max(["nobody", *found], key=STRENGTHS.index)


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def _named(caller: Json, name: str) -> str:
    """Tell how one name (of a statement, of a grantee) means a caller."""
    if name == "*":
        return "direct"
    if caller["type"] == "service":
        return "nobody"
    if name in (caller["account"], f"arn:aws:iam::{caller['account']}:root"):
        return "direct" if caller["type"] == "root" else "account"
    if name == caller["arn"]:
        return "direct"
    return "role" if name == caller.get("role_arn") else "nobody"
