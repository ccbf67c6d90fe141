"""A page without a kernel: it judges as Python and the terminal do, and asks nobody for anything."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kmslab.quiz import AnswerError, judge, load_quiz
from kmslab.quiz.catalog import KINDS, kind_of
from kmslab.quiz.faces.module import CONTROLS, module
from kmslab.quiz.faces.static import JUDGED, closed, html
from kmslab.quiz.page import _remark, kind_name

pytestmark = pytest.mark.browser

VECTORS = Path(__file__).parents[1] / "vectors/quiz"
QUIZ = load_quiz(VECTORS / "00-kinds.yaml")
CASES = json.loads((VECTORS / "judge.json").read_text())
JUDGE_ALL = """
async ([source, items, cases]) => {
  const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const { judge, AnswerError, JUDGES } = await import(url);
  const verdict = ({ item, answer }) => {
    try { return judge(items[item], answer); } catch (error) {
      if (!(error instanceof AnswerError)) throw error;
      return { refused: error.message };
    }
  };
  return { verdicts: cases.map(verdict), kinds: Object.keys(JUDGES) };
}
"""


def by_python(item: Any, answer: Any) -> dict[str, Any]:
    try:
        verdict = judge(item, answer)
    except AnswerError as error:
        return {"refused": str(error)}
    remarks = [plain(_remark(remark, told=True)) for remark in verdict.remarks]
    return {"correct": verdict.correct, "credit": verdict.credit, "remarks": remarks}


def plain(remark: dict[str, Any]) -> dict[str, Any]:
    """A remark in words: how they are cut into runs and blocks is no matter."""
    return {
        "part": remark["part"],
        "mark": remark["mark"],
        "why": told(remark["why"]),
        "key": "" if remark["mark"] == "hit" else told(remark["key"]),
    }


def told(blocks: Any) -> str:
    runs = [run["text"] for block in blocks for line in block["lines"] for run in line]
    return " ".join("".join(runs).split())


def typed(item: Any, answer: Any) -> str | None:
    """What gives this answer in a terminal; None where nothing does."""
    view = kind_of(item).view(item, 1)
    order = [o["id"] for o in view.get("options", [])] or [
        s["id"] for s in view.get("spots", []) if s["id"]
    ]
    name = kind_name(item)
    try:
        if name in ("single", "multiple", "hotspot", "ordering"):
            return " ".join("abcdefgh"[order.index(each)] for each in answer)
        if name == "true-false":
            return f"{answer[0]} {'abcdefgh'[order.index(answer[1])]}"
        if name == "matching":
            return " ".join("abcdefgh"[order.index(answer[p["id"]])] for p in view["prompts"])
        if name == "cloze":
            offers = {gap["id"]: [o["id"] for o in gap["options"]] for gap in view["gaps"]}
            return "; ".join(
                "abcdefgh"[offered.index(answer[gap])] if offered else answer[gap]
                for gap, offered in offers.items()
            )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
    return answer if isinstance(answer, str) else None


@pytest.fixture(scope="module")
def page(chromium: Any) -> Iterator[Any]:
    opened = chromium.new_page()
    yield opened
    opened.close()


def test_page_python_and_terminal_judge_alike(page: Any) -> None:
    extra = [
        {"item": item.id, "answer": kind_of(item).key(item), "name": "the key"}
        for item in QUIZ.items
    ]
    cases = [c for c in [*CASES, *extra] if not isinstance(c["answer"], int) or c["answer"] < 2**53]
    source = module((*CONTROLS, "widget_judge")) + "\nexport { judge, AnswerError, JUDGES };"
    items = {item.id: closed(item) for item in QUIZ.items}
    found = page.evaluate(JUDGE_ALL, [source, items, cases])
    typed_cases = 0
    for case, got in zip(cases, found["verdicts"], strict=True):
        item = QUIZ.item(case["item"])
        expected = by_python(item, case["answer"])
        where = f"{case['item']} {case['name']}"
        if "refused" in expected:
            assert got == expected, where
            continue
        assert got["correct"] == expected["correct"], where
        assert got["credit"] == pytest.approx(expected["credit"], abs=1e-9), where
        assert [plain(each) for each in got["remarks"]] == expected["remarks"], where
        line = typed(item, case["answer"])
        if line is not None:
            view = kind_of(item).view(item, 1)
            assert by_python(item, kind_of(item).parse_line(view, line)) == expected, where
            typed_cases += 1
    assert len(cases) > 50
    assert typed_cases > 30
    assert set(found["kinds"]) == JUDGED


def test_a_kind_that_the_page_cannot_judge_is_known_as_such() -> None:
    assert {str(kind.__struct_config__.tag) for kind in KINDS} >= JUDGED


def test_letters_fold_as_in_python(page: Any) -> None:
    letters = [chr(n) for n in range(0x20, 0x24F) if chr(n).isprintable()] + list("ΑΒΣσςЖжﬁＡ４")
    source = module((*CONTROLS, "widget_judge")) + "\nexport { normal };"
    script = """async ([source, letters]) => {
      const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
      const { normal } = await import(url);
      return letters.map((each) => normal(each, { case: "ignore", space: "keep" }));
    }"""
    from kmslab.quiz.kinds.forms import Rules, normal  # noqa: PLC0415 - only here

    folded = page.evaluate(script, [source, letters])
    expected = [normal(each, Rules("ignore", "keep")) for each in letters]
    differ = {a: (b, c) for a, b, c in zip(letters, folded, expected, strict=True) if b != c}
    assert set(differ) <= {
        "\u0131"
    }  # Turkish dotless i: its capital is the Latin I, which folds to i


@pytest.fixture
def opened(chromium: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The specimens as a file, in a browser that has no network."""
    file = tmp_path / "practice.html"
    file.write_text(html([QUIZ]))
    context = chromium.new_context(offline=True, **getattr(request, "param", {}))
    page = context.new_page()
    page.said = []  # type: ignore[attr-defined]
    page.on("request", lambda each: page.said.append(each.url))
    page.on("console", lambda each: page.said.append(each.text))
    page.goto(file.as_uri())
    page.file = file.as_uri()
    yield page
    context.close()


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).locator("visible=true").click()


def test_practice_without_a_kernel(opened: Any) -> None:
    page = opened
    page.get_by_role("tab", name="Question 8, not answered").click()
    page.locator("label:visible").filter(has_text="The alias").click()
    press(page, "Check answer")
    page.get_by_text("Not yet.", exact=True).wait_for()
    assert page.get_by_text("It names a key.").is_visible()
    assert page.get_by_text("It is authenticated.").count() == 0
    page.locator("label:visible").filter(has_text="The encryption context").click()
    press(page, "Check answer")
    page.get_by_text("Right, at try 2.", exact=True).wait_for()
    page.get_by_role("tab", name="Question 2, not answered").click()
    page.locator(".kq-panel:visible").get_by_role("textbox").fill("4 MB")
    press(page, "Check answer")
    page.get_by_role("alert").get_by_text("The units are bytes, KiB.").wait_for()
    page.keyboard.press("Control+a")
    page.locator(".kq-panel:visible").get_by_role("textbox").fill("6144")
    press(page, "Check answer")
    page.get_by_text("Not yet: worth 25% in practice, nothing in an exam.").wait_for()
    press(page, "Show the answer")
    page.get_by_text("Right: 4096 bytes.").wait_for()
    page.reload()
    page.get_by_role("tab", name="Question 8, right").wait_for()
    page.get_by_role("tab", name="Question 2, answer shown").click()
    press(page, "Clear and answer again")
    page.get_by_role("tab", name="Question 2, not answered").wait_for()
    page.get_by_role("tab", name="Result").click()
    page.get_by_role("heading", name="1 of 9 right").wait_for()
    assert set(page.said) == {page.file}


def test_on_paper_all_questions_stand_and_nothing_to_press(opened: Any) -> None:
    opened.emulate_media(media="print")
    assert opened.locator(".kq-panel:visible").count() == len(QUIZ.items)
    assert opened.locator(".kq-actions:visible, .kq-rail:visible").count() == 0


def test_a_script_of_another_does_not_run(opened: Any) -> None:
    blocked = opened.evaluate(
        "async () => { const s = document.createElement('script'); s.textContent = 'window.owned = 1';"
        " document.body.append(s); return window.owned === undefined; }"
    )
    assert blocked
