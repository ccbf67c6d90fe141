"""The smallest edit that turns a verdict, in the words of a puzzle: its statements have names.

Refuses to know how the edit was found.
"""

import json

from kmslab.authz.edits import AddStatement, Edit, RemoveGrant, RemoveStatement
from kmslab.authz.remedy import Remedy
from kmslab.families.claims import PLACES
from kmslab.families.scene import Papers
from kmslab.model.requests import Decision

_PARTS = {"key_policy": "key", "identity": "iam", "boundary": "boundary", "scp": "scp"}


def told(remedy: Remedy, papers: Papers, decision: Decision) -> str:
    """Return one sentence about the edit."""
    turned = "deny" if decision.allowed else "allow"
    if not remedy.edits:
        return f"No single edit would {turned} it."
    words = ", and ".join(_words(edit, papers) for edit in remedy.edits)
    return f"The smallest edit that would {turned} it: {words}."


def _words(edit: Edit, papers: Papers) -> str:
    if isinstance(edit, RemoveStatement):
        statements = getattr(papers, _PARTS[edit.layer])
        return f"take `{statements[edit.index]['Sid']}` out of {PLACES[edit.layer]}"
    if isinstance(edit, RemoveGrant):
        return f"revoke `{edit.grant_id}`"
    if isinstance(edit, AddStatement):
        return f"add `{json.dumps(json.loads(edit.statement))}` to {PLACES[edit.layer]}"
    if edit.value == ():
        return f"ask without `{edit.key}`"
    value = edit.value if isinstance(edit.value, str) else ", ".join(edit.value)
    return f"ask with `{edit.key}` = `{value}`"
