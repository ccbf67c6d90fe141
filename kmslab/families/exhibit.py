"""A puzzle as text: the request, then each policy and grant, in twenty-five lines at most.

Statements are JSON as a policy has it, two or three lines each. Refuses to know the verdict.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from kmslab.families.scene import Papers, Scene, Statement

MAX_LINES: Final = 25


def exhibit(scene: Scene, papers: Papers) -> str:
    """Return the whole of what decides, as fenced text."""
    return fenced([*request(scene, papers), *policies(papers)])


def fenced(lines: list[str]) -> str:
    """Return lines as a code block of the quiz's Markdown."""
    return "\n".join(["```", *lines, "```"])


def request(scene: Scene, papers: Papers) -> Iterator[str]:
    """Yield who asks for what."""
    account = scene.other_account if papers.foreign else scene.account
    tag = f", tagged team={papers.tag}" if papers.tag else ""
    yield f"Caller: role {scene.role} of account {account}{tag}"
    yield f"Call:   {scene.action} with key {scene.key_id[:8]} of account {scene.account}"
    if papers.context:
        yield f"        encryption context {json.dumps(papers.context)}"
    if papers.via:
        yield f"        made by {papers.via} for the caller"


def policies(papers: Papers) -> Iterator[str]:
    """Yield the policies and grants, each under its title."""
    for title, statements in (
        ("SCP of the account", papers.scp),
        ("Key policy", papers.key),
        ("IAM policy of the role", papers.iam),
        ("Permissions boundary of the role", papers.boundary),
    ):
        if statements:
            yield f"{title}:"
            for each in statements:
                yield from statement(each)
    for grant in papers.grants:
        yield "Grant:"
        yield from _grant(grant)


def statement(each: Statement) -> Iterator[str]:
    """Yield a statement as two or three lines of JSON."""
    parts = [("Sid", "Effect", "Principal"), ("Action", "Resource"), ("Condition",)]
    rows = [{name: each[name] for name in row if name in each} for row in parts]
    lines = [json.dumps(row)[1:-1] for row in rows if row]
    for place, line in enumerate(lines):
        opening = "  {" if place == 0 else "   "
        yield f"{opening}{line}{'}' if place == len(lines) - 1 else ','}"


def _grant(grant: dict[str, Any]) -> Iterator[str]:
    yield f"  {grant['grant_id']}: to {grant['grantee_principal']}"
    yield f"      operations {', '.join(grant['operations'])}"
    if "constraints" in grant:
        subset = grant["constraints"]["encryption_context_subset"]
        yield f"      constraints {json.dumps({'EncryptionContextSubset': subset})}"
