"""What is allowed in a key policy and is still a mistake: findings, each with its page and a remedy.

A finding never refuses anything; `kmslab.authz.validate` does that. Judges one document by itself and
who exists; refuses to know IAM policies, grants, and what the author wanted.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from kmslab.authz import match
from kmslab.authz.ability import ability
from kmslab.authz.actions import ALL, IAM_ONLY
from kmslab.authz.conditions import Condition
from kmslab.authz.decide import Layers
from kmslab.authz.fits import can_fail, can_hold
from kmslab.authz.policy import Policy, Statement, parse
from kmslab.authz.principals import bearer
from kmslab.model.requests import AuthorizationRequest, Resource

Exists = Callable[[str], bool]


class Rule(msgspec.Struct, frozen=True):
    """One kind of mistake: its name, the page that explains it, what would help."""

    name: str
    page: str
    remedy: str


class Finding(msgspec.Struct, frozen=True):
    """One mistake in a document; `statement` is None where it is about all of it."""

    rule: str
    statement: int | None
    says: str
    remedy: str
    page: str


_KMS: Final = "https://docs.aws.amazon.com/kms/latest/developerguide/"
_IAM: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"

RULES: Final[Mapping[str, Rule]] = {
    rule.name: rule
    for rule in (
        Rule(
            "lock-out",
            f"{_KMS}key-policy-default.html#key-policy-default-allow-root-enable-iam",
            "let an administrator, or the account, do kms:PutKeyPolicy without a condition",
        ),
        Rule(
            "no-account",
            f"{_KMS}key-policy-default.html#key-policy-default-allow-root-enable-iam",
            "add the default statement, which lets the account use IAM policies: those who are named can be deleted",
        ),
        Rule(
            "everyone",
            f"{_KMS}key-policy-overview.html",
            "name the principals, or add a condition on who calls, such as kms:CallerAccount or aws:PrincipalOrgID",
        ),
        Rule(
            "unmatched-principal",
            f"{_IAM}reference_policies_elements_principal.html",
            "name a principal that exists, by its ARN, or take the name away",
        ),
        Rule(
            "unmatched-action",
            f"{_KMS}kms-api-permissions-reference.html",
            "spell an action of a key, or move it to an IAM policy",
        ),
        Rule(
            "unmatched-resource",
            f"{_KMS}key-policy-overview.html",
            'write "Resource": "*": in a key policy that is this key',
        ),
        Rule(
            "never-holds",
            f"{_KMS}conditions-kms.html",
            "use a key that requests for these actions have, with a value that it can have",
        ),
        Rule(
            "always-holds",
            f"{_IAM}reference_policies_condition-keys.html",
            "compare with a value that the key can have; the aws:PrincipalArn of a session is its role's ARN",
        ),
        Rule(
            "every-action",
            f"{_KMS}iam-policies-best-practices.html",
            "list the actions that are needed; kms:* includes kms:PutKeyPolicy and kms:ScheduleKeyDeletion",
        ),
        Rule(
            "open-grants",
            f"{_KMS}create-grant-overview.html",
            "add Bool kms:GrantIsForAWSResource true, or name grantees with kms:GranteePrincipal",
        ),
    )
}
"""Every kind of mistake that is looked for, by its name."""

_LIMITING: Final = frozenset(
    [
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "aws:username",
        "aws:vpcsourceip",
        "kms:calleraccount",
    ]
)
_GRANTEES: Final = frozenset(
    ["kms:grantisforawsresource", "kms:granteeprincipal", "kms:granteeserviceprincipal"]
)
_OF_KEYS: Final = ALL - IAM_ONLY
_CHANGE: Final = "kms:PutKeyPolicy"
_ANYTHING: Final = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def lint(policy: Policy, key: Resource, exists: Exists) -> tuple[Finding, ...]:
    """Look for mistakes in a key policy that would be accepted.

    `key` is the key that the policy is for. `exists` answers for names of principals, as for
    `kmslab.authz.validate`.
    """
    found = [*_whole(policy, key)]
    for statement in policy.statements:
        found += _matching(statement, key, exists)
        found += _conditions(statement)
        if not statement.denies:
            found += _width(statement, key)
    return tuple(found)


def _finding(name: str, statement: Statement | None, says: str) -> Finding:
    rule = RULES[name]
    return Finding(
        name, None if statement is None else statement.index, says, rule.remedy, rule.page
    )


# ------------------------------------------------------------------------------------ the whole document


def _whole(policy: Policy, key: Resource) -> Iterator[Finding]:
    """Look who can change the policy: somebody must, and the account should."""
    names = sorted(
        {name for item in policy.statements if item.principal for name in item.principal.aws}
    )
    able = {name for name in (*names, key.account) if _can_change(name, policy, key)}
    if not able:
        yield _finding("lock-out", None, "nobody can change this policy, or only under a condition")
    elif key.account not in able:
        yield _finding("no-account", None, f"account {key.account} cannot change this policy")


def _can_change(name: str, policy: Policy, key: Resource) -> bool:
    """Tell whether the bearer of a name can change the policy, if IAM lets it."""
    caller = bearer(name)
    if caller is None:
        return False
    request = AuthorizationRequest(caller, _CHANGE, key, {}, {})
    found = ability(request, Layers(key_policy=policy, identity=(_ANYTHING,)))
    return found is not None and any(not way.only_if for way in found.ways)


# ------------------------------------------------------------------------------- what matches nothing


def _matching(statement: Statement, key: Resource, exists: Exists) -> Iterator[Finding]:
    principal, action, resource = statement.principal, statement.action, statement.resource
    for name in sorted(principal.aws - {"*"}) if principal else ():
        if not exists(name):
            yield _finding("unmatched-principal", statement, f"nobody is called {name}")
    if principal and not (principal.aws or principal.services or principal.everyone):
        yield _finding("unmatched-principal", statement, "no principal is named")
    for pattern in action.patterns if action else ():
        if not match.actions(pattern) & _OF_KEYS:
            yield _finding("unmatched-action", statement, f"{pattern} is no action of a key")
    fits = resource is not None and any(
        match.resource([each])(key.arn) for each in resource.patterns
    )
    if not fits and (resource is None or not resource.templates):
        named = "nothing" if resource is None else ", ".join(resource.patterns)
        yield _finding(
            "unmatched-resource", statement, f"it is about {named}, and not about this key"
        )


def _conditions(statement: Statement) -> Iterator[Finding]:
    """Look for conditions that no request for the statement's actions could meet, or that all meet."""
    covered = statement.action.known & _OF_KEYS if statement.action else frozenset()
    effect = "denies" if statement.denies else "allows"
    for condition in statement.conditions if covered else ():
        wanted = f"{condition.operator} {condition.key} {', '.join(condition.values)}"
        if not can_hold(condition, covered):
            says = f"{wanted} holds for no request, so the statement {effect} nothing"
            yield _finding("never-holds", statement, says)
        elif not can_fail(condition, covered):
            says = f"{wanted} holds for every request, so the statement {effect} as if it were not there"
            yield _finding("always-holds", statement, says)
        else:
            for pattern in _never_met(statement, condition):
                says = f"{wanted} holds for no request of {pattern}, which the statement never {effect}"
                yield _finding("never-holds", statement, says)


def _never_met(statement: Statement, condition: Condition) -> Iterator[str]:
    """Yield the actions that a statement names and whose requests can never meet its condition."""
    action = statement.action
    for pattern in action.patterns if action and not action.negated else ():
        covered = match.actions(pattern) & _OF_KEYS
        if covered and not can_hold(condition, covered):
            yield pattern


# --------------------------------------------------------------------------------- what is too wide


def _width(statement: Statement, key: Resource) -> Iterator[Finding]:
    principal, action = statement.principal, statement.action
    if principal is None or action is None:
        return
    if principal.everyone and not any(map(_limits_caller, statement.conditions)):
        how = "no condition says who" if statement.conditions else "there is no condition"
        yield _finding("everyone", statement, f"everyone in every account is allowed, and {how}")
    if principal.aws == {key.account}:
        return  # IAM policies decide
    if not _OF_KEYS - action.known:
        yield _finding("every-action", statement, "every action is allowed to whom it names")
    if "kms:CreateGrant" in action.known and not any(map(_limits_grants, statement.conditions)):
        yield _finding("open-grants", statement, "whom it names may give grants to anybody")


def _limits_caller(condition: Condition) -> bool:
    key = condition.key.lower()
    limits = key in _LIMITING or key.startswith("aws:principaltag/")
    return limits and _is_positive(condition)


def _limits_grants(condition: Condition) -> bool:
    return condition.key.lower() in _GRANTEES and _is_positive(condition)


def _is_positive(condition: Condition) -> bool:
    """Tell whether a condition fails for what it does not list, and where the key is absent."""
    operator = condition.operator.lower()
    loose = ("not" in operator, operator.endswith("ifexists"), operator.startswith("forall"))
    return not any(loose) and operator != "null"
