"""Answers that have parts: a mapping from each part to what was given for it.

Used by matching and cloze. Refuses to know what the parts are.
"""

from collections.abc import Mapping, Sequence

from kmslab.quiz.model import AnswerError, Mark, Remark, Verdict


def given(answer: object, parts: Sequence[str], what: str) -> dict[str, str]:
    """Return the text given for every part. Raises: AnswerError where one is missing."""
    if not isinstance(answer, Mapping):
        raise AnswerError(f"Give an answer for every {what}.")
    out = {name: answer.get(name) for name in parts}
    texts = {name: text for name, text in out.items() if isinstance(text, str) and text.strip()}
    if len(texts) < len(parts) or set(answer) - set(parts):
        raise AnswerError(f"Give an answer for every {what}: {len(parts)} in all.")
    return texts


def verdict(remarks: Sequence[Remark], credits_: Sequence[float]) -> Verdict:
    """Sum up: right where every part is, worth the mean of the parts in practice."""
    return Verdict(
        correct=all(remark.mark is Mark.HIT for remark in remarks),
        credit=sum(credits_) / len(credits_),
        remarks=tuple(remarks),
    )


def proved(found: object, parts: Sequence[str]) -> str | None:
    """Say what is wrong with the shape of a proof's {part: text}, or None."""
    if isinstance(found, Mapping) and set(found) == set(parts):
        return None
    return f"`answer` must be a dict with one entry for each of {', '.join(parts)}"
