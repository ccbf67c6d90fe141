"""The load laboratory: many invocations of a function against the real engine, in virtual time."""

from kmslab.lab.load.result import Result
from kmslab.lab.load.scenario import Scenario, ScenarioError
from kmslab.lab.load.simulation import run

__all__ = ["Result", "Scenario", "ScenarioError", "run"]
