"""Lab 11: a quota that was read, raised, waited for, and got around; each claim is simulated or looked up."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kmslab.kms import Kms
from kmslab.lab.checks.outcome import Claims, Finding, not_yet
from kmslab.lab.load import Scenario, run
from kmslab.lab.load.retries import RETRIES
from kmslab.lab.load.scenario import scenario

SYMMETRIC: Final = "L-6E3AF000"
REGION: Final = "eu-west-3"
ENOUGH: Final = 20_000.0
ERRORS: Final = 0.001
LESS: Final = 0.99
EXPOSED_SECONDS: Final = 60
RATE, QUOTA, OTHERS = 10_000, 5500, 1500
MESSAGES, PER_KEY = 1000, 100

# The function of the exam question: ten thousand a second, in a Region where that is too much.
LAMBDA: Final = {"rate": RATE, "seconds": 20, "region": REGION, "quotas": "seed-era", "scale": 20}
# A rush hour: for a moment more than the quota, with room before and after.
RUSH: Final = {"rate": 3000, "seconds": 20, "arrivals": "burst", "region": REGION, "scale": 20,
               "quotas": "seed-era", "concurrency": 40_000}  # fmt: skip


def _arithmetic(world: Kms, answers: Mapping[str, float]) -> Finding:
    del world
    alone = run(scenario(**LAMBDA, concurrency=5000))
    right = {
        "first throttled second": alone.first_throttled,
        "hit ratio": (RATE - (QUOTA - OTHERS)) / RATE,
    }
    wrong = [
        name
        for name, value in right.items()
        if value is None or abs(answers.get(name, -1.0) - value) > ERRORS
    ]
    seen = f"{len(right) - len(wrong)} of {len(right)} answers agree with the simulation."
    return Finding(not wrong, seen, f"Reckon again: {', '.join(wrong)}.")


def _raised(world: Kms) -> Finding:
    quotas = world.client("service-quotas", region=REGION)
    value = quotas.get_service_quota(ServiceCode="kms", QuotaCode=SYMMETRIC)["Quota"]["Value"]
    seen = f"The symmetric quota of {REGION} is {value:,.0f} requests a second."
    return Finding(value >= ENOUGH, seen, "Request an increase to 20,000 in that Region.")


def _patience(world: Kms, patience: Mapping[str, Any]) -> Finding:
    del world
    mode, attempts = patience.get("retry", "none"), patience.get("attempts")
    if mode not in RETRIES:
        return not_yet(f"There is no retry mode {mode!r}.", f"Choose of {', '.join(RETRIES)}.")
    result = run(scenario(**RUSH, retry=mode, attempts=attempts))
    seen = f"With {mode}, {result.error_rate:.2%} of the rush fail, and the slowest waits {_slowest(result.seconds):.1f} s."
    passed = result.error_rate < ERRORS and _slowest(result.seconds) <= EXPOSED_SECONDS / 4
    return Finding(passed, seen, "More attempts, spread by chance; none may wait above 15 s.")


def _slowest(seconds: Sequence[Any]) -> float:
    return float(max(each.p99_ms for each in seconds)) / 1000


def _cached(world: Kms, limits: Mapping[str, float], stated: Mapping[str, float]) -> Finding:
    del world
    if not limits:
        return not_yet("There is no cache yet.", "Give `limits` a max_age.")
    asked: Scenario = scenario(
        **LAMBDA, other_rate=OTHERS, operation="GenerateDataKey", cache=limits
    )
    result = run(asked)
    exposed = result.exposure
    seen = (
        f"{result.error_rate:.2%} fail, KMS is called {result.reduction:.2%} less, one data key opens "
        f"{exposed.messages:,} messages over {exposed.seconds:.0f} s."
    )
    if result.error_rate >= ERRORS or result.reduction < LESS:
        return not_yet(seen, "Errors below 0.1 %, calls down by 99 %: keep keys longer.")
    if asked.cache is None or asked.cache.max_age > EXPOSED_SECONDS:
        return not_yet(seen, "No key may be used for more than 60 seconds.")
    if abs(stated.get("messages", 0) - exposed.messages) > exposed.messages / 10:
        return not_yet(seen, "State how many messages the worst key opens.")
    return Finding(passed=True, seen=seen)


def _sealed(world: Kms, sealed: Sequence[tuple[bytes, bytes, bytes]]) -> Finding:
    uses = Counter(blob for blob, _, _ in sealed)
    nonces = {(blob, nonce) for blob, nonce, _ in sealed}
    made = len(world.trail.events(name="GenerateDataKey"))
    worst = max(uses.values(), default=0)
    seen = f"{len(sealed):,} messages lie under {len(uses)} data keys; the busiest opens {worst}."
    if len(sealed) != MESSAGES or not uses:
        return not_yet(seen, f"Seal {MESSAGES:,} messages.")
    if worst > PER_KEY or made != len(uses):
        return not_yet(seen, "A data key may seal 100 messages; ask KMS for no key in vain.")
    if len(nonces) != len(sealed):
        return not_yet(seen, "A nonce was used twice under one key.")
    return Finding(_opens(world, sealed[-1][0]), seen, "The last blob does not decrypt.")


def _opens(world: Kms, blob: bytes) -> bool:
    kms = world.client()
    try:
        return bool(kms.decrypt(CiphertextBlob=blob)["Plaintext"])
    except kms.exceptions.ClientError:
        return False


CHECKS: Final[Claims] = {
    "11.1": _arithmetic,
    "11.2": _raised,
    "11.3": _patience,
    "11.4": _cached,
    "11.5": _sealed,
}
