"""The data dictionary: every column and measure with its meaning, classification and legal ground."""

import csv
import io
import json

import pytest
import yaml
from click.testing import CliRunner

from pipelines.commands.cli import kaa
from pipelines.commands.dictionary import Entry, read_dictionary
from pipelines.configuration.catalogue import read_catalogue
from pipelines.configuration.contract import load_sources
from pipelines.warehouse.dbt import PROJECT

#: Copied to the published file, which holds no rows about persons.
PUBLISHED = {"figures", "own_figures", "target_group_summary", "jump_check", "plan_rule_summary"}


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    """dbt reads the project for them, so they are not read while tests are collected."""
    return read_dictionary()


def test_every_column_of_the_contracts_is_there(entries: list[Entry]) -> None:
    expected = {
        (f"{source.name}/{dataset.name}", column.name)
        for source in load_sources().values()
        for dataset in source.datasets.values()
        for column in dataset.columns
    }
    assert {(entry.table, entry.column) for entry in entries if entry.part == "delivery"} == expected


def test_every_column_of_the_marts_is_there(entries: list[Entry]) -> None:
    described = {
        (model["name"], column["name"])
        for layer in ("marts", "plans", "figures")
        for path in (PROJECT / "models" / layer).glob("*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", [])
        for column in model.get("columns", [])
    }
    assert {(entry.table, entry.column) for entry in entries if entry.part == "warehouse"} == described
    assert {entry.table for entry in entries if entry.part == "warehouse"} >= {
        path.stem for layer in ("marts", "plans") for path in (PROJECT / "models" / layer).glob("*.sql")
    }


def test_every_measure_of_the_catalogue_is_there(entries: list[Entry]) -> None:
    measures = {
        (model["config"]["meta"]["figure"]["id"], measure)
        for path in (PROJECT / "models" / "figures").glob("figure_*.yml")
        for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for measure in model["config"]["meta"]["figure"]["measures"]
    }
    assert {(entry.table, entry.column) for entry in entries if entry.part == "figure"} == measures


def test_a_measure_says_what_the_catalogue_knows_of_it(entries: list[Entry]) -> None:
    said = {(entry.table, entry.column): entry.description for entry in entries if entry.part == "figure"}
    for figure in read_catalogue().values():
        for name, measure in figure.measures.items():
            text = said[figure.id, name]
            assert ("Egen uppgift" in text) == figure.is_own, figure.id
            for level in filter(None, (figure.category, figure.subcategory)):
                assert level.title in text and (level.code_list or "källans egna ord") in text, figure.id
            for key in (*(one.to for one in (*measure.part_of, *measure.same_as)), measure.share_of):
                assert key is None or f"({key})" in text, (figure.id, name)
    assert "i varje kategori som den hör till, så de går inte att lägga ihop." in said["participants", "enrolled"]
    assert "Varje enhet räknas i en enda kategori." in said["occupation", "reached"]
    assert "Månaderna är tillsammans perioden." in said["timeliness", "registered"]
    assert "Månaderna går inte att lägga ihop." in said["population", "in_register"]
    assert "Andelen räknas av sökta (outreach/sought)." in said["outreach", "reached"]
    assert "en summa av olika saker" in said["survey", "answers"]
    assert "Talen går inte att lägga ihop. En rad som saknas är okänd." in said["median_wait", "days"]


def test_every_entry_is_complete(entries: list[Entry]) -> None:
    for entry in entries:
        assert all(entry[:7]), entry
        assert entry.made_from or entry.part == "delivery" or entry.table == "jump_threshold", entry


def test_tables_with_persons_are_personal_data_and_what_is_published_is_not(entries: list[Entry]) -> None:
    """From the warehouse on nobody is named directly: a pseudonym is an indirect personal datum."""
    tables: dict[str, set[Entry]] = {}
    for entry in entries:
        if entry.part == "warehouse":
            tables.setdefault(entry.table, set()).add(entry)
    for table, columns in tables.items():
        has_persons = any(entry.column in ("person_id", "pseudonym", "contact_id") for entry in columns)
        expected = "indirekt personuppgift" if has_persons else "ingen personuppgift"
        assert {entry.classification for entry in columns} == {expected}, table
    assert all(entry.classification == "ingen personuppgift" for table in PUBLISHED for entry in tables[table])
    assert {entry.type for entry in entries if entry.classification == "direkt personuppgift"} == {"personnummer"}


def test_a_table_names_the_datasets_that_it_rests_on(entries: list[Entry]) -> None:
    assert {entry.made_from for entry in entries if entry.table == "answer_period"} == {"enkat/svar"}
    assert all("ber/kontakter" in entry.made_from.split() for entry in entries if entry.table == "contacts")


@pytest.mark.parametrize("part", ["delivery", "warehouse", "figure"])
def test_programs_read_it_as_csv_or_json(part: str, entries: list[Entry]) -> None:
    """No KAA_HOME is needed."""
    rows = [list(entry) for entry in entries if entry.part == part]
    said = CliRunner().invoke(kaa, ["dictionary", "--part", part, "--format", "csv"])
    assert list(csv.reader(io.StringIO(said.stdout))) == [list(Entry._fields), *rows]
    said = CliRunner().invoke(kaa, ["dictionary", "--part", part, "--format", "json"])
    assert [list(item.values()) for item in json.loads(said.stdout)] == rows
