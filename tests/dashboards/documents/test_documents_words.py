"""No document says a word that its readers should not meet; the list is that of the pages."""

from pathlib import Path

import pytest

from dashboards.documents import build_documents, names
from tests.dashboards import published_file
from tests.dashboards.words import excel_texts, faults, pdf_texts, word_texts

pytestmark = pytest.mark.long

NOW = "verksamhetsar-2023"
TEXTS = {
    "word": (names.WORD, word_texts),
    "excel": (names.EXCEL, excel_texts),
    "pdf": (names.PDF, pdf_texts),
}


@pytest.fixture(scope="module", params=["internal", "public"])
def documents(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    file = published_file.stockholm(folder / "internal.duckdb", published_file.with_everything)
    if request.param == "public":
        file = published_file.public(file, folder / "published.duckdb", NOW)
    build_documents(file, NOW, folder, appendices=True)
    return folder


@pytest.mark.parametrize("kind", TEXTS)
def test_no_document_says_a_forbidden_word(kind: str, documents: Path) -> None:
    name, read = TEXTS[kind]
    texts = read(documents / name)
    assert len(texts) > 300
    found = list(faults(texts, kind))
    assert not found, "\n".join(found[:40])
