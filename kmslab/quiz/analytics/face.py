"""Findings as a table for the terminal, and as HTML with a chart for a notebook.

The HTML has no style sheet, no script and no colour of its own, so that it stands in any theme and
passes sanitisers; what too few takers stand behind is pale and in brackets. Refuses to compute.
"""

from collections.abc import Iterator
from html import escape

from kmslab.quiz.analytics.analysis import Analysis, Row
from kmslab.quiz.analytics.statistics import ENOUGH, Figure

NOTE = (
    f"In brackets: fewer than {ENOUGH} takers, which is too few to judge an item by. Intervals are "
    "of 95%. What a figure says holds for these takers, not for the item for ever."
)
HEADS = ("item", "n", "right", "discrimination", "findings")


def percent(figure: Figure) -> str:
    """Return a share with its interval."""
    if figure.value is None or figure.low is None or figure.high is None:
        return "none"
    return f"{figure.value:.0%} ({figure.low:.0%} to {figure.high:.0%})"


def decimal(figure: Figure) -> str:
    """Return a coefficient with its interval, in brackets where it is not firm."""
    if figure.value is None:
        return "none"
    told = f"{figure.value:.2f}"
    if figure.low is not None and figure.high is not None:
        told += f" ({figure.low:.2f} to {figure.high:.2f})"
    return told if figure.is_firm else f"[{told}]"


def cells(row: Row) -> tuple[str, ...]:
    """Return the cells of one item, in the order of HEADS."""
    told = "; ".join(row.findings)
    n = str(row.facility.n)
    return (row.item, n, percent(row.facility), decimal(row.discrimination), told)


def summary(analysis: Analysis) -> str:
    """Return what there is to say of the whole in one line."""
    told = f"{analysis.takers} takers, {len(analysis.rows)} items"
    return (
        f"{told}, reliability (KR-20) {decimal(analysis.reliability)} of n={analysis.reliability.n}"
    )


def lines(analysis: Analysis) -> Iterator[str]:
    """Yield the table, a line for each item."""
    yield "{:10}{:>5}  {:22}{:26}{}".format(*HEADS)
    for row in analysis.rows:
        yield "{:10}{:>5}  {:22}{:26}{}".format(*cells(row)).rstrip()
    yield summary(analysis)
    yield NOTE


def html(analysis: Analysis) -> str:
    """Return chart and table as HTML."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    rows = "".join(_row(row) for row in analysis.rows)
    return (
        f"<div>{chart(analysis)}<table><caption>{escape(summary(analysis))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table><p>{escape(NOTE)}</p></div>"
    )


def _row(row: Row) -> str:
    name, *others = map(escape, cells(row))
    pale = "" if row.discrimination.is_firm else ' style="opacity:0.75"'
    return (
        f'<tr{pale}><th scope="row">{name}</th>'
        + "".join(f"<td>{o}</td>" for o in others)
        + "</tr>"
    )


WIDTH, HEIGHT, EDGE = 480, 240, 40


def chart(analysis: Analysis) -> str:
    """Return an SVG: how many got an item right, and how telling that was."""
    placed = [row for row in analysis.rows if row.discrimination.value is not None]
    dots = "".join(map(_dot, placed))
    zero = _down(0)
    words = f"{len(placed)} items by share of right answers and discrimination"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'role="img" aria-label="{words}" fill="currentColor" font-size="12">'
        f"<title>{words}</title>"
        f'<path d="M{EDGE} {EDGE / 2:g}V{HEIGHT - EDGE}M{EDGE} {zero:g}H{WIDTH - EDGE}" '
        'stroke="currentColor" fill="none"/>'
        f'<text x="{WIDTH - EDGE}" y="{HEIGHT - 8}" text-anchor="end">right answers, 0 to 100%</text>'
        f'<text x="{EDGE}" y="12">discrimination, from 1 at the top to -1</text>{dots}</svg>'
    )


def _dot(row: Row) -> str:
    across = EDGE + (row.facility.value or 0) * (WIDTH - 2 * EDGE)
    down = _down(row.discrimination.value or 0)
    shape = 'fill="none" stroke="currentColor"' if row.findings else ""
    size = 6 if row.findings else 4
    pale = "1" if row.discrimination.is_firm else "0.5"
    told = escape(f"{row.item}: {', '.join(cells(row)[2:])}")
    return (
        f'<circle cx="{across:.1f}" cy="{down:.1f}" r="{size}" opacity="{pale}" {shape}>'
        f"<title>{told}</title></circle>"
    )


def _down(value: float) -> float:
    return EDGE / 2 + (1 - value) / 2 * (HEIGHT - 1.5 * EDGE)
