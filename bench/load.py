"""The load laboratory: an invocation in it beside the cipher that each one pays for."""

from itertools import count

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench.measure import Row, alternate, microseconds
from kmslab.lab.load import run
from kmslab.lab.load.scenario import scenario

RATE = 10_000
CIPHER_CALLS = 100_000
FULL = 600_000  # 10,000 a second for a minute


def row() -> Row:
    """Compare a simulated invocation (10,000 a second, one Decrypt each) with AES-GCM of 32 bytes."""
    seeds = count()
    cipher, nonce = AESGCM(b"k" * 32), b"n" * 12
    simulated = microseconds(lambda: run(scenario(rate=RATE, seconds=1, seed=next(seeds))), 1)
    ours, theirs, ratio = alternate(
        lambda: simulated() / RATE,
        microseconds(lambda: cipher.encrypt(nonce, b"p" * 32, None), CIPHER_CALLS),
        rounds=5,
    )
    figures = f"{ours:.1f} µs : {theirs:.2f} µs; {FULL:,} in {ours * FULL / 1e6:.0f} s"
    return Row("Invocation in the load laboratory", "AES-GCM, 32 B", ratio, 60, 20, False, figures)
