"""The tables of the published file and their columns, here and nowhere else: what is published, and what pages may ask for.

Where the rows come from is in ``published_file``.
"""

from collections.abc import Iterable

import duckdb
import polars as pl

from pipelines.warehouse.inputs import TABLES as INPUTS

_FIGURE_ROWS = """figure varchar, measure varchar, period varchar, gender varchar, district varchar, job_centre varchar,
    category varchar, subcategory varchar, value decimal(38, 18)"""

#: Published as the models read them.
OF_INPUTS = ("district", "job_centre", "code", "plan_rule", "plan_parameter")

#: Table -> its columns. No column is about a single person.
TABLES = {
    "figures": _FIGURE_ROWS,
    "own_figures": _FIGURE_ROWS,
    "catalogue": """figure varchar, title varchar, definition varchar, unit varchar, source varchar, legal_ground varchar,
    since varchar, warnings varchar[], model varchar, is_own boolean, period varchar, counted varchar, adds_up boolean,
    adds_up_over_months boolean, absent varchar, asks_year_before boolean, dimensions varchar[],
    category_title varchar, category_list varchar, category_total varchar,
    subcategory_title varchar, subcategory_list varchar, subcategory_counted_in varchar, subcategory_total varchar,
    plain_counts varchar, plain_leaves_out varchar, plain_example varchar, position integer""",
    "catalogue_measure": """figure varchar, measure varchar, title varchar, definition varchar, label varchar,
    category_counted_in varchar, part_of varchar[], same_as varchar[], share_of varchar, position integer""",
    "catalogue_source": """figure varchar, measure varchar, role varchar, source varchar, source_title varchar, dataset varchar,
    dataset_title varchar, position integer""",
    "catalogue_share": """share varchar, title varchar, sentence varchar, figure varchar, measure varchar, category varchar,
    whole_figure varchar, whole_measure varchar, whole_category varchar, position integer""",
    "period": """period_id varchar, period_kind varchar, starts_on date, ends_on date, title varchar,
    previous_period_id varchar""",
    "period_extracts": """period_id varchar, source varchar, extracts bigint, first_extract_date date,
    last_extract_date date""",
    **{name: INPUTS[name] for name in OF_INPUTS},
    "delivery": """source varchar, extract_date date, revision integer, status varchar, reason varchar, message varchar,
    rows bigint, quarantined_rows bigint, delivery_id varchar, folder varchar, judged_in integer, decided varchar""",
    "delivery_remark": """delivery_id varchar, position integer, code varchar, is_warning boolean, is_command boolean,
    sentence varchar""",
    "quarantine": """delivery_id varchar, dataset varchar, file varchar, line bigint, column_name varchar, reason varchar,
    expected varchar""",
    "purge_protocol": """version integer, data_year integer, persons bigint, rows bigint, quarantined bigint, archives bigint,
    reason varchar, first_date date, last_date date, has_aged boolean, withdrawals bigint""",
    "purge_protocol_dataset": """data_year integer, dataset varchar, persons bigint, first_date date, last_date date,
    has_aged boolean""",
    "contract_check": """source varchar, dataset varchar, check_name varchar, severity varchar, success boolean,
    detail varchar""",
    "target_group_summary": "on_date date, breakdown varchar, side varchar, code varchar, persons bigint",
    "figure_check": """check_name varchar, title varchar, figure varchar, measure varchar, group_kind varchar,
    group_code varchar, on_date date, value bigint, compared_with varchar, compared_date date, compared_value bigint,
    jump_percent integer, threshold_percent integer, minimum_count integer, is_warning boolean, reason varchar,
    decided_on date""",
    "plan_rule_summary": """rule_id varchar, period varchar, gender varchar, job_centre varchar, cases bigint,
    followed bigint, not_followed bigint, undecided bigint""",
    "bridge_step": """figure varchar, measure varchar, category varchar, period varchar, from_period varchar, position integer,
    reason varchar, change decimal(38, 18), units bigint""",
    "public_output": "disclosure varchar, has_told_otherwise boolean",
    "public_number": """figure varchar, measure varchar, period varchar, gender varchar, district varchar, job_centre varchar,
    category varchar, subcategory varchar, is_hidden boolean""",
    "failed_part": "part varchar, title varchar",
    "notice": "code varchar, sentence varchar, waits_for_a_person boolean, about varchar, trouble varchar",
    "trouble": """trouble varchar, code varchar, sentence varchar, begun_on date, acknowledged_by varchar,
    acknowledged_on date, acknowledged_until date, acknowledged_because varchar""",
    "freshness": """source varchar, last_extract_date date, next_expected_date date, missing bigint, missing_since date,
    state varchar, judged_at timestamp""",
    "open_data": "name varchar, value varchar",
    "profile": "name varchar, value varchar",
    "publication": """version integer, published_at timestamp, program_version varchar, municipality_code varchar,
    municipality_name varchar, report_year_kind varchar, first_extract_date date, last_extract_date date,
    accepted_deliveries bigint, loaded_rows bigint, sql_fingerprint varchar, contract_fingerprint varchar,
    profile_fingerprint varchar""",
}

#: What a file that is made of a lake has besides: the lake, its parts, and which municipalities each county covers.
NATION_TABLES = {
    "lake": "fingerprint varchar, day varchar",
    "lake_part": """code varchar, title varchar, first_extract_date date, last_extract_date date, exported_on date,
    fingerprint varchar""",
    "lake_county": "job_centre_code varchar, district_code varchar, position integer",
}

#: Part (``warehouse.parts``) -> its table.
OF_PARTS = {
    "target_group": "target_group_summary",
    "jumps": "figure_check",
    "plan": "plan_rule_summary",
    "bridges": "bridge_step",
}


def create_public_figures(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame | None) -> None:
    """Make `public_figures`, what public output is made of: these rows, or where there are none of its own all figures."""
    if rows is None:
        connection.execute("create view public_figures as from figures union all from own_figures")
        return
    connection.execute(f"create table public_figures ({_FIGURE_ROWS})")
    connection.register("public_rows", rows)
    connection.execute("insert into public_figures by name from public_rows")
    connection.unregister("public_rows")


def create_tables(connection: duckdb.DuckDBPyConnection, failed: Iterable[str] = ()) -> None:
    """Make all tables, but none of a part that failed: nobody shall take nothing for zero."""
    missing = {OF_PARTS[part] for part in failed}
    for table, columns in TABLES.items():
        if table not in missing:
            connection.execute(f"create table {table} ({columns})")
