"""The simulation: events in the order of their instants, each request answered by the real engine.

An invocation takes an execution environment, the one that was freed last, or a new one while there
may be more. The environment looks into its cache, asks KMS if it must, waits as its client's retry
mode says, does its work and is free again. Lambda itself refuses what finds no environment.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import Any, Final

from kmslab.lab.data_keys import DataKeyCache, Exposure
from kmslab.lab.load.arrivals import ARRIVALS
from kmslab.lab.load.chance import Chance
from kmslab.lab.load.result import Result, Tally
from kmslab.lab.load.retries import RETRIES, Retry
from kmslab.lab.load.road import PLAINTEXT, Road
from kmslab.lab.load.scenario import Scenario

REPORT_EVERY: Final = 5000  # events
CONTEXT: Final = ""  # all messages have the same

Act = Callable[[float, Any], None]  # an instant, and what it is about
Event = tuple[float, int, Act, Any]


class _Environment:
    """An execution environment: the client in it, and its cache."""

    __slots__ = ("cache", "retry")

    def __init__(self, retry: Retry, cache: DataKeyCache | None) -> None:
        self.retry = retry
        self.cache = cache


class _Invocation:
    __slots__ = ("arrived", "attempt", "environment")

    def __init__(self, arrived: float, environment: _Environment) -> None:
        self.arrived = arrived
        self.environment = environment
        self.attempt = 1


def run(scenario: Scenario, on_progress: Callable[[float], object] = lambda _: None) -> Result:
    """Simulate a scenario; `on_progress` hears now and then which part of its time has passed.

    Raises:
        QuotaFileError: the scenario's quotas are no profile and no file of quotas.
    """
    return _Simulation(scenario, on_progress).run()


class _Simulation:
    def __init__(self, scenario: Scenario, on_progress: Callable[[float], object]) -> None:
        self._scenario = scenario
        self._on_progress = on_progress
        self._road = Road(
            scenario.operation,
            region=scenario.region,
            quotas=scenario.quotas,
            seed=scenario.seed,
            scale=scenario.scale,
        )
        self._most = -(-scenario.concurrency // scenario.scale)
        self._chance = Chance(f"load {scenario.seed}")
        self._tally = Tally()
        self._events: list[Event] = []
        self._order = count()
        self._free: list[_Environment] = []
        self._environments: list[_Environment] = []
        self._work = scenario.work_ms / 1000
        self._latency = scenario.kms_ms / 1000

    def run(self) -> Result:
        asked = self._scenario
        rate = asked.rate / asked.scale
        arrivals = ARRIVALS[asked.arrivals](rate, asked.seconds, self._chance)
        self._schedule(self._arrive, arrivals)
        if asked.other_rate:
            rate = asked.other_rate / asked.scale
            others = ARRIVALS["poisson"](rate, asked.seconds, self._chance)
            self._schedule(self._other, others)
        events = self._events
        while events:
            now, _, act, subject = heappop(events)
            act(now, subject)
        self._on_progress(1.0)
        return self._result()

    def _at(self, instant: float, act: Act, subject: Any) -> None:  # noqa: ANN401 - what `act` takes
        heappush(self._events, (instant, next(self._order), act, subject))

    def _schedule(self, act: Act, instants: Iterator[float]) -> None:
        instant = next(instants, None)
        if instant is not None:
            self._at(instant, act, instants)

    def _other(self, now: float, instants: Iterator[float]) -> None:
        self._tally.second(now).note_other(admitted=self._road.call(now))
        self._schedule(self._other, instants)

    def _arrive(self, now: float, instants: Iterator[float]) -> None:
        self._schedule(self._arrive, instants)
        second = self._tally.second(now)
        second.offered += 1
        if second.offered % REPORT_EVERY == 1:
            self._on_progress(now / self._scenario.seconds)
        environment = self._environment()
        if environment is None:
            second.rejected += 1
        else:
            self._begin(now, _Invocation(now, environment))

    def _environment(self) -> _Environment | None:
        """Take the environment that was freed last, or a new one while there may be more."""
        if self._free:
            return self._free.pop()
        asked = self._scenario
        if len(self._environments) >= self._most:
            return None
        make, attempts = RETRIES[asked.retry]
        retry = make(self._chance, asked.attempts or attempts)
        made = _Environment(retry, None if asked.cache is None else DataKeyCache(asked.cache))
        self._environments.append(made)
        return made

    def _begin(self, now: float, invocation: _Invocation) -> None:
        cache = invocation.environment.cache
        if cache is None or cache.get(CONTEXT, self._scenario.message_bytes, now) is None:
            self._ask(now, invocation)
        else:
            self._tally.second(now).hits += 1
            self._at(now + self._work, self._finish, invocation)

    def _ask(self, now: float, invocation: _Invocation) -> None:
        retry, attempt = invocation.environment.retry, invocation.attempt
        held = retry.hold(now)
        if held > 0:
            self._at(now + held, self._ask, invocation)
            return
        admitted = self._road.call(now)
        self._tally.second(now).note(admitted=admitted)
        told = now + self._latency
        if admitted:
            retry.answered(told, attempt)
            self._keep(told, invocation.environment.cache)
            self._at(told + self._work, self._finish, invocation)
        else:
            self._refused(told, retry.throttled(told, attempt), invocation)

    def _keep(self, now: float, cache: DataKeyCache | None) -> None:
        if cache is not None:
            size = self._scenario.message_bytes
            cache.put(CONTEXT, PLAINTEXT, b"", size=size, now=now)

    def _refused(self, now: float, delay: float | None, invocation: _Invocation) -> None:
        if delay is None:
            self._tally.second(now).failed += 1
            self._at(now, self._release, invocation)
        else:
            invocation.attempt += 1
            self._at(now + delay, self._ask, invocation)

    def _finish(self, now: float, invocation: _Invocation) -> None:
        self._tally.second(now).latencies.append(now - invocation.arrived)
        self._release(now, invocation)

    def _release(self, _: float, invocation: _Invocation) -> None:
        self._free.append(invocation.environment)

    def _result(self) -> Result:
        worst = Exposure()
        for environment in self._environments:
            if environment.cache is not None:
                worst = worst.worst(environment.cache.worst)
        return Result(
            scenario=self._scenario,
            seconds=self._tally.rows(self._scenario.scale),
            quota=self._road.quota,
            environments=len(self._environments) * self._scenario.scale,
            exposure=worst,
        )
