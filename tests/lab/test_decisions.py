"""The tree of a decision as a part of a page: well-formed, open where it matters, nothing loaded."""

from html.parser import HTMLParser

import pytest
from botocore.exceptions import ClientError

from kmslab import Kms
from kmslab.authz.render import Node
from kmslab.lab.decisions import Shown, as_html, explain

TREE = Node(
    "DENIED",
    "kms:Decrypt",
    "against",
    (
        Node("caller", '<script>alert("x")</script> & co'),
        Node("Key policy", "allow", "for", (Node("policy 0", "", "for"),)),
        Node("Session policy", "no allow", "none", (Node("policy 0", "fails", "against"),)),
    ),
)


class Reader(HTMLParser):
    """Keeps tags with their attributes, and checks that each one is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.opened: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag


def test_the_markup_is_closed_and_native() -> None:
    page = Reader(as_html(TREE))
    tags = [tag for tag, _ in page.found]
    assert page.opened == []
    assert set(tags) == {
        "section",
        "style",
        "p",
        "ul",
        "li",
        "details",
        "summary",
        "span",
        "strong",
    }
    assert tags.count("summary") == tags.count("details") == 2


def test_what_speaks_for_the_verdict_is_open() -> None:
    details = [attributes for tag, attributes in Reader(as_html(TREE)).found if tag == "details"]
    assert ["open" in attributes for attributes in details] == [False, True]


def test_no_text_becomes_markup_and_nothing_is_loaded() -> None:
    page = as_html(TREE)
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; co" in page
    assert "http" not in page
    assert "url(" not in page
    assert "@import" not in page


def test_colour_is_never_the_only_sign() -> None:
    marks = [attributes for tag, attributes in Reader(as_html(TREE)).found if tag == "span"]
    assert [mark["aria-label"] for mark in marks] == [
        "against it:", "for it:", "for it:", "against it:",
    ]  # fmt: skip
    assert {mark["role"] for mark in marks} == {"img"}


def test_the_page_names_the_tree_and_follows_both_themes() -> None:
    page = as_html(TREE)
    assert 'aria-label="DENIED: kms:Decrypt"' in page
    assert "prefers-color-scheme: dark" in page
    assert 'data-jp-theme-light="false"' in page


def test_a_notebook_gets_both_forms() -> None:
    bundle = Shown(TREE)._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == str(Shown(TREE))
    assert str(Shown(TREE)).splitlines()[2:4] == ["├─ Key policy: allow", "│  └─ policy 0"]


def test_a_call_is_named_by_what_it_gave() -> None:
    world = Kms.fresh()
    kms = world.client()
    answer = kms.create_key()
    kms.list_keys()
    with pytest.raises(ClientError) as refused:
        kms.describe_key(KeyId="alias/none")
    told = str(explain(world, answer))
    assert told.startswith("CreateKey at")
    assert told == str(explain(world, world.trail.events(name="CreateKey")[0]))
    assert told == str(explain(world, answer["ResponseMetadata"]["RequestId"]))
    assert str(explain(world, refused.value)).startswith("DescribeKey at")
    assert str(explain(world)) == str(explain(world, refused.value))
    with pytest.raises(LookupError, match="no event"):
        explain(world, {})
