"""A history that is crowded in the ways in which real registers are, made of runs at once: for tests of what a model costs.

What belongs here: many of everything that differs between nights. What does not belong here: rules, and what the figures are.
"""

from datetime import date, timedelta

import duckdb

from tests.dbt.make_fixture import LAYOUT, stockholm, write_history, write_input
from tests.dbt.small_world import EXTRACTS

PERSONS, NIGHTS = 1500, 150
FIRST_NIGHT = date(2022, 12, 1)
PERIODS = [
    ("verksamhetsar-2023", date(2022, 12, 1), date(2023, 11, 30)),
    ("kalenderar-2023", date(2023, 1, 1), date(2023, 12, 31)),
    ("dag-2023-04-01", date(2023, 4, 1), date(2023, 4, 1)),
]

#: Table of the history -> its rows: of every person p, the nights (numbers) from which and to which a row stood.
_ROWS = {
    # One in three has a number of an earlier kind until a night in the middle; everybody moves once.
    "folkbokforing_personer": """
        select new_number, case when p % 3 = 0 and half = 1 then old_number end, '0' || (1 + (p + half) % 9),
            date '2010-01-01', p % 40 = 0, case when p % 50 = 0 then 'SKYDDAD' end,
            half * 75, case half when 0 then 74 end
        from person, range(2) as halves(half)
        where not (p % 3 = 0 and half = 0)
        union all
        select old_number, null, '03', date '2010-01-01', false, null, 0, 74 + p % 9 from person where p % 3 = 0
    """,
    # Each study period is written anew again and again: begun, ended, taken back.
    "skolregister_studieperioder": """
        select 'P' || p, new_number, '1', ['GY', 'KOMVUX', 'ANPGY'][1 + p % 3], 'NA', date '2022-08-15',
            case when version % 2 = 1 then night_date(version * 20) end, case when version % 2 = 1 then 'AVBROTT' end,
            version * 20 + p % 7, case when version < 6 then version * 20 + 19 + p % 7 end
        from person, range(7) as versions(version)
    """,
    "beda_bevis": """
        select new_number, 'STUDIEBEVIS', date '2023-01-01', p % 100, null from person where p % 4 = 0
    """,
    "ber_register": """
        select new_number, date '2022-11-01', 'AVBROTT', ['NY', 'INSKRIVEN'][1 + part % 2], date '2022-12-01',
            '0' || (1 + p % 9), part * 50 + p % 11, case when part < 2 then part * 50 + 49 + p % 11 end
        from person, range(3) as parts(part) where p % 2 = 0
    """,
    "ber_kontakter": """
        select 'K' || p || '-' || n, new_number, night_date(n * 9), case when n % 5 = 0 then 'IN' else 'UT' end,
            ['BREV', 'TELEFON', 'HEMBESOK'][1 + n % 3], n % 5 = 0, null, 2, false, n * 9, null
        from person, range(16) as contacts(n) where p % 2 = 0
    """,
    "ber_sysselsattningar": """
        select 'S' || p || '-' || n, new_number, night_date(n * 9), 'K' || p || '-' || n, 'ARBETE', n * 9, null
        from person, range(8) as occupations(n) where p % 2 = 0
    """,
    "ber_inskrivningar": """
        select 'I' || p, new_number, 'AMF', night_date(p % 99), null, null, p % 99, null from person where p % 2 = 0
    """,
    "ber_insatser": """
        select 'M' || p, 'I' || p, 'AIM', night_date(p % 99), null, null, p % 99, null from person where p % 2 = 0
    """,
    "ber_bosattningskontroller": """
        select 'B' || p, new_number, night_date(p % 99), p % 99, null from person where p % 2 = 0
    """,
    "antagning_antagningar": """
        select 'A' || p || '-' || n, new_number, 2023, ['PRELIMINAR', 'SLUTLIG'][n], date '2023-01-15' + cast(n as integer),
            ['ANTAGEN', 'EJ_ANTAGEN'][1 + p % 2], 50, null
        from person, range(1, 3) as rounds(n)
    """,
    "skolslussen_besok": """
        select 'V' || p || '-' || n, new_number, night_date(n * 9), 'VAGLEDNING', n * 9, null
        from person, range(16) as visits(n) where p % 2 = 1
    """,
    "flai_deltaganden": """
        select 'D' || p, new_number, night_date(p % 99), null, 'SELMA', night_date(p % 99), null, null, p % 99, null
        from person where p % 2 = 0
    """,
    "jobbtorg_unga_antal": """
        select night_date(p % 99), night_date(p % 99), 'KISTA', ['KVINNA', 'MAN'][1 + p % 2], 'KONTAKT', null, p, 99, null
        from person
    """,
    "enkat_svar": "select 'V' || p, night_date(p % 99), 'Hur?', 3, p % 99, null from person",
}  # fmt: skip

_RULES = [
    ("plan/waited", "waited", {"wait_days": "7"}),
    ("plan/begun", "begun_within", {"within_months": "1"}),
    ("plan/attempts", "attempts_before", {"channel": "TELEFON", "at_least": "2", "before_channel": "HEMBESOK"}),
    ("plan/staff", "staff_at_least", {"channel": "HEMBESOK", "at_least": "2"}),
    ("plan/letter", "letter_after_day", {"channel": "BREV", "after_month": "2", "after_day": "1", "within_days": "30"}),
    ("plan/follow", "followed_up_within", {"channel": "BREV", "within_days": "14"}),
]


def write_crowded_world(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the catalogs `history` and `warehouse` (its inputs) of a connection."""
    write_history(connection, "history", EXTRACTS)
    write_input(connection, "warehouse", PERIODS, stockholm())
    connection.execute("delete from warehouse.input.plan_rule; delete from warehouse.input.plan_parameter")
    for rule_id, kind, parameters in _RULES:
        connection.execute("insert into warehouse.input.plan_rule values (?, ?, '2018-07-01', null)", [rule_id, kind])
        for name, value in parameters.items():
            connection.execute("insert into warehouse.input.plan_parameter values (?, ?, ?)", [rule_id, name, value])
    connection.execute(f"""
        create temp macro night_date(night) as date '{FIRST_NIGHT}' + cast(night as integer);
        create temp table person as
        select p, md5('new' || p) as new_number, md5('old' || p) as old_number,
            date '2004-06-01' + cast(p % 1200 as integer) as born
        from range({PERSONS}) as persons(p);
        create or replace table history.main.number as
        select new_number as pseudonym, born as birth_date, if(p % 2 = 0, 'man', 'kvinna') as gender from person
        union all select old_number, born, if(p % 2 = 0, 'man', 'kvinna') from person where p % 3 = 0;
        create or replace table history.main.extract as
        select source, night_date(night) as extract_date, 1 as revision, source || night as delivery_id
        from range({NIGHTS}) as nights(night),
            unnest([{", ".join(f"'{source}'" for source in LAYOUT)}]) as sources(source);
    """)
    for table, rows in _ROWS.items():
        columns = [row[0] for row in connection.execute(f"describe history.main.{table}").fetchall()][:-2]
        listed = ", ".join(columns)
        connection.execute(f"""
            delete from history.main.{table};
            insert into history.main.{table}
            select {listed}, night_date(first_night), night_date(last_night)
            from ({rows}) as run({listed}, first_night, last_night)
        """)
    assert FIRST_NIGHT + timedelta(days=NIGHTS) > PERIODS[-1][1]
