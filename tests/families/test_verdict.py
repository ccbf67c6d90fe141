"""The family `verdict`: what its variants claim, checked against the engine and the running service."""

import pytest

from kmslab.families.chance import Chance
from kmslab.families.claims import decision, explained, false_claims, truth
from kmslab.families.exhibit import MAX_LINES, policies, request
from kmslab.families.scene import Papers, Scene, case_of, draw, named
from kmslab.families.traps import TRAPS
from kmslab.simulate import simulate_case

EVERY = [(name, armed, seed) for name in TRAPS for armed in (True, False) for seed in range(8)]


def laid(name: str, seed: int, *, armed: bool) -> tuple[Scene, Papers]:
    scene = draw(Chance(seed, name))
    return scene, named(TRAPS[name].lay(scene, armed=armed))


@pytest.mark.parametrize(("name", "armed", "seed"), EVERY)
def test_a_trap_denies_where_it_is_armed_and_allows_where_it_is_not(
    name: str, seed: int, *, armed: bool
) -> None:
    scene, papers = laid(name, seed, armed=armed)
    answer = simulate_case(case_of(scene, papers))
    assert answer["decision"] == ("deny" if armed else "allow")
    assert len(answer.get("layers", [])) == armed  # one reason, not two


@pytest.mark.parametrize(("name", "armed", "seed"), EVERY)
def test_no_false_claim_holds(name: str, seed: int, *, armed: bool) -> None:
    scene, papers = laid(name, seed, armed=armed)
    right, explanation = truth(scene, papers), explained(scene, papers)
    found = decision(scene, papers)
    for claim in false_claims(papers, right, explanation):
        if claim.kind == found.kind:
            assert set(claim.rests_on) != set(right.rests_on)
    assert len(false_claims(papers, right, explanation)) >= 3


@pytest.mark.parametrize(("name", "armed", "seed"), EVERY)
def test_a_puzzle_can_be_seen_at_once(name: str, seed: int, *, armed: bool) -> None:
    scene, papers = laid(name, seed, armed=armed)
    assert len([*request(scene, papers), *policies(papers)]) <= MAX_LINES


@pytest.mark.parametrize(("name", "armed", "seed"), EVERY)
def test_a_puzzle_takes_two_to_four_statements(name: str, seed: int, *, armed: bool) -> None:
    trace = explained(*laid(name, seed, armed=armed))
    policies = [policy for layer in trace.layers for policy in layer.policies]
    depth = sum(len(policy.statements) for policy in policies) + len(trace.grants)
    assert 2 <= depth <= 4  # the decoy of an item comes on top
