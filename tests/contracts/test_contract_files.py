"""The contracts say what deliveries.md says, follow the standard, and name a legal ground for every column."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import open_data_contract_standard
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard, SchemaProperty

from pipelines.configuration.contract import CONTRACTS, Column, Dataset, load_sources

FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))
SOURCES = load_sources({"stadsdelsomrade": ["01"]})
DATASETS = {
    f"{source.name}.{dataset.name}": dataset for source in SOURCES.values() for dataset in source.datasets.values()
}

# deliveries.md section 4, written out: column, type, code list or limits; * key, ? may be empty.
SPEC = """
folkbokforing.personer
  personnummer *              personnummer
  tidigare_personnummer ?     personnummer
  stadsdelsomrade ?           code
  folkbokford_fran            date
  invandrad_efter_skolplikt   yes_no
  skyddsmarkering ?           code
skolregister.studieperioder
  studieperiod_id *           text
  personnummer                personnummer
  skolenhetskod               digits ^[0-9]{8}$
  skolform                    code
  studievag                   text
  startdatum                  date
  slutdatum ?                 date
  avslut ?                    code
beda.bevis
  personnummer *              personnummer
  bevis *                     code
  datum                       date
ber.register
  personnummer *              personnummer
  registrerad_datum           date
  registreringsorsak          code
  kategori                    code
  kategori_fran               date
  stadsdelsomrade ?           code
ber.kontakter
  kontakt_id *                text
  personnummer                personnummer
  datum                       date
  riktning                    code
  kanal                       code
  besvarad                    yes_no
  besvarad_av ?               code
  antal_personal ?            integer 1..
  makulerad                   yes_no
ber.sysselsattningar
  sysselsattning_id *         text
  personnummer                personnummer
  datum                       date
  kontakt_id ?                text
  sysselsattning              code
ber.inskrivningar
  inskrivning_id *            text
  personnummer                personnummer
  forvaltning                 code
  inskriven_datum             date
  avslutad_datum ?            date
  avslutsorsak ?              code
ber.insatser
  insats_id *                 text
  inskrivning_id              text
  insats                      code
  startdatum                  date
  slutdatum ?                 date
  avslutsorsak ?              code
ber.bosattningskontroller
  kontroll_id *               text
  personnummer                personnummer
  anmald_datum                date
enkat.svar
  svar_id *                   text
  datum                       date
  fraga                       text
  svar                        integer 1..5
nyckeltal.nyckeltal
  period_fran *               date
  period_till *               date
  verksamhet *                text
  matt *                      text
  varde                       decimal
  enhet                       text
  uppgiftslamnare             text
antagning.antagningar
  antagning_id *              text
  personnummer                personnummer
  antagningsar                integer 2000..2099
  omgang                      code
  beskedsdatum                date
  utfall                      code
skolslussen.besok
  besok_id *                  text
  personnummer                personnummer
  datum                       date
  besokstyp                   code
flai.deltaganden
  deltagande_id *             text
  personnummer                personnummer
  samtycke_fran               date
  samtycke_till ?             date
  flai_insats                 code
  startdatum                  date
  slutdatum ?                 date
  avslutsorsak ?              code
jobbtorg_unga.antal
  period_fran *               date
  period_till *               date
  jobbtorg * ?                code
  kon *                       code
  matt *                      code
  orsak * ?                   code
  antal                       integer 0..
"""

RULES = {
    ("skolregister.studieperioder", "slutdatum", "not_before", "startdatum", "end_before_start"),
    ("ber.kontakter", "besvarad", "value_when", "riktning", "inconsistent"),
    ("ber.inskrivningar", "avslutad_datum", "not_before", "inskriven_datum", "end_before_start"),
    ("ber.inskrivningar", "avslutsorsak", "present_exactly_with", "avslutad_datum", "inconsistent"),
    ("ber.insatser", "slutdatum", "not_before", "startdatum", "end_before_start"),
    ("ber.insatser", "avslutsorsak", "present_exactly_with", "slutdatum", "inconsistent"),
    ("nyckeltal.nyckeltal", "period_till", "not_before", "period_fran", "end_before_start"),
    ("flai.deltaganden", "samtycke_fran", "not_after", "startdatum", "no_consent"),
    ("flai.deltaganden", "samtycke_till", "not_before", "samtycke_fran", "end_before_start"),
    ("flai.deltaganden", "slutdatum", "not_before", "startdatum", "end_before_start"),
    ("flai.deltaganden", "avslutsorsak", "present_exactly_with", "slutdatum", "inconsistent"),
    ("jobbtorg_unga.antal", "period_till", "not_before", "period_fran", "end_before_start"),
    ("jobbtorg_unga.antal", "orsak", "present_exactly_when", "matt", "inconsistent"),
}

CLASSES = {
    "direkt personuppgift",
    "indirekt personuppgift",
    "indirekt personuppgift, skyddsvärd",
    "ingen personuppgift",
}


def _as_in_the_spec(column: Column) -> str:
    mark = (" *" if column.is_key else "") + ("" if column.required else " ?")
    limits = f" {column.minimum}..{column.maximum or ''}" if column.minimum is not None else ""
    pattern = f" {column.pattern}" if column.pattern else ""
    return f"  {column.name + mark:<28}{column.type}{limits}{pattern}"


def _properties() -> list[Any]:
    found = []
    for path in FILES:
        for schema in OpenDataContractStandard.from_file(str(path)).schema_ or []:
            found += [pytest.param(item, id=f"{schema.name}.{item.name}") for item in schema.properties or []]
    return found


def _custom(item: SchemaProperty) -> dict[str, Any]:
    return {str(one.property): one.value for one in item.customProperties or []}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_contract_follows_the_standard(path: Path) -> None:
    contract = OpenDataContractStandard.from_file(str(path))
    assert contract.apiVersion == "v3.1.0"
    assert f"{contract.id}.odcs.yaml" == path.name
    # The model ignores what it does not know inside columns; the standard's own JSON schema does not.
    schema = json.loads((Path(open_data_contract_standard.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)] == []


def test_columns_types_keys_and_required_are_those_of_the_spec() -> None:
    written = [line for line in SPEC.strip().splitlines() if not line.startswith(" ")]
    assert sorted(DATASETS) == sorted(written)
    contracts = "\n".join("\n".join([name, *map(_as_in_the_spec, DATASETS[name].columns)]) for name in written)
    assert contracts == SPEC.strip()


def test_row_rules_are_those_of_the_spec() -> None:
    found = {
        (name, column.name, rule.kind, rule.other, rule.reason)
        for name, dataset in DATASETS.items()
        for column in dataset.columns
        for rule in column.rules
    }
    assert found == RULES
    answered = next(column for column in DATASETS["ber.kontakter"].columns if column.name == "besvarad")
    assert [(rule.value, rule.when) for rule in answered.rules] == [("J", "IN")]


def test_only_measures_must_refer_to_a_row_of_the_delivery() -> None:
    references = {
        (name, column.name): column.reference
        for name, dataset in DATASETS.items()
        for column in dataset.columns
        if column.reference
    }
    assert references == {("ber.insatser", "inskrivning_id"): ("inskrivningar", "inskrivning_id")}


def test_every_personnummer_gets_a_pseudonym_column() -> None:
    names = {(column.name, column.history_name) for dataset in DATASETS.values() for column in dataset.number_columns}
    assert names == {("personnummer", "pseudonym"), ("tidigare_personnummer", "earlier_pseudonym")}
    others = [
        column.name
        for dataset in DATASETS.values()
        for column in dataset.columns
        if column.type != "personnummer" and column.history_name != column.name
    ]
    assert others == []


@pytest.mark.parametrize("item", _properties())
def test_column_says_what_it_is_and_on_what_legal_ground(item: SchemaProperty) -> None:
    custom = _custom(item)
    assert len(item.description or "") >= 15
    assert custom["label"]
    assert item.classification in CLASSES
    if item.physicalType == "personnummer":
        assert item.classification == "direkt personuppgift"
    if item.classification == "ingen personuppgift":
        assert "Inga personuppgifter" in custom["legalGround"]
    else:
        assert re.search(r"\b(3|4|8|9|10) § .*förordningen \(2006:39\)", custom["legalGround"])


def test_protected_marking_is_classified_as_worthy_of_protection() -> None:
    content = yaml.safe_load((CONTRACTS / "folkbokforing.odcs.yaml").read_text(encoding="utf-8"))
    marking = next(item for item in content["schema"][0]["properties"] if item["name"] == "skyddsmarkering")
    assert marking["classification"].endswith("skyddsvärd")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_contract_says_when_for_whom_and_how_long(path: Path) -> None:
    contract = OpenDataContractStandard.from_file(str(path))
    promises = {item.property: item for item in contract.slaProperties or []}
    assert promises["frequency"].scheduler == "cron" and (promises["frequency"].schedule or "").endswith(" 1-5")
    assert (promises["holidays"].value, promises["holidays"].valueExt) == ("SE", "public, de_facto")
    assert all(len(item.description or "") >= 15 for item in contract.slaProperties or [])
    assert promises["timeOfAvailability"].value == "04:00"
    holds_persons = any(dataset.number_columns for dataset in SOURCES[str(contract.id)].datasets.values())
    kept = promises["retention"]
    assert (kept.value, kept.unit) == ((21, "y") if holds_persons else ("gallras inte", None))
    assert {role.role for role in contract.roles or []} == {"nattjobbet", "statistiker", "revisor"}
    assert contract.support
    assert contract.description and contract.description.purpose and contract.description.limitations


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_limits_for_whole_deliveries_have_one_home(dataset: Dataset) -> None:
    """The contract names the thresholds of the municipality's profile and does not repeat their numbers."""
    content = yaml.safe_load((CONTRACTS / f"{dataset.source}.odcs.yaml").read_text(encoding="utf-8"))
    quality = next(item["quality"] for item in content["schema"] if item["name"] == dataset.name)
    rules = {item["id"]: item.get("implementation") for item in quality}
    assert rules["volume_drop"]["thresholds"] == ["volume_drop_share", "volume_drop_min_rows"]
    assert rules["too_many_bad_rows"]["thresholds"] == ["bad_row_share", "bad_row_min"]
    for profile in (CONTRACTS / "municipalities").glob("*.yaml"):
        limits = yaml.safe_load(profile.read_text(encoding="utf-8"))["thresholds"]
        assert limits == {
            "volume_drop_share": 70,
            "volume_drop_min_rows": 100,
            "bad_row_share": 5,
            "bad_row_min": 20,
        }
