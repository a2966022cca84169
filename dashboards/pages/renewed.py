"""A report whose numbers are those of the night before: its pages are taken over, and made anew is what tells of the night.

That the numbers, the program and the files are the same is known by who calls this. What a page says belongs in ``site``.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from dashboards.pages import search, site
from dashboards.published.file import connect
from dashboards.published.publication import read_publication
from pipelines.runtime.files import atomic_write, link_or_copy


def renew_report(before: Path, published: Path, earlier: Path, names: Iterable[str], out: Path) -> None:
    """Make the report in the folder ``out`` of a published file from the same report of the one before it.

    ``earlier``: the folder of that report, named by its period; ``names``: its files as they were made, as paths below it.
    Raises ValueError when a page is not as this program makes it, OSError when it cannot be written.
    """
    build = site.read_build(published, earlier.name)
    made_anew = [page for page in build.pages.values() if page.tells_of_the_night]
    with connect(before) as connection:
        was = site.publication_line(build.title, read_publication(connection))
    now = site.publication_line(build.title, build.data.publication)
    for name in {*names} - {search.FILE, *(page.file for page in made_anew)}:
        if PurePosixPath(name).suffix == ".html":
            atomic_write(out / name, _with_line((earlier / name).read_text(encoding="utf-8"), was, now))
        else:
            link_or_copy(earlier / name, out / name)
    for page in made_anew:
        site.write_page(page, build, out)
    index = (earlier / search.FILE).read_text(encoding="utf-8")
    site.write_search_index(build, out, earlier=search.read_index(index))


def _with_line(text: str, was: str, now: str) -> str:
    """A page with the line that says which publication it is of."""
    if text.count(was) != 1:
        raise ValueError("a page does not say once which publication it is of")
    return text.replace(was, now)
