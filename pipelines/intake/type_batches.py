"""Types the rows of deliveries that were read together; around one that cannot be typed, the others in parts."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from graphlib import TopologicalSorter

import polars as pl

from pipelines.configuration.contract import Source
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.parsing import FileRecords
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows, refer_to, type_rows
from pipelines.intake.candidate import Candidate
from pipelines.intake.unforeseen import is_of_its_content, night_ends, unexplained
from pipelines.notices import Notice

Typed = tuple[list[Candidate], dict[str, BatchRows]]


def typed_parts(
    source: Source,
    candidates: list[Candidate],
    records: dict[str, DistinctRecords],
    pseudonymiser: Pseudonymiser,
    leave_alone: Callable[[Candidate, Notice], None],
) -> Iterator[Typed]:
    """Deliveries with their typed rows, all in one part if they can be; one that the program fails on is left alone."""
    try:
        batch = _typed(source, candidates, records, pseudonymiser)
    except BaseException as error:
        days = f"{candidates[0].manifest.extract_date} to {candidates[-1].manifest.extract_date}"
        if not is_of_its_content(error):
            raise night_ends(error, f"The deliveries of {source.name} from {days} cannot be typed") from None
        if len(candidates) == 1:
            leave_alone(candidates[0], unexplained(candidates[0].found, error))
            return
    else:
        yield candidates, batch
        return
    half = len(candidates) // 2
    for part in (candidates[:half], candidates[half:]):
        yield from typed_parts(source, part, _records_of(part, records), pseudonymiser, leave_alone)


def _typed(
    source: Source, candidates: list[Candidate], records: dict[str, DistinctRecords], pseudonymiser: Pseudonymiser
) -> dict[str, BatchRows]:
    """The rows of each dataset, in the contract's order; a dataset is typed after those that it refers to."""
    typed: dict[str, BatchRows] = {}
    refers_to = {
        name: {column.reference[0] for column in dataset.columns if column.reference}
        for name, dataset in source.datasets.items()
    }
    for name in TopologicalSorter(refers_to).static_order():
        dataset = source.datasets[name]
        referenced = {
            column.reference: refer_to(typed[column.reference[0]], column.reference[1])
            for column in dataset.columns
            if column.reference
        }
        files = {place: _records(candidate, name) for place, candidate in enumerate(candidates)}
        typed[name] = type_rows(dataset, files, records[name], pseudonymiser, referenced)
    return {name: typed[name] for name in source.datasets}


def _records(candidate: Candidate, dataset: str) -> FileRecords:
    records = candidate.files[dataset].records
    assert records is not None
    return records


def _records_of(candidates: list[Candidate], records: dict[str, DistinctRecords]) -> dict[str, DistinctRecords]:
    """The records of these deliveries and no others; the deliveries get the ids that their records have there."""
    fewer = {}
    for name, all_of_them in records.items():
        fewer[name] = DistinctRecords()
        texts = all_of_them.texts()
        for candidate in candidates:
            file = _records(candidate, name)
            ids = pl.DataFrame({"record_id": file.record_ids})
            wanted = ids.join(texts[file.header], on="record_id", maintain_order="left")["record"]
            found = fewer[name].recognise(file.header, wanted)
            candidate.files[name].records = replace(file, record_ids=fewer[name].remember(found))
    return fewer
