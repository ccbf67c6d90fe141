"""Counters that one writes and others read: what was counted is there, also for the next writer."""

from pathlib import Path

from kmslab.server.tally import COLUMNS, ROWS, Tally


def test_what_one_counts_another_reads(tmp_path: Path) -> None:
    writer, reader = Tally(tmp_path / "tally"), Tally(tmp_path / "tally")
    writer.row("kms", "Encrypt")[3] += 2
    writer.row("kms", "Encrypt", "NotFoundException")[0] += 1
    writer.row("kms", "Encrypt")[3] += 1
    assert [(label, list(row)) for label, row in reader.rows()] == [
        (("kms", "Encrypt"), [0, 0, 0, 3] + [0] * (COLUMNS - 4)),
        (("kms", "Encrypt", "NotFoundException"), [1] + [0] * (COLUMNS - 1)),
    ]


def test_the_next_writer_counts_on(tmp_path: Path) -> None:
    for _ in range(3):
        Tally(tmp_path / "tally").row("kms", "Sign")[0] += 5
    ((label, row),) = Tally(tmp_path / "tally").rows()
    assert (label, row[0]) == (("kms", "Sign"), 15)


def test_beyond_the_last_row_nothing_breaks() -> None:
    tally = Tally()
    for number in range(ROWS + 5):
        tally.row(f"{number}")[0] += 1
    assert sum(row[0] for _, row in tally.rows()) == ROWS


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    Tally(tmp_path / "tally")
    assert (tmp_path / "tally").stat().st_mode & 0o077 == 0
