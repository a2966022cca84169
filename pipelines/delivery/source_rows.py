"""The rows of a source's datasets together: a dataset is typed after those that it refers to. One dataset's: ``rows``."""

from graphlib import TopologicalSorter

from pipelines.configuration.contract import Source
from pipelines.delivery.distinct_records import DistinctRecords
from pipelines.delivery.parsing import FileRecords
from pipelines.delivery.pseudonym import Pseudonymiser
from pipelines.delivery.rows import BatchRows, refer_to, type_rows


def type_source(
    source: Source,
    files: dict[str, dict[int, FileRecords]],
    records: dict[str, DistinctRecords],
    pseudonymiser: Pseudonymiser,
) -> dict[str, BatchRows]:
    """The rows of each dataset, in the contract's order. ``files``: by dataset, those of each extract of the batch."""
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
        typed[name] = type_rows(dataset, files[name], records[name], pseudonymiser, referenced)
    return {name: typed[name] for name in source.datasets}
