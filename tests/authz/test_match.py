"""Patterns: IAM User Guide, "Resource" (a star crosses colons where it ends a segment), "ArnLike"."""

import pytest

from kmslab.authz import match

KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd"
LOGS = "arn:aws:logs:us-east-1:111122223333:log-group:app:stream"


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("arn:a?s:kms:*", KEY, True),
        ("arn:a?s:*:key/1234abcd", KEY, True),
        ("arn:aws:kms:us-*", KEY, True),
        ("arn:aws:kms:us-*-1:111122223333:key/*", KEY, True),
        ("arn:aws:k*us-east-1:111122223333:key/1234abcd", KEY, False),
        ("arn:aws:?ms:*x", KEY, False),
        ("arn:aws:kms:us?east-1:111122223333:key/1234abcd", KEY, True),
        ("arn:aws:kms?us-east-1:111122223333:key/1234abcd", KEY, False),
        ("*", KEY, True),
        ("arn:aws:kms:us-east-1:111122223333:key/1234abcd?", KEY, False),
    ],
)
def test_resources(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert match.resource([pattern])(text) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("arn:aws:logs:*:*:log-group:app:*", LOGS, True),
        ("arn:aws:logs:*:*:log-group:ap?:stream", LOGS, True),
        ("arn:aws:logs:*:*:log-group:web:*", LOGS, False),
        ("arn:aws:*:111122223333:log-group:app:stream", LOGS, False),
        ("arn:aws:logs", LOGS, False),
        ("arn:aws:logs:*:*:*", "arn:aws:logs", False),
        ("*", LOGS, False),
    ],
)
def test_arns(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert match.arn_like([pattern])(text) is fits


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("a*b*", "a1b2", True),
        ("a*b*", "a*b*", True),
        ("a*b*", "a12", False),
        ("a?*", "a", False),
        ("a?*", "ab", True),
        ("a**", "abc", True),
        ("a**c", "abc", True),
        ("ab*", "ab", True),
        ("*b", "ab", True),
        ("a*a", "a", False),
        ("**", "", True),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_strings(pattern: str, text: str, fits: bool) -> None:  # noqa: FBT001 - a column
    assert match.like([pattern])(text) is fits
