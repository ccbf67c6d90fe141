"""Quizzes as CSV: a row for each item, everything in it.

What all kinds share has columns of its own, lists as JSON; what is peculiar to a kind is JSON in
`body`. UTF-8, RFC 4180.
"""

import csv
import io
import json

from kmslab.quiz.catalog import Quiz
from kmslab.quiz.exchange.plain import HEAD, Plain, items_of, plain_of, quiz_from

TEXTS = ("type", "id", "title", "stem", "why", "topic", "as_of", "proof")
JSONS = ("lab", "skills", "refs", "hints", "exams", "difficulty", "version", "despite", "case")
COLUMNS = (*(f"quiz_{name}" for name in HEAD), *TEXTS, *JSONS, "body")


def write(quiz: Quiz) -> bytes:
    """Return the table."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    told = plain_of(quiz)
    head = {f"quiz_{name}": str(told[name]) for name in HEAD}
    for item in items_of(quiz):
        table.writerow(head | _row(item))
    return out.getvalue().encode()


def _row(item: Plain) -> dict[str, str]:
    texts = {name: item[name] for name in TEXTS if name in item}
    jsons = {name: json.dumps(item[name], ensure_ascii=False) for name in JSONS if name in item}
    body = {name: value for name, value in item.items() if name not in (*TEXTS, *JSONS)}
    return texts | jsons | {"body": json.dumps(body, ensure_ascii=False)}


def read(raw: bytes) -> Quiz:
    """Read the table back. Raises: ValueError."""
    rows = list(csv.DictReader(io.StringIO(raw.decode(), newline="")))
    if not rows or set(rows[0]) != set(COLUMNS):
        raise ValueError(f"the columns have to be {', '.join(COLUMNS)}")
    head = {name: rows[0][f"quiz_{name}"] for name in HEAD}
    return quiz_from(head, [_item(row) for row in rows])


def _item(row: dict[str, str]) -> Plain:
    texts = {name: row[name] for name in TEXTS if row[name]}
    jsons = {name: json.loads(row[name]) for name in JSONS if row[name]}
    body: Plain = json.loads(row["body"])
    return texts | jsons | body
