"""The one judge behind every face. Pure: an item and an answer in, a verdict out."""

from kmslab.quiz.catalog import Item, kind_of
from kmslab.quiz.model import Verdict


def judge(item: Item, answer: object) -> Verdict:
    """Judge an answer, given as the JSON value that the item's kind describes.

    Raises: AnswerError where the value is no answer to this item.
    """
    return kind_of(item).judge(item, answer)
