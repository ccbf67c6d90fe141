"""The one judge behind every face. Pure: an item and an answer in, a verdict out."""

from msgspec.structs import replace

from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.model import Mark, Remark, Verdict


def judge(item: Item, answer: object) -> Verdict:
    """Judge an answer, given as the JSON value that the item's kind describes.

    Raises: AnswerError where the value is no answer to this item.
    """
    return kind_of(item).judge(item, answer)


def judge_nothing(item: Item) -> Verdict:
    """Return the verdict on no answer at all: everything right was missed."""
    whole = judge(item, kind_of(item).key(item))
    return Verdict(correct=False, credit=0.0, remarks=tuple(map(_missed, whole.remarks)))


def _missed(remark: Remark) -> Remark:
    """Return what is said of a part that was not given: its reason once, in the key if it has one."""
    if remark.mark is not Mark.HIT:
        return remark
    return replace(remark, mark=Mark.MISSED, why="" if remark.key else remark.why)
