"""Why a call was allowed or denied, as a part of the page: a tree to open and close.

Native `details` and lists, so the keyboard and a screen reader know it already; colours follow
JupyterLab's theme or the system's, and what they say is said in words too. No script, no network.
"""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

import msgspec

from kmslab.authz.explain import Explanation
from kmslab.authz.render import TITLES, Bearing, Node, as_text, tree
from kmslab.kms import Kms
from kmslab.lab.pictures.gates import gates_of

Call = str | Mapping[str, Any] | Exception

_MARKS: Final[dict[Bearing, str]] = {
    "for": '<span class="kmslab-for" role="img" aria-label="for it:">✓</span> ',
    "against": '<span class="kmslab-against" role="img" aria-label="against it:">✗</span> ',
    "none": "",
}
_STYLE: Final = """\
<style>
.kmslab-decision { color: var(--jp-content-font-color1, inherit); line-height: 1.6;
  font-family: var(--jp-content-font-family, system-ui, sans-serif); overflow-wrap: anywhere;
  --kmslab-for: #0a6b3d; --kmslab-against: #b3261e; }
@media (prefers-color-scheme: dark) { .kmslab-decision {
  --kmslab-for: #6fd39b; --kmslab-against: #ff9d94; } }
body[data-jp-theme-light="true"] .kmslab-decision {
  --kmslab-for: #0a6b3d; --kmslab-against: #b3261e; }
body[data-jp-theme-light="false"] .kmslab-decision {
  --kmslab-for: #6fd39b; --kmslab-against: #ff9d94; }
.kmslab-decision ul { list-style: none; margin: 0; padding-inline-start: 1.4em; }
.kmslab-decision summary { cursor: pointer; margin-inline-start: -1.1em; }
.kmslab-decision summary:focus-visible { outline: 2px solid currentColor; outline-offset: 1px; }
.kmslab-for { color: var(--kmslab-for); } .kmslab-against { color: var(--kmslab-against); }
</style>"""


class Shown(msgspec.Struct, frozen=True):
    """A tree as a notebook shows it: markup for the page, text for everything else."""

    root: Node

    def __str__(self) -> str:
        return as_text(self.root)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/html": as_html(self.root), "text/plain": as_text(self.root)}


def explain(world: Kms, call: Call | None = None) -> Shown:
    """Show why a call was allowed or denied: the last one, or the one that is named.

    `call` is an event of the trail, its ID, the answer of a boto3 client, or the error it raised.

    Raises:
        LookupError: the trail has no such event.
    """
    return Shown(world.explain(_event_id(world, call)).tree())


def what_if(
    world: Kms,
    call: Call | None = None,
    *,
    key: str = "",
    caller: str = "",
    **edit: Any,  # noqa: ANN401 - JSON
) -> Shown:
    """Show which recorded calls would have another verdict if policies or requests read otherwise.

    ``what_if(world, key="alias/app", key_policy={...})`` asks all calls on that key again, and with a `call`
    only that one. The other fields: `identity_policies`, `permission_boundary`, `session_policy`,
    `scps`, `rcps`, `vpc_endpoint_policy`, `context`.

    Raises:
        LookupError: the trail has no such event.
        ValueError: the edit is none, or it is not said whose policy it is.
    """
    event_id = "" if call is None else _event_id(world, call)
    return Shown(world.what_if(edit, event_id=event_id, key=key, caller=caller).tree())


def replay(world: Kms, calls: Mapping[str, str]) -> Shown:
    """Show several recorded calls, given by what they are called and their event IDs, to open one by one."""
    nodes = []
    for name, event_id in calls.items():
        found = world.explain(event_id).checks[-1].explanation
        root = tree(found)
        nodes.append(Node(name, root.subject, root.bearing, (*_gates(found), *root.children)))
    return Shown(Node("Replay", f"{len(nodes)} calls", children=tuple(nodes)))


def _gates(found: Explanation) -> tuple[Node, ...]:
    """Write the gates in their order as one line to open."""
    passed = tuple(Node(f"{gate.sign} {TITLES[gate.layer]}", gate.says) for gate in gates_of(found))
    return (Node("The gates, in their order", children=passed),)


def _event_id(world: Kms, call: Call | None) -> str:
    if isinstance(call, str):
        return call
    answer: Any = world.trail.last if call is None else getattr(call, "response", call)
    return str(answer.get("eventID") or answer.get("ResponseMetadata", {}).get("RequestId", ""))


def as_html(root: Node) -> str:
    """Draw a tree as HTML; what speaks for its verdict is open, the rest is closed."""
    children = "".join(_item(child, root.bearing) for child in root.children)
    return (
        f'<section class="kmslab-decision" aria-label="{escape(str(root))}">{_STYLE}'
        f"<p>{_words(root)}</p><ul>{children}</ul></section>"
    )


def _item(node: Node, verdict: Bearing) -> str:
    if not node.children:
        return f"<li>{_words(node)}</li>"
    is_open = " open" if any(each.bearing == verdict for each in _all(node)) else ""
    children = "".join(_item(child, verdict) for child in node.children)
    return (
        f"<li><details{is_open}><summary>{_words(node)}</summary><ul>{children}</ul></details></li>"
    )


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _words(node: Node) -> str:
    says = f": {escape(node.says)}" if node.says else ""
    return f"{_MARKS[node.bearing]}<strong>{escape(node.subject)}</strong>{says}"
