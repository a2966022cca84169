"""`kaa check-delivery`: what is wrong with a delivery, in Swedish, for the sender. It needs no KAA_HOME and writes nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.commands.tables import WRITERS, write_table, write_text
from pipelines.commands.terminal import format_option, say

if TYPE_CHECKING:
    from pipelines.sending.check import DeliveryCheck

#: A line for everything that is wrong: a fault of the rows has its columns, what else is told has its sentence.
COLUMNS = ("dataset", "file", "column", "reason", "expected", "rows", "first_in", "first_line", "message")

_FILES = ("Datamängd", "Fil", "Datarader", "Felaktiga rader", "Upprepade rader", "Kolumner utanför kontraktet")
_ROWS = ("Datamängd", "Kolumn", "Fel", "Ska vara", "Rader med felet", "I karantän för felet", "Först på rad")
_UNREAD = "kan inte läsas"


@click.command("check-delivery")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--municipality", help="The receiver: stockholm, nacka, or the path of a profile (default: by the manifest)."
)
@format_option("text", "text", "csv", "json")
def check_delivery(folder: Path, municipality: str | None, format_: str) -> None:
    """Judge the delivery in FOLDER before it is sent: everything that is wrong with it, and how many rows each fault has.

    FOLDER holds leverans.json and the files that it names. The answer is in Swedish, for the sender. Nothing is taken in or
    written; no KAA_HOME is needed. What only the receiver can see (whether the same extract has come before, whether it has far
    fewer rows than the last) is not judged.

    Exit code 0: nothing is wrong; 2: it would be rejected, or taken in with rows in quarantine or with warnings; 64: there is no
    delivery to judge.
    """
    from pipelines.sending.check import check_delivery as check

    checked = check(folder, municipality)
    if format_ == "text":
        _write_text(checked)
    else:
        WRITERS[format_](COLUMNS, list(_rows(checked)))
        say(_verdict(checked))
    sys.exit(0 if checked.is_clean else 2)


def _verdict(checked: "DeliveryCheck") -> str:
    """What the receiver would say."""
    from dashboards.wording.numbers import counted

    rows = sum(file.quarantined or 0 for file in checked.files)
    if checked.status == "rejected":
        return f"Mottagaren skulle avvisa leveransen ({checked.reason}): inget av den läses in förrän felen är rättade."
    if rows:
        bad = counted(rows, "felaktig rad", "felaktiga rader")
        return f"Mottagaren skulle läsa in leveransen, men {bad} skulle hamna i karantän och inte räknas."
    if checked.warnings:
        return "Mottagaren skulle läsa in hela leveransen, med varningar."
    return "Mottagaren skulle läsa in hela leveransen. Inget är fel."


def _write_text(checked: "DeliveryCheck") -> None:
    from dashboards.content.status import FAULTS
    from dashboards.wording.numbers import listed, number

    write_text(f"{_heading(checked)}\n{_verdict(checked)}\n")
    if checked.faults:
        write_text("\nFel på leveransen:\n" + "".join(f"- {one.to_the_sender}\n" for one in checked.faults))
    if checked.warnings:
        write_text("\nSe efter:\n" + "".join(f"- {one.to_the_sender}\n" for one in checked.warnings))
    if checked.files:
        write_text("\nFilerna:\n")
        write_table(
            _FILES,
            [
                (
                    one.dataset,
                    one.file,
                    *(
                        _UNREAD if count is None else number(count)
                        for count in (one.rows, one.quarantined, one.repeated)
                    ),
                    f"nummer {listed([str(place) for place in one.unknown_columns])}" if one.unknown_columns else "",
                )
                for one in checked.files
            ],
        )
    if checked.faults_in_rows:
        write_text("\nFel i raderna (en rad kan ha flera fel; i karantän står den för sitt första):\n")
        write_table(
            _ROWS,
            [
                (
                    one.dataset,
                    one.column,
                    f"{FAULTS.get(one.reason, one.reason)} ({one.reason})",
                    one.expected,
                    number(one.rows),
                    number(one.first_in),
                    ", ".join(str(line) for line in one.lines) + (" …" if one.rows > len(one.lines) else ""),
                )
                for one in checked.faults_in_rows
            ],
        )
    write_text(
        "\nOm samma uttag har kommit förut, eller om leveransen har långt färre rader än den förra, ser bara mottagaren.\n"
    )


def _heading(checked: "DeliveryCheck") -> str:
    about = [
        f"källa {checked.source}" if checked.source else "okänd källa",
        f"uttag {checked.extract_date}" if checked.extract_date else "okänt uttagsdatum",
        f"revision {checked.revision}" if checked.revision else "okänd revision",
        checked.municipality.title if checked.municipality else "okänd kommun, så att raderna inte kan bedömas",
    ]
    return f"Leveransen: {', '.join(about)}."


def _rows(checked: "DeliveryCheck") -> Iterator[tuple[object, ...]]:
    for remark in (*checked.faults, *checked.warnings):
        yield (
            None,
            dict(remark.about).get("file"),
            None,
            remark.code.value,
            None,
            None,
            None,
            None,
            remark.to_the_sender,
        )
    for one in checked.faults_in_rows:
        numbers = (one.rows, one.first_in, one.lines[0])
        yield (one.dataset, one.file, one.column, one.reason, one.expected, *numbers, None)
