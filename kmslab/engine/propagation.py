"""The time that a new grant takes to be everywhere: until then it counts only for whoever sends its token.

KMS Developer Guide, "Using a grant token": eventual consistency, usually for less than five minutes. A
world has none of it until somebody asks, so that a test need not wait. Refuses to know why it is asked.
"""

from collections.abc import Callable, Collection

import msgspec

from kmslab.audit.situation import Situation
from kmslab.authz.layers import Layers
from kmslab.model.grants import Grant


class Propagation:
    """Which grants of a key are still on their way."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def seen(
        self,
        layers: Layers,
        situation: Situation,
        *,
        now: float,
        tokens: Callable[[], object],
    ) -> tuple[Layers, Situation, bool]:
        """Return both as a request meets them, and whether the next one meets the same.

        A grant is as good as everywhere for a request that sends one of its tokens.
        """
        if not self.seconds:
            return layers, situation, True
        young = [grant for grant in layers.grants if grant.created > now - self.seconds]
        if not young:
            return layers, situation, True
        sent = tokens()
        known = frozenset(sent) if isinstance(sent, Collection) else frozenset()
        waits = {grant.grant_id for grant in young if not known.intersection(grant.tokens)}
        grants = _waiting(layers.grants, waits)
        facts = situation.facts
        kept = msgspec.structs.replace(facts, grants=_waiting(facts.grants, waits))
        return msgspec.structs.replace(layers, grants=grants), Situation(kept), False


def _waiting(grants: Collection[Grant], waits: Collection[str]) -> tuple[Grant, ...]:
    return tuple(
        msgspec.structs.replace(grant, status="pending") if grant.grant_id in waits else grant
        for grant in grants
    )
