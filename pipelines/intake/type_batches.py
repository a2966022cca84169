"""Types the rows of deliveries that were read together; around one that cannot be typed, the others in parts."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import polars as pl

from pipelines.configuration.contract import Source
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.parsing import FileRecords
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows
from pipelines.delivery.source_rows import type_source
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
        files = {
            name: {place: _records(candidate, name) for place, candidate in enumerate(candidates)}
            for name in source.datasets
        }
        batch = type_source(source, files, records, pseudonymiser)
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
