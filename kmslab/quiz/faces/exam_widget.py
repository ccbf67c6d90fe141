"""An exam in a notebook. `widget_exam.js` shows and sends; Python keeps, times and judges.

What is synced before the end (`exam_page.py`) holds no key, so neither do the saved notebook and
the page. Imported only when asked for, because it brings Jupyter with it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from kmslab.quiz import exam_page
from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exam import LENGTH
from kmslab.quiz.exam_session import Exam
from kmslab.quiz.faces.module import EXAM, module, style
from kmslab.quiz.faces.spoken import sat
from kmslab.quiz.progress import Now, wall_clock


class ExamWidget(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget has no types
    """An exam over a bank of quizzes, as the output of a cell.

    Takes what `Exam` takes. With a `log_path`, running the cell again takes up a sitting that was
    broken off.
    """

    _esm = module(EXAM)
    _css = style()
    paper = traitlets.Dict().tag(sync=True)
    sitting = traitlets.Dict().tag(sync=True)
    report = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        bank: Iterable[Quiz],
        log_path: str | Path | None = None,
        *,
        seed: int = 1,
        length: int = LENGTH,
        exam: str = "",
        now: Now = wall_clock,
        secret: str = "",
        student: str = "",
    ) -> None:
        self._exam = Exam(
            bank,
            log_path,
            seed=seed,
            length=length,
            exam=exam,
            now=now,
            secret=secret,
            student=student,
        )
        super().__init__(paper=exam_page.paper(self._exam), **self._state())
        self.on_msg(self._obey)

    def _state(self) -> dict[str, Any]:
        return {"report": exam_page.report(self._exam), "sitting": exam_page.sitting(self._exam)}

    def _obey(self, _widget: object, message: object, _buffers: object) -> None:
        """Do what the page asks, then show where that leads."""
        if notice := sat(self._exam, message):
            self.send({"notice": notice, "place": _place(message)})
        with self.hold_sync():
            for name, value in self._state().items():
                self.set_trait(name, value)
        self.send({"done": True})

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:  # noqa: ANN401 - IPython's protocol
        """Add what is shown where no widget can be."""
        bundle = super()._repr_mimebundle_(**kwargs)
        shown, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        total = len(self._exam.questions)
        words = f"An exam of {total} questions. Run this cell in JupyterLab to sit it."
        return shown | {"text/plain": words, "text/html": f"<p>{words}</p>"}, metadata


def _place(message: object) -> object:
    """Return the place a message is about; None where it has none."""
    return message.get("place") if isinstance(message, dict) else None
