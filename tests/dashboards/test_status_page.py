"""The pages ”Underlag och kontroller” and ”Drift”: what readers are told of the figures' ground, and who looks after the program
about the last nightly and what to do."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from dashboards.content import status
from dashboards.pages import site
from dashboards.published.file import connect
from dashboards.published.status import read_changed_extracts
from tests.dashboards import published_file
from tests.dashboards.built_site import Site
from tests.dashboards.html_page import Page

pytestmark = pytest.mark.long

DAY = date(2023, 11, 30)
NEW, OLD = published_file.VERSION, published_file.VERSION - 1


def delivery(
    day: date, status: str = "accepted", revision: int = 1, judged_in: int = NEW, **more: object
) -> dict[str, object]:
    return {"source": "ber", "day": day, "status": status, "revision": revision, "judged_in": judged_in, **more}


def read(
    path: Path, *deliveries: dict[str, object], change: Callable[[published_file.Maker], None] | None = None
) -> status.Status:
    """The state after these deliveries; each says what differs from a sound one of ber."""
    maker = published_file.Maker(years=())
    for place, one in enumerate(deliveries):
        folder = f"ber/{place}"
        maker.deliveries.append((
            one["source"], one["day"], one["revision"], one["status"], one.get("reason"), one.get("message", "Inläst."),
            100, 0, f"d{place}", folder,
        ))  # fmt: skip
        maker.judged_in[folder] = one["judged_in"]  # type: ignore[assignment]
        if "decided" in one:
            maker.decided[folder] = str(one["decided"])
    if change:
        change(maker)
    return status.read(maker.write(path))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "published.duckdb"


def sections(state: status.Status) -> list[str]:
    return [task.section for task in state.tasks]


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_the_page_begins_with_what_came_in_and_what_to_do(stockholm: Site) -> None:
    page = stockholm.page("drift.html")
    text = page.text
    assert "5 saker att göra" in text
    assert "6 nya leveranser hade kommit in: 4 lästes in, 1 väntar på beslut och 1 avvisades." in text
    assert "Den senaste nattkörningen blev klar 8 januari 2024 kl. 04.07." in text
    for command in ("kaa deliveries release h-1", "kaa deliveries reject h-1"):
        assert command in text


def test_readers_are_asked_to_do_nothing(stockholm: Site, nacka: Site) -> None:
    for built in (stockholm, nacka):
        for page in built.pages.values():
            text = built.page(page.file).text
            assert ("att göra" in text or "behöver göras" in text) == (page.id in ("drift", "sok")), page.id
    text = stockholm.page("underlag.html").text
    assert "kaa " not in text and "Mapp:" not in text
    assert "1 leverans ser misstänkt ut och är inte med" in text
    assert "1 leverans gick inte att använda, och källan har inte lämnat någon ny." in text
    assert "Alla leveranser som har kommit in är med" in nacka.page("underlag.html").text


def test_what_is_to_do_leads_to_the_section_that_says_more(stockholm: Site) -> None:
    text = (stockholm.out / "drift.html").read_text(encoding="utf-8")
    state = text[text.index('id="laget"') : text.index('id="beslut"')]
    leads = {attributes["href"] for tag, attributes in Page(state).tags if tag == "a"}
    assert leads == {"#beslut", "#avvisade", "underlag.html#karantan", "underlag.html#kontroller", "underlag.html#hopp"}


def test_the_pages_tell_what_was_not_used(stockholm: Site) -> None:
    page, operators = stockholm.page("underlag.html"), stockholm.page("drift.html")
    (every,) = [table for table in page.tables if table.section == "leveranser"]
    newest = next(table for table in operators.tables if table.section == "korning")
    assert newest.row("Barn- och elevregistret (BER)") == ["2", "1", "–", "6\u00a0000", "–", "2023-11-30"]
    assert every.row("Totalt")[:4] == ["454", "1", "2", "1"]
    for expected in (
        "Filen leverans.json är inte giltig JSON.",
        "Datasetet register har 1 204 rader",
        "Kolumnen kommentar finns inte i avtalet",
        "Koden finns inte i kodlistan",
        "Senaste uttaget är 9 dagar gammalt.",
        "1 kontroll är utan anmärkning",
    ):
        assert expected in page.text + operators.text
    assert "bad_code" not in page.text
    assert "Antalet rader är rimligt" not in page.text
    changed = next(table for table in page.tables if table.section == "andrat")
    assert changed.row("Skolregistret") == [
        "2023-02-01, revision 2", "Källan skickade en rättad leverans",
        "Som känt 1\u00a0februari 2023 eller en senare dag, framtaget före publicering 3",
    ]  # fmt: skip


def test_large_jumps_come_first_and_all_on_request(stockholm: Site, nacka: Site) -> None:
    tables = [table for table in stockholm.page("underlag.html").tables if table.section == "hopp"]
    large, everything = tables
    assert [heading for heading, _ in large.rows] == ["Ungdomar i registret: Jobbtorg Kista"]
    assert large.rows[0][1] == [
        "uttaget före, 2023-11-29", "300", "413", "−27\u00a0%",
        "10\u00a0%, minst 20. Registret ändras långsamt. (2023-01-09)",
    ]  # fmt: skip
    assert everything.row("Ungdomar i registret: Saknar stadsdel")[3] == ".."
    assert everything.row("Ungdomar i registret: Hela kommunen")[3] == "−1\u00a0%"
    assert "Det finns inget tidigare uttag att jämföra med." in nacka.page("underlag.html").text


def test_each_source_is_shown_with_what_is_missing_and_what_to_do(stockholm: Site, nacka: Site) -> None:
    page = stockholm.page("drift.html")
    (table,) = [table for table in page.tables if table.section == "kallor"]
    ask = "Fråga avsändaren. Det första väntade uttaget som saknas skulle ha kommit 29\u00a0november 2023."
    assert table.row("Barn- och elevregistret (BER)") == ["Tyst", "2023-11-28", "3", "2023-12-04", ask]
    later = "Inget än. Fråga avsändaren om 3 väntade uttag i rad saknas."
    assert table.row("Folkbokföringen") == ["Sen", "2023-11-30", "1", "2023-12-04", later]
    assert table.row("Skolregistret") == ["Aktuell", "2023-12-01", "–", "2023-12-04", "Inget"]
    assert table.row("Skolslussen") == ["Stängd", "2023-12-01", "–", "2024-01-08", "Inget"]
    assert table.row("Flai") == ["Väntas inte", "–", "–", "–", "Inget: källan har aldrig levererat"]
    assert "Läget 4 december 2023 kl. 04.07." in page.text
    assert "Källornas uttag" not in nacka.page("drift.html").text  # nothing was judged


def test_a_silent_source_leads_to_the_table_of_sources(file: Path) -> None:
    def silent(maker: published_file.Maker) -> None:
        maker.notices += [("source_silent", "BER har inte levererat.", True), ("part_failed", "Sidan gick inte.", True)]

    assert [task.section for task in read(file, change=silent).tasks] == ["kallor", None]


def test_without_trouble_nothing_is_to_do(nacka: Site) -> None:
    text = nacka.page("underlag.html").text + nacka.page("drift.html").text
    for expected in (
        "Inget behöver göras",
        "Ingen leverans avvisades",
        "Inga rader lades i karantän",
        "Inget har gallrats",
    ):
        assert expected in text


def test_a_long_list_is_folded_and_a_longer_one_is_for_the_command(tmp_path: Path) -> None:
    def many(maker: published_file.Maker) -> None:
        for place in range(status.LIMIT + 20):
            folder = f"ber/r{place}"
            maker.deliveries.append(
                ("ber", date(2024, 1, 1), 1, "rejected", "missing_file", f"Fil {place} saknas.", 0, 0, folder, folder)
            )
            maker.judged_in[folder] = NEW

    path = published_file.stockholm(tmp_path / "p.duckdb", many)
    site.build_report(path, "verksamhetsar-2023", tmp_path / "site")
    page = Page((tmp_path / "site" / "drift.html").read_text(encoding="utf-8"))
    shown, more = [table for table in page.tables if table.section == "korning"][1:3]
    assert (len(shown.rows), len(more.rows)) == (status.SHOWN, status.LIMIT - status.SHOWN)
    assert f"Visa {status.LIMIT - status.SHOWN} till" in page.text
    assert "21 rader till visas inte på sidorna" in page.text


# --- what is to be done -----------------------------------------------------------------------------------------------


def test_a_rejection_is_settled_by_a_sound_delivery_of_the_day(file: Path) -> None:
    bad = delivery(DAY, "rejected", reason="checksum_mismatch", judged_in=OLD)
    assert sections(read(file, bad)) == ["avvisade"]
    file.unlink()
    assert sections(read(file, bad, delivery(DAY))) == []


def test_a_conflict_is_settled_by_a_higher_revision_only(file: Path) -> None:
    conflict = delivery(DAY, "rejected", reason="conflict")
    state = read(file, delivery(DAY), conflict)
    assert sections(state) == ["avvisade"]
    assert state.rejected[0].state == "Kvarstår: revision 1 används"
    file.unlink()
    assert sections(read(file, delivery(DAY, revision=2), conflict)) == []


def test_a_correction_that_was_rejected_is_still_to_be_sent(file: Path) -> None:
    assert sections(read(file, delivery(DAY), delivery(DAY, "rejected", revision=2, reason="missing_file"))) == [
        "avvisade"
    ]


def test_what_somebody_has_acknowledged_is_no_task_and_stays_on_the_page(file: Path) -> None:
    because = ("Eva", date(2024, 1, 3), date(2024, 2, 1), "De byter system.")

    def change(maker: published_file.Maker) -> None:
        maker.notices += [("source_silent", "Enkäten är tyst.", True), ("clock_behind", "Klockan går fel.", True)]
        maker.checks = [("flai", "insats", name, "warning", False, "Fler än väntat.") for name in ("growth", "share")]
        maker.troubles = [
            ("source_silent", "source_silent", "Enkäten är tyst.", date(2024, 1, 2), *because),
            ("clock_behind", "clock_behind", "Klockan går fel.", date(2024, 1, 2), None, None, None, None),
            ("check_warns:flai/insats/growth", "check_warns", "Varnar.", date(2024, 1, 2), *because),
            ("delivery_rejected:d0", "delivery_rejected", "Avvisad.", date(2024, 1, 2), *because),
        ]

    state = read(file, delivery(DAY, "rejected", reason="missing_file"), change=change)
    assert [task.text for task in state.tasks] == ["Klockan går fel.", "1\u00a0kontroll varnar: läs varför."]
    assert [one.sentence for one in state.known] == ["Varnar.", "Avvisad.", "Enkäten är tyst."]
    assert len(state.failed_checks) == 2 and len(state.troubles) == 4


def test_a_held_delivery_is_a_task_whoever_knows_of_it(file: Path) -> None:
    def change(maker: published_file.Maker) -> None:
        known = ("Eva", date(2024, 1, 3), date(2024, 2, 1), "Vi frågar.")
        maker.troubles = [("delivery_held:d0", "delivery_held", "Den väntar.", date(2024, 1, 2), *known)]

    assert sections(read(file, delivery(DAY, "held"), change=change)) == ["beslut"]


def test_what_a_person_rejected_needs_nothing_more(file: Path) -> None:
    state = read(file, delivery(DAY, "rejected", reason="volume_drop", decided="reject", judged_in=OLD))
    assert (sections(state), state.rejected, len(state.rejected_before)) == ([], (), 1)


def test_what_the_night_has_to_tell_is_told_and_what_waits_is_to_be_done(file: Path) -> None:
    def tell(maker: published_file.Maker) -> None:
        maker.notices += [
            ("delivery_settling", "Den är inte hel än.", False),
            ("part_failed", "Planen gick inte.", True),
        ]

    state = read(file, delivery(DAY), change=tell)
    assert [(task.section, task.text) for task in state.tasks] == [(None, "Planen gick inte.")]
    assert state.notices == ("Den är inte hel än.",)


PARTS = {
    "target_group": "malgrupp.html",
    "plan": "handlingsplan.html",
    "jumps": "underlag.html",
    "bridges": "varfor.html",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_failed_is_said_to_be_missing_and_is_no_zero(tmp_path: Path, part: str) -> None:
    path = published_file.stockholm(tmp_path / "p.duckdb", lambda maker: maker.failed_parts.append((part, "Delen")))
    written = site.build_report(path, "verksamhetsar-2023", tmp_path / "site", documents=True)
    pages = site.read_build(path, "verksamhetsar-2023").pages
    assert len(written) > len(pages)
    text = Page((tmp_path / "site" / PARTS[part]).read_text(encoding="utf-8")).text
    assert "kunde inte göras vid den senaste körningen" in text
    others = [page for page in pages.values() if page.file != PARTS[part]]
    assert not any("kunde inte göras" in (tmp_path / "site" / page.file).read_text(encoding="utf-8") for page in others)


def test_a_night_without_deliveries_says_so(file: Path) -> None:
    state = read(file, delivery(DAY, judged_in=OLD))
    assert state.came_in.startswith("Inga nya leveranser hade kommit in")
    assert state.sources is None


def told(*remarks: tuple[str, bool, bool, str]) -> Callable[[published_file.Maker], None]:
    """What is said of the first delivery: code, whether it warns, whether it names commands, sentence."""
    return lambda maker: maker.remarks.update({"d0": list(remarks)})


def test_a_held_delivery_is_shown_without_the_command_in_its_sentence(file: Path) -> None:
    drop = ("volume_drop", False, False, "Datamängden register har 10 rader mot 100: leveransen väntar.")
    decide = ("decide", False, True, "Kör sedan kaa deliveries release eller reject d0.")
    (held,) = read(file, delivery(DAY, "held", message=f"{drop[3]} {decide[3]}"), change=told(drop, decide)).held
    assert held.message == drop[3]
    assert held.delivery_id == "d0"


def test_a_warning_is_known_by_its_code_whatever_it_says(file: Path) -> None:
    loaded = ("loaded", False, False, "Inläst.")
    quarantined = ("rows_quarantined", True, False, "3 rader i a.csv är undanlagda.")
    named = ("columns_unknown", True, False, "filen karantän, kaa deliveries Varning: x.csv har 2 kolumner för mycket.")
    (remark,) = read(file, delivery(DAY), change=told(loaded, quarantined, named)).remarks
    assert remark.message == "Filen karantän, kaa deliveries Varning: x.csv har 2 kolumner för mycket."


def test_what_an_older_program_said_of_a_delivery_is_shown_as_it_said_it(file: Path) -> None:
    text = "Inläst. Varning: a.csv upprepar 2 rader; de räknas en gång."
    (remark,) = read(file, delivery(DAY, message=text), change=told(("as_told", False, False, text))).remarks
    assert remark.message == text


# --- what has changed afterwards ----------------------------------------------------------------------------------------


def changes(
    path: Path, *deliveries: dict[str, object], known_to: date = date.max
) -> list[tuple[date, int, int | None, str]]:
    read(path, *deliveries)
    with connect(path) as connection:
        found = read_changed_extracts(connection, known_to)
    return [(one.extract_date, one.revision, one.version, one.kind) for one in found]


def test_a_revision_counts_as_a_change_when_the_first_was_published(file: Path) -> None:
    day = date(2023, 5, 3)
    lower, higher = delivery(day, "superseded", judged_in=OLD), delivery(day, revision=2)
    assert changes(file, lower, higher) == [(day, 2, NEW, "revised")]
    for known_to, found in ((date(2023, 5, 2), 0), (day, 1), (DAY, 1)):
        with connect(file) as connection:
            assert len(read_changed_extracts(connection, known_to)) == found
    file.unlink()
    assert changes(file, delivery(day, "superseded"), higher) == []  # both came the same night
    file.unlink()
    assert changes(file, higher) == []  # there was no lower one


def test_what_came_late_or_was_released_is_a_change(file: Path) -> None:
    late = date(2023, 5, 3)
    assert changes(file, delivery(DAY, judged_in=OLD), delivery(late)) == [(late, 1, NEW, "late")]
    file.unlink()
    assert changes(file, delivery(DAY), delivery(late)) == []  # a backlog in one night is not late
    file.unlink()
    assert changes(file, delivery(late, judged_in=OLD, decided="release")) == [(late, 1, None, "released")]
