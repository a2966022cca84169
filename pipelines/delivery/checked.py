"""What is known of a delivery whose rows are typed, for the verdict on it: its counts, warnings and commonest faults."""

import polars as pl

from pipelines.delivery.find import Found
from pipelines.delivery.judging import Checked
from pipelines.delivery.manifest import Manifest
from pipelines.delivery.parsing import ReadFile
from pipelines.delivery.rows import BatchRows
from pipelines.notices import Remark, RemarkCode, remark


def checked(
    found: Found,
    manifest: Manifest,
    files: dict[str, ReadFile],
    place: int,
    counts: dict[str, dict[str, int]],
    batch: dict[str, BatchRows],
    many: int,
) -> Checked:
    """Of the delivery at a place of a batch, with its files and their counts by dataset. ``many``: so many bad rows may be too
    many, and then it is said which fault is the commonest."""
    return Checked(
        delivery_id=found.delivery_id,
        folder=found.folder,
        source=manifest.source,
        extract_date=manifest.extract_date,
        revision=manifest.revision,
        content=manifest.content,
        rows={name: count["data_rows"] for name, count in counts.items()},
        quarantined={name: count["quarantined"] for name, count in counts.items()},
        commonest_fault={
            name: _commonest_fault(batch[name].quarantine.filter(pl.col("extract") == place), files[name])
            for name, count in counts.items()
            if count["quarantined"] >= many
        },
        warnings=[*_warnings(manifest, files, counts), *_too_many_values(files, place, batch)],
    )


def _commonest_fault(quarantine: pl.DataFrame, file: ReadFile) -> Remark:
    faults = quarantine.group_by("column_name", "reason", "expected").agg(pl.len(), pl.col("line").min())
    column, reason, expected, _, line = faults.sort("len", "line", descending=[True, False]).row(0)
    found = {"reason": reason, "column": column, "line": line, "file": file.file.name, "expected": expected}
    return remark(RemarkCode.COMMONEST_FAULT, **found)


def _warnings(manifest: Manifest, files: dict[str, ReadFile], counts: dict[str, dict[str, int]]) -> list[Remark]:
    warnings = []
    for name, count in counts.items():
        read = files[name]
        file = read.file.name
        if count["repeated"]:
            warnings.append(remark(RemarkCode.ROWS_REPEATED, file=file, rows=count["repeated"]))
        if read.records and read.records.unknown_columns:
            warnings.append(remark(RemarkCode.COLUMNS_UNKNOWN, file=file, columns=read.records.unknown_columns))
        if read.records and read.records.garbled:
            garbled = {"rows": read.records.garbled, "encoding": read.file.encoding}
            warnings.append(remark(RemarkCode.ROWS_GARBLED, file=file, **garbled))
        if count["quarantined"]:
            warnings.append(remark(RemarkCode.ROWS_QUARANTINED, file=file, rows=count["quarantined"]))
    if manifest.unknown_datasets:
        warnings.append(remark(RemarkCode.DATASETS_UNKNOWN, datasets=manifest.unknown_datasets))
    return warnings


def _too_many_values(files: dict[str, ReadFile], place: int, batch: dict[str, BatchRows]) -> list[Remark]:
    """What is published as a heading and has more different values than headings have."""
    warnings = []
    for name, rows in batch.items():
        for column in rows.dataset.columns:
            if column.most_different is None or rows.contents[column.history_name].n_unique() <= column.most_different:
                continue
            inside = rows.runs.filter((pl.col("first_extract") <= place) & (pl.col("last_extract") >= place))
            values = rows.contents.join(inside, on="content", how="semi")[column.history_name].n_unique()
            if values > column.most_different:
                counts = {"values": values, "most": column.most_different}
                file = files[name].file.name
                warnings.append(remark(RemarkCode.MANY_VALUES, column=column.name, file=file, **counts))
    return warnings
