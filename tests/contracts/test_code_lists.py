"""The code lists and profiles are those of deliveries.md sections 4–6, and nothing forbidden has crept in."""

import re

import pytest
import yaml

from pipelines.configuration.contract import CONTRACTS, OWN_LISTS, code_lists, load_sources
from pipelines.configuration.municipality import load_municipality

LISTS = code_lists()

SPEC = {
    "skolform": "GY ANPGY KOMVUX FHS SFI OVRIG",
    "avslut": "EXAMEN STUDIEBEVIS GYMNASIEBEVIS_ANP AVBROTT BYTE OVRIGT",
    "bevis": "GYMNASIEEXAMEN STUDIEBEVIS GYMNASIEBEVIS_ANP MOTSVARANDE",
    "registreringsorsak": "AVBROTT STUDIEBEVIS ALDRIG_PABORJAT INFLYTTAD NYANLAND OVRIGT",
    "kategori": "NY UNDER_UPPSOK UNDER_BEVAKNING INSKRIVEN",
    "kanal": "BREV SMS TELEFON MEJL KNACKAKORT HEMBESOK DROPIN SOCIALA_MEDIER ANNAN_AKTOR",
    "sysselsattning": "STUDIER_EJ_I_BER ARBETE PRAKTIK UTOMLANDS FORALDRALEDIG ANNAN_SYSSELSATTNING INGEN OKAND",
    "avslutsorsak": "STUDIER ARBETE FYLLT_20 FLYTTAT ANNAN_AKTOR EGEN_BEGARAN EJ_KONTAKTBAR OKAND",
    "insats": "JOBBTORG AIM STUDIESTEG1 UNGVUX SKOLSLUSSEN SLUSSPLATS UNGDOMSANSTALLNING PRAKTIK SYV UNG_I_CENTRUM"
    " OVRIG",
    "riktning": "UT IN",
    "besvarad_av": "UNGDOM ANHORIG",
    "forvaltning": "AMF UTBF",
    "skyddsmarkering": "SEKRETESS SKYDDAD",
    "omgang": "PRELIMINAR SLUTLIG RESERV",
    "utfall": "ANTAGEN EJ_ANTAGEN RESERVPLATS",
    "besokstyp": "VAGLEDNING KARTLAGGNING PLATSHJALP OVRIGT",
    "flai_insats": "COACHNING SELMA FILUR YRKESPLUS UNGDOMSANSTALLNING ARBETSLAG OVRIG",
    "kon": "KVINNA MAN",
    "matt": "KONTAKT INSKRIVNA AVSLUTADE",
}

#: Classes of our own figures: no delivery has them.
OWN = {"vantetid": "D0_14 D15_30 D31_60 D61_90 OVER_90 INGEN"}

# Förordning (2006:39) 5 §: GDPR article 9.1 data and data on offences. Stems as they stand in names and in labels.
FORBIDDEN = re.compile(
    r"h[aä]ls[ao]|sjuk|diagnos|\bnpf|adhd|autis|psyk|missbruk|\bdrog|v[aå]rd(?!nads|e\b)|medicin|l[aä]kar|funktionsneds|\blss\b"
    r"|gravid|behandling|etni[sc]|\bras\b|religi|politi[sk]|fackf|fackl|sexu|biometri|genetis"
    r"|(?<!av)brott|straff|polis|krimin|\bdom\b|d[oö]md|h[aä]kta|f[aä]ngels|anst[aå]lt\b",
    re.IGNORECASE,
)


def _words(name: str) -> str:
    return name.replace("_", " ")


def test_lists_hold_exactly_the_codes_of_the_spec() -> None:
    assert {name: " ".join(code["code"] for code in item["codes"]) for name, item in LISTS.items()} == SPEC | OWN


def test_the_only_older_code_is_that_of_the_renamed_school_form() -> None:
    aliases = [
        (name, code["code"], alias)
        for name, item in LISTS.items()
        for code in item["codes"]
        for alias in code.get("aliases", [])
    ]
    assert aliases == [("skolform", "ANPGY", "GYSAR")]
    columns = load_sources()["skolregister"].datasets["studieperioder"].columns
    accepted = next(column.codes for column in columns if column.name == "skolform")
    assert accepted is not None and accepted["GYSAR"] == "ANPGY"


@pytest.mark.parametrize("name", [*SPEC, *OWN])
def test_list_is_well_formed(name: str) -> None:
    item = LISTS[name]
    assert (CONTRACTS / "code_lists" / f"{name}.yaml").is_file()
    assert item["title"] and item["source"]
    assert all(re.fullmatch(r"[A-Z0-9_]+", code["code"]) for code in item["codes"])
    labels = [code["label"] for code in item["codes"]]
    assert all(labels) and len(set(labels)) == len(labels)


def test_every_list_is_used_by_a_column() -> None:
    used = set()
    for path in CONTRACTS.glob("*.odcs.yaml"):
        for schema in yaml.safe_load(path.read_text(encoding="utf-8"))["schema"]:
            for column in schema["properties"]:
                used |= {item["value"] for item in column["customProperties"] if item["property"] == "codeList"}
    assert used == set(LISTS) - set(OWN) | set(OWN_LISTS)


def test_nothing_forbidden_is_named() -> None:
    """No column, code or label carries health data or offences; only the spec's columns exist (test_contract_files)."""
    names = [code[part] for item in LISTS.values() for code in item["codes"] for part in ("code", "label")]
    for source in load_sources().values():
        for dataset in source.datasets.values():
            names += [dataset.name, *(text for column in dataset.columns for text in (column.name, column.label))]
    assert [name for name in names if FORBIDDEN.search(_words(name))] == []


@pytest.mark.parametrize(
    "name",
    [
        "diagnos",
        "NPF",
        "SJUKSKRIVEN",
        "halsotillstand",
        "PSYKIATRI",
        "Vård",
        "BROTT",
        "brottmal",
        "DOM",
        "RELIGION",
        "LSS",
    ],
)
def test_the_guard_sees_forbidden_names(name: str) -> None:
    assert FORBIDDEN.search(_words(name))


@pytest.mark.parametrize(
    "name", ["AVBROTT", "varde", "UNGDOM", "UNGDOMSANSTALLNING", "Avbrott från gymnasieskolan", "drop-in"]
)
def test_the_guard_lets_ordinary_names_pass(name: str) -> None:
    assert not FORBIDDEN.search(_words(name))


def test_stockholm_is_the_profile_of_the_spec() -> None:
    profile = load_municipality("stockholm")
    names = {district.code: district.name for district in profile.districts}
    assert names == {
        "01": "Rinkeby-Kista",
        "02": "Spånga-Tensta",
        "03": "Hässelby-Vällingby",
        "04": "Bromma",
        "05": "Kungsholmen",
        "06": "Norrmalm",
        "07": "Östermalm",
        "08": "Södermalm",
        "09": "Enskede-Årsta-Vantör",
        "10": "Skarpnäck",
        "11": "Farsta",
        "12": "Hägersten-Älvsjö",
        "13": "Skärholmen",
        "21": "Järva",
        "22": "Norra innerstaden",
    }
    ended = {d.code: (str(d.valid_to), d.successor) for d in profile.districts if d.valid_to}
    assert ended == {
        "01": ("2023-06-30", "21"),
        "02": ("2023-06-30", "21"),
        "06": ("2023-06-30", "22"),
        "07": ("2023-06-30", "22"),
    }
    begun = {d.code: str(d.valid_from) for d in profile.districts if d.valid_from}
    assert begun == {"21": "2023-07-01", "22": "2023-07-01"}
    assert {centre.code: centre.districts for centre in profile.job_centres} == {
        "GLOBEN": ["05", "06", "07", "08", "09", "10", "11", "22"],
        "SKARHOLMEN": ["12", "13"],
        "VALLINGBY": ["03", "04"],
        "KISTA": ["01", "02", "21"],
    }
    assert (profile.code, profile.report_year.kind, profile.report_year.starts) == ("0180", "verksamhetsar", "12-01")


def test_nacka_has_no_division_and_any_district_is_a_bad_code() -> None:
    profile = load_municipality("nacka")
    assert (profile.code, profile.report_year.kind, profile.report_year.starts) == ("0182", "kalenderar", "01-01")
    assert profile.districts == [] and profile.job_centres == []
    columns = load_sources(profile.own_codes)["ber"].datasets["register"].columns
    assert next(column.codes for column in columns if column.name == "stadsdelsomrade") == {}
