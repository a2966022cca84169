"""Writes ``figures.sql`` and ``own_figures.sql`` from the catalogue (``make figures``).

dbt must know what a model reads before it knows the catalogue, so it cannot make them itself; a test holds the files to the
catalogue. Nothing else belongs here.
"""

from pipelines.configuration.catalogue import FIGURES, read_catalogue

_COLUMNS = "figure, measure, period, gender, district, job_centre, category, subcategory, value"


def union_of_figures(is_own: bool) -> str:
    """The model of all figures that figures.md knows, or of our own."""
    figures = [figure for figure in read_catalogue().values() if figure.is_own == is_own]
    return "union all\n".join(f"select {_COLUMNS}\nfrom {{{{ ref('{figure.model}') }}}}\n" for figure in figures)


def write_unions() -> None:
    """Make both models what the catalogue says."""
    for model, is_own in (("figures", False), ("own_figures", True)):
        (FIGURES / f"{model}.sql").write_text(union_of_figures(is_own), encoding="utf-8")


if __name__ == "__main__":
    write_unions()
