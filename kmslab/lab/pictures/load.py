"""A load against its quota, second by second: what was asked, what was admitted, how long it took."""

from collections.abc import Iterator, Sequence
from typing import Final

from kmslab.lab.load.result import Result, Second
from kmslab.lab.pictures.frame import FILLS, INK, WIDTH, Picture, label, picture

LEFT: Final = 74
RIGHT: Final = WIDTH - 8
TOP: Final = 58
UPPER: Final = 150  # height of the requests
LOWER: Final = 56  # height of the latencies
GAP: Final = 34
MOST_COLUMNS: Final = 60
ADMITTED: Final = FILLS[2]
THROTTLED: Final = FILLS[4]


def load(result: Result) -> Picture:
    """Draw a simulation, and the quota that it ran against."""
    quota = result.quota
    columns = list(_columns(result.seconds))
    highest = max([quota or 0, *(max(c.offered, c.calls) for c in columns), 1])
    slowest = max([1.0, *(column.p99_ms for column in columns)])
    shapes = [
        *_legend(quota),
        *_requests(columns, UPPER / highest),
        *_line(columns, UPPER / highest),
        *_axis(TOP, UPPER, f"{highest:,.0f}/s"),
        *_quota(quota, UPPER / highest),
        *_latencies(columns, LOWER / slowest),
        *_axis(TOP + UPPER + GAP, LOWER, f"{slowest:,.0f} ms"),
        *_bottom(result, columns),
    ]
    lines = [f"{name}: {value}" for name, value in result.summary().items()]
    height = TOP + UPPER + GAP + LOWER + 26
    return picture("A load and its quota", lines, shapes, height=height)


class _Column:
    """Some seconds side by side, as rates; of latencies the worst."""

    def __init__(self, seconds: Sequence[Second]) -> None:
        count = len(seconds)
        self.offered = sum(each.offered for each in seconds) / count
        self.admitted = sum(each.admitted for each in seconds) / count
        self.throttled = sum(each.throttled for each in seconds) / count
        self.calls = self.admitted + self.throttled
        self.p99_ms = max(each.p99_ms for each in seconds)


def _columns(seconds: Sequence[Second]) -> Iterator[_Column]:
    step = -(-len(seconds) // MOST_COLUMNS)
    for start in range(0, len(seconds), step):
        yield _Column(seconds[start : start + step])


def _place(number: int, columns: Sequence[_Column]) -> tuple[float, float]:
    """Return left edge and width of a column."""
    width = (RIGHT - LEFT) / len(columns)
    return LEFT + number * width, width


def _requests(columns: Sequence[_Column], scale: float) -> Iterator[str]:
    floor = TOP + UPPER
    for number, column in enumerate(columns):
        x, width = _place(number, columns)
        for count, below, fill in (
            (column.admitted, 0.0, ADMITTED),
            (column.throttled, column.admitted, THROTTLED),
        ):
            if count:
                y, tall = floor - (below + count) * scale, count * scale
                yield (
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(1.0, width - 1):.1f}" '
                    f'height="{tall:.1f}" fill="{fill}"/>'
                )


def _line(columns: Sequence[_Column], scale: float) -> Iterator[str]:
    points = []
    for number, column in enumerate(columns):
        x, width = _place(number, columns)
        y = TOP + UPPER - column.offered * scale
        points.append(f"{x:.1f} {y:.1f}H{x + width:.1f}")
    yield f'<path d="M{"L".join(points)}" fill="none" stroke="{INK}" stroke-width="1.5"/>'


def _quota(quota: float | None, scale: float) -> Iterator[str]:
    if quota is not None:
        y = TOP + UPPER - quota * scale
        yield (
            f'<path d="M{LEFT} {y:.1f}H{RIGHT}" stroke="{INK}" stroke-width="1.5" '
            'stroke-dasharray="6 4"/>'
        )


def _latencies(columns: Sequence[_Column], scale: float) -> Iterator[str]:
    floor = TOP + UPPER + GAP + LOWER
    for number, column in enumerate(columns):
        x, width = _place(number, columns)
        tall = column.p99_ms * scale
        if tall:
            yield (
                f'<rect x="{x:.1f}" y="{floor - tall:.1f}" width="{max(1.0, width - 1):.1f}" '
                f'height="{tall:.1f}" fill="{FILLS[0]}"/>'
            )


def _axis(top: float, height: float, most: str) -> Iterator[str]:
    yield f'<path d="M{LEFT} {top}V{top + height}H{RIGHT}" fill="none" stroke="{INK}" stroke-opacity="0.4"/>'
    yield label(LEFT - 6, top + 10, most, text_anchor="end", font_size="11")
    yield label(LEFT - 6, top + height, "0", text_anchor="end", font_size="11")


def _legend(quota: float | None) -> Iterator[str]:
    yield f'<rect x="0" y="28" width="12" height="12" fill="{ADMITTED}"/>'
    yield label(18, 38, "admitted by KMS")
    yield f'<rect x="144" y="28" width="12" height="12" fill="{THROTTLED}"/>'
    yield label(162, 38, "throttled")
    yield f'<path d="M238 34h24" stroke="{INK}" stroke-width="1.5"/>'
    yield label(268, 38, "invocations")
    if quota is not None:
        yield f'<path d="M358 34h24" stroke="{INK}" stroke-width="1.5" stroke-dasharray="6 4"/>'
        yield label(388, 38, f"quota {quota:,.0f}/s")
    yield f'<rect x="506" y="28" width="12" height="12" fill="{FILLS[0]}"/>'
    yield label(524, 38, "99th percentile of latency")


def _bottom(result: Result, columns: Sequence[_Column]) -> Iterator[str]:
    y = TOP + UPPER + GAP + LOWER + 18
    end = len(result.seconds)
    told = f"{end} seconds, {len(columns)} columns; KMS requests of 30 days: ${result.monthly_cost:,.0f}"
    yield label(LEFT, y, told, font_size="12")
