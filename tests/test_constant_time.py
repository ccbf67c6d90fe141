"""No secret is compared by `==`, whose time tells how far a guess is right: `hmac.compare_digest` is asked."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGES = (
    "authn",
    "authz",
    "custody",
    "engine",
    "operations",
    "server",
    "services",
    "store",
    "wire",
)
ROOT = Path(__file__).parents[1] / "kmslab"
SOURCES = sorted(path for name in PACKAGES for path in ROOT.glob(f"{name}/**/*.py"))

# By its last word a name says that it holds one.
SECRET = re.compile(
    r"(^|_)(signature|hmac|mac|token|tag|digest|secret|password|passphrase|secret_access_key|root_key)$"
)


def compared(source: str) -> Iterator[str]:
    """Yield the comparisons of a program in which a secret stands on either side."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare) and is_forbidden(node):
            yield f"line {node.lineno}: {ast.unparse(node)}"


def is_forbidden(node: ast.Compare) -> bool:
    by_value = any(isinstance(each, ast.Eq | ast.NotEq) for each in node.ops)
    return by_value and any(map(is_secret, (node.left, *node.comparators)))


def is_secret(side: ast.expr) -> bool:
    """Say whether a side of a comparison is named like a secret, or is what a function of that name returns."""
    if isinstance(side, ast.Call):
        return is_secret(side.func)
    name = side.attr if isinstance(side, ast.Attribute) else getattr(side, "id", "")
    return SECRET.search(name.lower()) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_secrets_are_compared_in_constant_time(path: Path) -> None:
    assert not list(compared(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "line",
    [
        "given == signature",
        "if credential.session_token != token: pass",
        "ok = hashed.digest() == expected",
        "a == b == mac",
        "GIVEN_TAG == x",
    ],
)
def test_the_rule_sees_what_it_forbids(line: str) -> None:
    assert list(compared(line))


@pytest.mark.parametrize(
    "line",
    [
        "compare_digest(expected, signature)",
        "name == 'grant_tokens'",
        "len(signature) == 64",
        "token is None",
        "tags == other.tags",
    ],
)
def test_the_rule_leaves_the_rest_alone(line: str) -> None:
    assert not list(compared(line))
