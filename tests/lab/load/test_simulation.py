"""Simulations against the arithmetic of a bucket that holds one second and drips at the quota."""

import json
from itertools import pairwise

import msgspec
import pytest

from kmslab.lab.load import Result, ScenarioError, run
from kmslab.lab.load.arrivals import ARRIVALS
from kmslab.lab.load.chance import Chance
from kmslab.lab.load.scenario import OPERATIONS, Scenario, scenario
from kmslab.lab.pictures import load
from tests.tracing import untraced

SMALL = {"scale": 100, "quotas": "seed-era", "region": "eu-west-3"}  # 5,500/s in full size
QUOTA = 5500


def outcome(**given: object) -> Result:
    return run(scenario(**{**SMALL, **given}))


@pytest.mark.parametrize("name", ARRIVALS)
def test_every_shape_has_the_same_mean_rate(name: str) -> None:
    instants = list(ARRIVALS[name](50, 40, Chance(1)))
    assert len(instants) == pytest.approx(50 * 40, rel=0.07)
    assert all(0 <= before <= after < 40 for before, after in pairwise(instants))


def test_a_burst_is_one_second_in_ten() -> None:
    instants = list(ARRIVALS["burst"](10, 20, Chance(1)))
    assert {int(instant) for instant in instants} == {0, 10}


def test_below_the_quota_nothing_is_throttled() -> None:
    result = outcome(rate=5000, seconds=5)
    assert (result.total("throttled"), result.error_rate) == (0, 0)
    assert result.first_throttled is None
    assert result.total("finished") == result.total("offered") == 25_000


@pytest.mark.parametrize("rate", [8000, 10_000, 20_000])
def test_overload_admits_a_full_bucket_and_what_drips_in(rate: int) -> None:
    seconds = 6
    result = outcome(rate=rate, seconds=seconds, concurrency=5000)
    admitted = QUOTA + QUOTA * seconds
    assert result.total("admitted") == pytest.approx(admitted, abs=300)
    assert result.total("throttled") == rate * seconds - result.total("admitted")
    assert result.first_throttled == int(QUOTA / (rate - QUOTA))  # when the bucket runs dry
    assert result.error_rate == pytest.approx(1 - admitted / (rate * seconds), abs=0.01)


def test_others_of_the_account_use_the_same_quota_up() -> None:
    alone = outcome(rate=4000, seconds=5)
    together = outcome(rate=4000, seconds=5, other_rate=4000)
    assert alone.total("throttled") == 0
    assert together.total("throttled") > 0
    assert together.total("other_throttled") > 0


def test_a_cache_asks_once_for_each_environment_and_age() -> None:
    """10,000 a second, 40 ms each: some 400 environments, each with a cache of its own."""
    result = outcome(rate=10_000, seconds=10, cache={"max_age": 60}, operation="GenerateDataKey")
    assert result.total("calls") == result.environments
    assert result.environments == pytest.approx(10_000 * 0.045, rel=0.15)
    assert result.total("hits") == result.total("offered") - result.total("calls")
    assert result.reduction > 0.99
    assert result.exposure.messages == pytest.approx(10_000 * 10 / result.environments, rel=0.2)
    shorter = outcome(rate=10_000, seconds=10, cache={"max_age": 5}, operation="GenerateDataKey")
    assert shorter.total("calls") == 2 * shorter.environments
    assert shorter.exposure.seconds <= 5


def test_messages_and_bytes_bound_what_one_key_opens() -> None:
    few = outcome(rate=2000, seconds=5, cache={"max_age": 60, "max_messages": 4})
    assert few.exposure.messages == 4
    assert few.total("calls") == pytest.approx(few.total("offered") / 4, rel=0.1)
    small = outcome(rate=2000, seconds=5, cache={"max_age": 60, "max_bytes": 3000})
    assert small.exposure.bytes == 2048  # two messages of 1,024 bytes; a third is too many


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive", "full-jitter"])
def test_retries_save_invocations_and_cost_time(mode: str) -> None:
    once = outcome(rate=4000, other_rate=3000, seconds=8, concurrency=100_000)
    again = outcome(rate=4000, other_rate=3000, seconds=8, concurrency=100_000, retry=mode)
    assert once.error_rate > again.error_rate
    assert max(each.p99_ms for each in again.seconds) > max(each.p99_ms for each in once.seconds)
    assert again.total("calls") > once.total("calls")


def test_lambda_refuses_what_finds_no_environment() -> None:
    result = outcome(rate=10_000, seconds=4, concurrency=200, quotas="off", scale=10)
    free = 200 / 0.045  # invocations a second that 200 environments manage
    assert result.total("finished") == pytest.approx(4 * free, rel=0.06)
    assert result.total("rejected") == result.total("offered") - result.total("finished")
    assert result.quota is None


@untraced
def test_a_model_behaves_as_the_real_size_does() -> None:
    given = {"rate": 7000, "seconds": 4, "other_rate": 3000, "concurrency": 5000}
    small, full = outcome(**given), outcome(**{**given, "scale": 1})
    assert small.total("admitted") == pytest.approx(full.total("admitted"), rel=0.03)
    assert small.error_rate == pytest.approx(full.error_rate, abs=0.03)
    assert small.quota == full.quota == QUOTA


def test_every_request_is_on_the_trail_once() -> None:
    from kmslab.lab.load.simulation import _Simulation  # noqa: PLC0415 - a look inside

    simulation = _Simulation(scenario(**SMALL, rate=8000, seconds=3), lambda _: None)
    result = simulation.run()
    events = simulation._road.world.trail.events(name="Decrypt")
    throttled = [event for event in events if event.get("errorCode") == "ThrottlingException"]
    assert len(events) * 100 == result.total("calls")
    assert len(throttled) * 100 == result.total("throttled")
    assert len({event["requestID"] for event in events}) == len(events)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_operation_is_answered(operation: str) -> None:
    result = outcome(rate=500, seconds=1, operation=operation)
    assert result.total("admitted") == result.total("offered") == 500


def test_the_same_seed_gives_the_same_result_and_progress_ends() -> None:
    heard: list[float] = []
    asked = scenario(**SMALL, arrivals="poisson", retry="full-jitter", rate=7000, seconds=3)
    first, second = run(asked, heard.append), run(asked)
    assert first.as_json() == second.as_json()
    other = run(msgspec.structs.replace(asked, seed=2))
    assert other.as_json()["seconds"] != first.as_json()["seconds"]
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_a_result_is_text_frame_and_picture() -> None:
    result = outcome(rate=8000, seconds=130, scale=1000)
    frame = result.frame()
    assert list(frame.index[:3]) == [0, 1, 2]
    assert frame["admitted"].sum() == result.total("admitted")
    assert "throttled by KMS" in str(result)
    assert json.loads(json.dumps(result.as_json()))["summary"]["calls"] == result.total("calls")
    shown = load(result)
    assert "quota 5,500/s" in shown.svg
    assert f"throttled by KMS: {result.total('throttled'):,}" in shown.text
    assert "stroke-dasharray" not in load(outcome(rate=100, seconds=1, quotas="off", scale=10)).svg


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"rate": 0}, "rate: "),
        ({"rate": 1_000_000, "seconds": 3600}, "rate: "),
        ({"retry": "often"}, "retry: 'often' is none of none, legacy"),
        ({"cache": {"max_age": 0}}, "cache.max_age: "),
        ({"speed": 3}, "scenario: "),
    ],
)
def test_a_scenario_that_cannot_be_is_told(given: dict[str, object], told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(**given)
    assert str(caught.value).startswith(told)


def test_nothing_happens_in_an_empty_load() -> None:
    result = Result(
        scenario=Scenario(),
        seconds=[],
        quota=None,
        environments=0,
        exposure=msgspec.convert({}, type(run(scenario(rate=1, seconds=1)).exposure)),
    )
    assert (result.error_rate, result.reduction, result.total("calls")) == (0, 0, 0)
