"""What somebody with pandas would write for one year of figures: every file of every night that the figures need, read anew; no
history, no checks, no pseudonyms. Eight figures by gender and district: in the register, sought and reached, contacts by channel,
occupation at the first contact, participants, exits, measures, and how measures ended.

``python -m tests.benchmarks.by_pandas DROP FIRST_DAY LAST_DAY OUT.csv``. It is what the program is compared with by those who ask
why a script would not do; whether it counts as the program counts is asked of the number of persons in the register only.
"""

import json
import sys
from pathlib import Path

import pandas as pd

_READ = {
    "personer": ["personnummer", "tidigare_personnummer"],
    "register": ["personnummer", "stadsdelsomrade"],
    "kontakter": ["kontakt_id", "personnummer", "datum", "riktning", "kanal", "besvarad", "makulerad"],
    "sysselsattningar": ["sysselsattning_id", "kontakt_id", "sysselsattning"],
    "inskrivningar": [
        "inskrivning_id",
        "personnummer",
        "forvaltning",
        "inskriven_datum",
        "avslutad_datum",
        "avslutsorsak",
    ],
    "insatser": ["insats_id", "inskrivning_id", "insats", "startdatum", "slutdatum", "avslutsorsak"],
}
_KEYS = {name: columns[0] for name, columns in _READ.items()}
_SPLITS: tuple[list[str], ...] = ([], ["gender"], ["district"], ["gender", "district"])


def read(drop: Path) -> dict[str, pd.DataFrame]:
    """The rows of all nights with the night of each, by dataset."""
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in _READ}
    for path in sorted(drop.glob("*/*/leverans.json"), key=lambda path: path.parent.name):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        for entry in manifest["filer"]:
            name = entry["dataset"]
            if name in _READ:
                file = path.parent / entry["fil"]
                rows = pd.read_csv(file, sep=";", dtype=str, usecols=_READ[name], keep_default_na=False)
                parts[name].append(rows.assign(night=manifest["uttagsdatum"]))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def _latest(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    return rows.drop_duplicates(key, keep="last")  # they are read in the order of the nights


def _newest_numbers(residents: pd.DataFrame) -> dict[str, str]:
    """The number that a person has now, for numbers that were replaced."""
    changed = residents[residents["tidigare_personnummer"] != ""].drop_duplicates("tidigare_personnummer", keep="last")
    following = dict(zip(changed["tidigare_personnummer"], changed["personnummer"], strict=True))
    newest = {}
    for number in following:
        last = number
        while last in following:
            last = following[last]
        newest[number] = last
    return newest


def _cells(
    rows: pd.DataFrame, persons: pd.DataFrame, figure: str, by: list[str], *, once: bool = True
) -> list[pd.DataFrame]:
    """A figure in all its splits: persons, or events when a row is not to be counted ``once`` a person."""
    described = rows.join(persons, on="person")
    cells = []
    for split in _SPLITS:
        names = [*split, *by]
        counted = described.drop_duplicates(["person", *names]) if once else described
        sizes = counted.groupby(names).size() if names else pd.Series([len(counted)])
        cells.append(sizes.rename("value").reset_index().assign(figure=figure))
    return cells


def figures(rows: dict[str, pd.DataFrame], first: str, last: str) -> pd.DataFrame:
    """The cells of the period's figures."""
    newest = _newest_numbers(rows["personer"])
    for name in ("register", "kontakter", "inskrivningar"):
        rows[name]["person"] = rows[name]["personnummer"].map(newest).fillna(rows[name]["personnummer"])
    register = rows["register"]
    seen = register[register["night"].between(first, last)]
    sighting = register[register["night"] <= last].drop_duplicates("person", keep="last")
    persons = sighting.set_index("person")[["stadsdelsomrade"]].rename(columns={"stadsdelsomrade": "district"})
    persons["gender"] = (persons.index.str[10].astype(int) % 2).map({1: "man", 0: "kvinna"})

    contacts = _latest(rows["kontakter"], _KEYS["kontakter"])
    contacts = contacts[contacts["datum"].between(first, last) & (contacts["makulerad"] == "N")]
    contacts = contacts[contacts["person"].isin(seen["person"])]
    reached = contacts[(contacts["besvarad"] == "J") | (contacts["riktning"] == "IN")]
    occupation = _latest(rows["sysselsattningar"], _KEYS["sysselsattningar"])
    first_reached = reached.sort_values(["datum", "kontakt_id"]).drop_duplicates("person")
    asked = first_reached.merge(occupation[["kontakt_id", "sysselsattning"]], on="kontakt_id", how="left")
    asked["sysselsattning"] = asked["sysselsattning"].fillna("OKAND")

    enrolments = _latest(rows["inskrivningar"], _KEYS["inskrivningar"])
    measures = _latest(rows["insatser"], _KEYS["insatser"])
    measures = measures.merge(enrolments[["inskrivning_id", "person"]], on="inskrivning_id")
    ended = enrolments[enrolments["avslutad_datum"].between(first, last)]
    measures_ended = measures[measures["slutdatum"].between(first, last)]
    return pd.concat(
        [
            *_cells(seen, persons, "population", []),
            *_cells(contacts, persons, "sought", []),
            *_cells(reached, persons, "reached", []),
            *_cells(contacts, persons, "contacts", ["kanal"], once=False),
            *_cells(asked, persons, "occupation", ["sysselsattning"]),
            *_cells(
                _going_on(enrolments, "inskriven_datum", "avslutad_datum", first, last),
                persons,
                "participants",
                ["forvaltning"],
            ),
            *_cells(ended, persons, "exits", ["avslutsorsak"]),
            *_cells(_going_on(measures, "startdatum", "slutdatum", first, last), persons, "measures", ["insats"]),
            *_cells(measures_ended, persons, "measure_exits", ["insats", "avslutsorsak"]),
        ]
    )


def _going_on(rows: pd.DataFrame, begin: str, end: str, first: str, last: str) -> pd.DataFrame:
    return rows[(rows[begin] <= last) & ((rows[end] == "") | (rows[end] >= first))]


def main(drop: Path, first: str, last: str, out: Path) -> None:
    """Count the year of a drop folder, and write its cells."""
    figures(read(drop), first, last).to_csv(out, index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4]))
