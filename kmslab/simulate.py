"""`kmslab simulate` and `kmslab check-policy`: authorization cases, one JSON object per line.

Calls the very engine that the running service uses; no server, no stored state, no clock. A line
that cannot be evaluated yields its ID and an error, and the run goes on.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from kmslab.authz.context import constraints_of, pairs_of, text_of, value_of
from kmslab.authz.decide import Layers, decide
from kmslab.authz.errors import PolicyError
from kmslab.authz.lint import lint
from kmslab.authz.policy import Policy, parse
from kmslab.authz.principals import canonical
from kmslab.authz.validate import check_key_policy, new_key
from kmslab.authz.what_if import Asked, WhatIf, edit_of, what_if
from kmslab.model.arn import parse_arn
from kmslab.model.errors import KmsError
from kmslab.model.grants import Grant
from kmslab.model.principals import Organization, Principal, PrincipalPolicies
from kmslab.model.requests import AuthorizationRequest, Resource

Case = Mapping[str, Any]
_REGION: Final = "us-east-1"  # of the key about to be made; a case names none
_UNREPORTED: Final = "grant"  # known to the engine, not to the format of the cases


def simulate_lines(lines: Iterable[str | bytes]) -> Iterator[str]:
    """Decide each case of a JSONL file; yields one line per line, without line ends."""
    return _answers(lines, simulate_case)


def check_policy_lines(
    lines: Iterable[str | bytes], *, with_findings: bool = False
) -> Iterator[str]:
    """Check each policy document of a JSONL file; yields one line per line.

    With `with_findings`, the answer for a document that is a policy has ``findings``: its mistakes.
    """
    return _answers(lines, lint_policy_case if with_findings else check_policy_case)


def simulate_case(case: Case) -> dict[str, Any]:
    """Decide one case.

    Raises:
        ValueError: the case lacks something, or a policy in it is malformed.
    """
    decision = decide(request_of(case), layers_of(case))
    layers = [layer for layer in decision.layers if layer != _UNREPORTED]
    answer = {
        "id": case.get("id"),
        "decision": "allow" if decision.allowed else "deny",
        "kind": decision.kind,
    }
    return answer | ({"layers": layers} if layers else {})


def what_if_cases(edit: Case, lines: Iterable[str | bytes]) -> WhatIf:
    """Say which cases of a JSONL file have another verdict with an edit.

    Raises:
        ValueError: the edit is none, or a line cannot be decided; the text names it.
    """
    return what_if(map(_asked, enumerate(lines, 1)), edit_of(edit))


def check_policy_case(case: Case) -> dict[str, Any]:
    """Check one policy document as CreateKey or PutKeyPolicy would."""
    answer = {"id": case.get("id")}
    caller = principal_of(_part(case, "caller"))
    own = tuple(map(json.dumps, _list(case, "caller_identity_policies")))
    known = _known(_names(case, "known_principals")) | {caller.account}
    try:
        check_key_policy(
            _document(case),
            caller=caller,
            caller_policies=PrincipalPolicies(identity=own),
            account=caller.account,
            region=_REGION,
            exists=lambda name: _exists(name, known),
            bypass=case.get("bypass_policy_lockout_safety_check") is True,
        )
    except KmsError as error:
        return answer | {"result": "reject", "code": error.code}
    return answer | {"result": "accept"}


def lint_policy_case(case: Case) -> dict[str, Any]:
    """Check one policy document, and look for mistakes in it if it is one at all."""
    answer = check_policy_case(case)
    try:
        policy = parse(_document(case))
    except PolicyError:
        return answer
    account = principal_of(_part(case, "caller")).account
    known = _known(_names(case, "known_principals")) | {account}
    key = new_key(account, _REGION)
    found = lint(policy, key, lambda name: _exists(name, known))
    return answer | {"findings": [msgspec.to_builtins(each) for each in found]}


def _known(names: Iterable[str]) -> frozenset[str]:
    """Take the principals that exist, and with each of them its account."""
    return frozenset(canonical(name) for name in names) | frozenset(map(_account, names))


def _exists(name: str, known: frozenset[str]) -> bool:
    """Look for a principal; sessions come and go with their role or account."""
    arn = parse_arn(name)
    if canonical(name) in known or arn is None or arn.service != "sts":
        return canonical(name) in known
    kind, _, rest = arn.resource.partition("/")
    role, _, session = rest.partition("/")
    if kind == "assumed-role" and session:
        start, end = f":iam::{arn.account}:role/", f"/{role}"
        return any(start in text and text.endswith(end) for text in known)
    return kind == "federated-user" and bool(rest) and arn.account in known


# ------------------------------------------------------------------------------------------- lines


def _answers(
    lines: Iterable[str | bytes], answer: Callable[[Case], dict[str, Any]]
) -> Iterator[str]:
    for line in lines:
        if line.strip():
            yield json.dumps(_answer(line, answer))


def _answer(line: str | bytes, answer: Callable[[Case], dict[str, Any]]) -> dict[str, Any]:
    case: Any = None
    try:
        case = json.loads(line)
        return answer(case) if isinstance(case, dict) else _failure(case, "This is no JSON object")
    except RecursionError:
        return _failure(case, "The line is nested too deeply")
    except KeyError as error:
        return _failure(case, f"{error} is missing")
    except (ValueError, TypeError, AttributeError) as error:
        return _failure(case, str(error))


def _failure(case: object, text: str) -> dict[str, Any]:
    return {"id": case.get("id") if isinstance(case, dict) else None, "error": text}


def _asked(numbered: tuple[int, str | bytes]) -> Asked:
    number, line = numbered
    try:
        case = json.loads(line)
        return Asked(str(case.get("id", number)), request_of(case), layers_of(case))
    except KeyError as error:
        raise ValueError(f"line {number}: {error} is missing") from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"line {number}: {error}") from None


# --------------------------------------------------------------------------- a case, as the engine's


def request_of(case: Case) -> AuthorizationRequest:
    """Read who asks for what, with which parameters, from where."""
    context = _object(case, "context")
    return AuthorizationRequest(
        caller=principal_of(_part(case, "caller")),
        action=_text(case, "action"),
        resource=resource_of(_part(case, "resource")),
        parameters=_object(case, "request"),
        environment={name: _environment(value) for name, value in context.items()},
    )


def layers_of(case: Case) -> Layers:
    """Read the policies and grants of a case."""
    return Layers(
        key_policy=_optional(case.get("key_policy")),
        identity=tuple(map(_policy, _list(case, "identity_policies"))),
        boundary=_optional(case.get("permission_boundary")),
        session=_optional(case.get("session_policy")),
        scps=_levels(case, "scps"),
        rcps=_levels(case, "rcps"),
        vpc_endpoint=_optional(case.get("vpc_endpoint_policy")),
        grants=tuple(map(grant_of, _list(case, "grants"))),
    )


def principal_of(caller: Case) -> Principal:
    """Read a caller."""
    kind: Any = _text(caller, "type")
    if kind not in ("user", "role-session", "root", "federated-user", "service"):
        raise ValueError(f"Unknown type of caller: {kind}")
    needed = "service" if kind == "service" else "arn"
    _text(caller, needed)
    arn = _word(caller, "arn")
    account = _word(caller, "account") or _account(arn)
    return Principal(
        kind=kind,
        arn=arn,
        account=account,
        user_id=_word(caller, "userid"),
        role_arn=_word(caller, "role_arn"),
        service=_word(caller, "service"),
        tags=pairs_of(caller.get("tags")),
        organization=_organization(caller.get("org"), account),
    )


def resource_of(resource: Case) -> Resource:
    """Read a resource: a key, an alias, or none."""
    arn = _text(resource, "arn")
    parsed = parse_arn(arn)
    account = _word(resource, "account") or _account(arn)
    is_alias = parsed is not None and parsed.resource.startswith("alias/")
    return Resource(
        arn=arn,
        account=account,
        region=parsed.region if parsed else _word(resource, "region"),
        kind="none" if parsed is None else "alias" if is_alias else "key",
        key_spec=_word(resource, "key_spec"),
        key_usage=_word(resource, "key_usage"),
        origin=_word(resource, "origin"),
        multi_region=resource.get("multi_region") is True,
        multi_region_key_type=_word(resource, "multi_region_key_type"),
        key_manager=_word(resource, "key_manager") or "CUSTOMER",
        tags=pairs_of(resource.get("tags")),
        aliases=_names(resource, "aliases"),
        organization=_organization(resource.get("org"), account),
    )


def grant_of(grant: object) -> Grant:
    """Read a grant."""
    if not isinstance(grant, Mapping):
        raise TypeError("grants must be a list of objects")
    token = _word(grant, "token")
    status: Any = _word(grant, "status") or "active"
    return Grant(
        grant_id=_word(grant, "grant_id"),
        key_arn=_word(grant, "key_arn"),
        operations=_names(grant, "operations"),
        grantee_principal=_word(grant, "grantee_principal"),
        grantee_service_principal=_word(grant, "grantee_service_principal"),
        retiring_principal=_word(grant, "retiring_principal"),
        retiring_service_principal=_word(grant, "retiring_service_principal"),
        constraints=constraints_of(grant.get("constraints")),
        issuing_account=_word(grant, "issuing_account"),
        tokens=(token,) if token else (),
        status=status,
    )


def _organization(org: Any, account: str) -> Organization | None:  # noqa: ANN401 - JSON
    """Read an organization as an account is in it; ``true`` says that the account manages it."""
    if not isinstance(org, Mapping):
        return None
    is_managing = org.get("management_account") is True
    return Organization(
        id=_word(org, "id"),
        path=_word(org, "path"),
        management_account=account if is_managing else _word(org, "management_account"),
    )


def _account(arn: str) -> str:
    parsed = parse_arn(arn)
    return parsed.account if parsed else ""


def _environment(value: object) -> str | tuple[str, ...]:
    read = value_of(value)
    return () if read is None else read


# ------------------------------------------------------------------- members, or what is wrong with them


def _text(block: Case, name: str) -> str:
    """Read a string that must be there."""
    value = block[name]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{name} must be a string")
    return value


def _word(block: Case, name: str) -> str:
    """Read a string that may be missing; a number counts as its digits."""
    value = block.get(name)
    if isinstance(value, (list, Mapping)):
        raise TypeError(f"{name} must be a string")
    return text_of(value) if value else ""


def _names(block: Case, name: str) -> tuple[str, ...]:
    """Read a list of strings that may be missing; a single one needs no list."""
    value = block.get(name)
    words = [value] if isinstance(value, str) else _list(block, name)
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"{name} must be a list of strings")
    return tuple(words)


def _list(block: Case, name: str) -> list[Any]:
    """Read a list that may be missing."""
    value = block.get(name) or []
    if not isinstance(value, list):
        raise TypeError(f"{name} must be a list")
    return value


def _object(block: Case, name: str) -> Case:
    """Read an object that may be missing."""
    value = block.get(name) or {}
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be an object")
    return value


def _part(case: Case, name: str) -> Case:
    """Read an object that must be there."""
    part: object = case[name]
    if not isinstance(part, Mapping):
        raise TypeError(f"{name} must be an object")
    return part


def _document(case: Case) -> str:
    """Read the text of a policy, which may be empty."""
    document: object = case["policy"]
    if not isinstance(document, str):
        raise TypeError("policy must be the text of a policy document")
    return document


# ---------------------------------------------------------------------------------------- policies


def _levels(case: Case, name: str) -> tuple[tuple[Policy, ...], ...] | None:
    """Read the policies of each level; absent where the account is in no organization."""
    if case.get(name) is None:
        return None
    levels = _list(case, name)
    if not all(isinstance(level, list | None) for level in levels):
        raise TypeError(f"{name} must be a list of levels, each a list of policies")
    return tuple(tuple(map(_policy, level or ())) for level in levels)


def _optional(document: Any) -> Policy | None:  # noqa: ANN401 - JSON
    return None if document is None else _policy(document)


def _policy(document: Any) -> Policy:  # noqa: ANN401 - JSON
    """Compile a document; one that repeats from case to case is compiled once."""
    return _compiled(json.dumps(document) if isinstance(document, Mapping) else text_of(document))


@lru_cache(maxsize=2048)
def _compiled(text: str) -> Policy:
    return parse(text)
