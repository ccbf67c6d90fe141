"""Pictures that a text cannot replace, drawn from what the live service answered.

One module for each kind of picture; all have the same frame.
"""

from kmslab.lab.pictures.bars import blob_anatomy, byte_budget, timeline
from kmslab.lab.pictures.bridge import bridge
from kmslab.lab.pictures.exposures import exposures
from kmslab.lab.pictures.field_guide import field_guide
from kmslab.lab.pictures.frame import Picture
from kmslab.lab.pictures.gates import gates
from kmslab.lab.pictures.grant_lines import grant_lines
from kmslab.lab.pictures.holders import holders
from kmslab.lab.pictures.journey import journey
from kmslab.lab.pictures.life_line import life_line
from kmslab.lab.pictures.load import load
from kmslab.lab.pictures.matrix import matrix
from kmslab.lab.pictures.strata import strata
from kmslab.lab.pictures.swaps import swaps
from kmslab.lab.pictures.swim_lanes import swim_lanes
from kmslab.lab.pictures.time_line import time_line
from kmslab.lab.pictures.truth_table import truth_table
from kmslab.lab.pictures.wall import wall
from kmslab.lab.pictures.weights import weights

__all__ = [
    "Picture",
    "blob_anatomy",
    "bridge",
    "byte_budget",
    "exposures",
    "field_guide",
    "gates",
    "grant_lines",
    "holders",
    "journey",
    "life_line",
    "load",
    "matrix",
    "strata",
    "swaps",
    "swim_lanes",
    "time_line",
    "timeline",
    "truth_table",
    "wall",
    "weights",
]
