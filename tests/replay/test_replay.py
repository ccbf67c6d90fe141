"""`simulate` and the running service agree on the cases that the service can be asked."""

from collections import Counter

import pytest

from kmslab.simulate import simulate_case
from tests.authz.cases import whole
from tests.replay.asks import Case, Unsaid
from tests.replay.stage import corpus, replay
from tests.tracing import untraced

CORPUS = corpus()
SLICE = 13  # every so many cases in the default run
ANSWERABLE = 0.85  # of the corpus; the rest is what no API lets anybody set up


def replayed(cases: list[tuple[str, Case]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, case in cases:
        expected = simulate_case(case)
        try:
            found = replay(case)
        except Unsaid:
            counts["not asked"] += 1
            continue
        assert found == (expected["kind"], expected.get("layers", [])), name
        counts["agree"] += 1
    return counts


@untraced
@pytest.mark.parametrize(
    "step", [SLICE, pytest.param(1, marks=pytest.mark.soak)], ids=["slice", "soak"]
)
def test_the_service_decides_as_simulate_does(step: int) -> None:
    cases = CORPUS[::step]
    counts = replayed(cases)
    print(f"{len(cases)} cases: {dict(counts)}")
    assert counts["agree"] >= ANSWERABLE * len(cases)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resource": {"as": "key", "key_manager": "AWS"}}, "AWS manages"),
        ({"key_policy": None}, "always has a key policy"),
        ({"action": "kms:Unknown"}, "no request is written"),
        ({"request": {"nonsense": 1}}, "no request carries"),
        ({"session_policy": "*"}, "a user has no session policy"),
    ],
)
def test_what_cannot_be_asked_says_why(changes: Case, reason: str) -> None:
    given = {"action": "kms:Encrypt", "key_policy": {"Principal": "*"}} | changes
    with pytest.raises(Unsaid, match=reason):
        replay(whole(given))
