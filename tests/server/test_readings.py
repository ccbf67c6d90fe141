"""What /metrics says, read back; and what is computed of it."""

import pytest

from kmslab.server import metrics, readings
from kmslab.server.metrics import BOUNDS, Series, Total
from kmslab.server.tally import Tally


def tally_of(*answers: tuple[str, float, str]) -> Tally:
    tally = Tally()
    for operation, seconds, error in answers:
        Series(tally, "kms", operation).add(seconds, error)
    return tally


def read(*tallies: Tally, workers: int = 1) -> readings.Reading:
    return readings.read(metrics.text(tallies, workers).decode())


def test_what_is_written_is_read_back_summed_over_all_who_count() -> None:
    first = tally_of(("Encrypt", 0.0002, ""), ("Encrypt", 9.0, "NotFoundException"))
    second = tally_of(("Encrypt", 0.0002, ""), ("Sign", 0.003, "ThrottlingException"))
    found = read(first, second, workers=2)
    assert found.workers == 2
    encrypt, sign = found.totals["kms", "Encrypt"], found.totals["kms", "Sign"]
    assert (readings.requests(encrypt), readings.errors(encrypt)) == (3, 1)
    assert encrypt.buckets == [0, 2] + [0] * (len(BOUNDS) - 2) + [1]
    assert encrypt.nanoseconds == pytest.approx(9.0004e9)
    assert (readings.errors(sign), readings.throttles(sign)) == (1, 1)


def test_between_two_looks_only_what_came_then_counts() -> None:
    tally = tally_of(("Encrypt", 0.0002, "NotFoundException"), ("Sign", 0.1, ""))
    before = read(tally)
    Series(tally, "kms", "Encrypt").add(0.003, "NotFoundException")
    Series(tally, "kms", "Decrypt").add(0.003, "")
    found = read(tally).since(before).totals
    assert set(found) == {("kms", "Encrypt"), ("kms", "Decrypt")}
    encrypt = found["kms", "Encrypt"]
    assert (readings.requests(encrypt), encrypt.errors) == (1, {"NotFoundException": 1})
    assert encrypt.buckets[BOUNDS.index(0.005)] == 1


def test_after_a_restart_all_counts_are_new() -> None:
    before = read(tally_of(*[("Sign", 0.1, "")] * 3))
    found = read(tally_of(("Sign", 0.1, ""))).since(before)
    assert readings.requests(found.totals["kms", "Sign"]) == 1


@pytest.mark.parametrize(
    ("share", "seconds"),
    [
        (0.5, 0.00025),  # 10 of 20 are at most this bound
        (0.25, 0.000175),  # half of the way through the bucket from 0.0001 to 0.00025
        (0.99, 4.2),  # rank 19.8: four fifths of the way from 1 to 5, as Prometheus estimates
        (1.0, 5.0),
    ],
)
def test_a_quantile_is_even_within_its_bucket(share: float, seconds: float) -> None:
    total = Total("kms", "Encrypt")
    total.buckets[1], total.buckets[9], total.buckets[11] = 10, 9, 1
    assert readings.quantile(share)(total) == pytest.approx(seconds)


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    total = Total("kms", "Encrypt")
    total.buckets[-1] = 3
    assert readings.quantile(0.5)(total) == 5.0


@pytest.mark.parametrize("text", ["", "<html>", "# EOF\n", "kmslab_workers 1\n"])
def test_what_is_no_metrics_of_a_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no metrics of a kmslab server"):
        readings.read(text)
