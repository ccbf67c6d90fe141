import pytest

from tests.services.worlds import World


@pytest.fixture
def world() -> World:
    return World()
