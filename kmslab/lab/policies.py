"""Mistakes in a key policy that the service accepts, as a part of the page: findings with a remedy.

The findings are `kmslab.authz.lint`'s, the page is that of `decisions.explain`. Refuses to know what
the author of a policy wanted.
"""

from typing import Final

from msgspec import structs

from kmslab.authz.errors import PolicyError
from kmslab.authz.lint import Finding, lint
from kmslab.authz.policy import parse
from kmslab.authz.render import Node
from kmslab.authz.validate import new_key
from kmslab.kms import Kms
from kmslab.lab.decisions import Shown
from kmslab.model.requests import Resource

CLEAN: Final = "nothing found; what its author wanted is another question"


def review_policy(world: Kms, policy: str) -> Shown:
    """Show the mistakes in a key policy: that of a key, by its name, or a document that is not put yet.

    Raises:
        ClientError: there is no such key, or its policy may not be read.
    """
    key = new_key(world.account, world.region)
    if policy.lstrip().startswith("{"):
        return _reviewed(world, "The document", policy, key)
    kms = world.client()
    metadata = kms.describe_key(KeyId=policy)["KeyMetadata"]
    text = kms.get_key_policy(KeyId=metadata["KeyId"])["Policy"]
    return _reviewed(world, policy, text, structs.replace(key, arn=metadata["Arn"]))


def _reviewed(world: Kms, name: str, text: str, key: Resource) -> Shown:
    try:
        found = lint(parse(text), key, world.endpoint.engine.directory.exists)
    except PolicyError as error:
        return Shown(Node(name, f"no policy: {error}", "against"))
    if not found:
        return Shown(Node(name, CLEAN, "for"))
    count = f"{len(found)} finding{'s' if len(found) > 1 else ''}"
    return Shown(Node(name, count, "against", tuple(map(_node, found))))


def _node(finding: Finding) -> Node:
    where = "" if finding.statement is None else f"statement {finding.statement}: "
    more = (Node("remedy", finding.remedy), Node("page", finding.page))
    return Node(finding.rule, f"{where}{finding.says}", "against", more)
