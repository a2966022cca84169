"""The check report of the file to SCB: a page in Swedish without personnummer. What is wrong was found in ``checks``."""

from collections import defaultdict

from jinja2 import Environment

from pipelines.statistics.checks import Broken
from pipelines.statistics.hand_in import HandIn

_COUNTS = {
    "covered": "Ungdomar i registret under halvåret",
    "youths": "därav i filen",
    "protected": "därav med skyddade personuppgifter, inte i filen",
    "contacts": "Kontakter där någon nåddes",
    "reached": "Ungdomar i filen som nåddes",
    "measures": "Åtgärder som pågick under halvåret",
    "measures_ended": "Åtgärder som avslutades under halvåret",
    "ceased": "Ungdomar för vilka ansvaret upphörde",
}

#: So many records of a check are named; the count is of all.
_SHOWN = 500

_PAGE = """<!doctype html>
<html lang="sv"><head><meta charset="utf-8"><title>Kontroll av uppgifterna till SCB, {{ period.title }}</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { border: 1px solid #767676; padding: .3rem .6rem; text-align: left }
td.number { text-align: right } code { overflow-wrap: anywhere }
</style></head><body>
<h1>Kontroll av uppgifterna till SCB, {{ period.title }}</h1>
<p>{{ municipality }}. {{ verdict }}</p>
{% if own_codes %}<p>Kolumner och koder är våra egna: SCB:s uppställning är inte inlagd.
Filen kan inte skickas som den är.</p>{% endif %}
<h2>Antal</h2>
<table><thead><tr><th scope="col">Uppgift</th><th scope="col">{{ period.title }}</th><th scope="col">Halvåret före</th>
<th scope="col">Publicerad siffra</th></tr></thead><tbody>
{% for one in compared %}<tr><th scope="row">{{ counts[one.what] }}</th><td class="number">{{ one.now }}</td>
<td class="number">{{ "–" if one.before is none else one.before }}</td>
<td class="number">{{ "–" if one.figure is none else one.figure }}{{ " (stämmer inte)" if one.disagrees }}</td></tr>
{% endfor %}</tbody></table>
{% if protected %}<h2>Ungdomar som inte kan lämnas i filen</h2>
<p>{{ protected }} ungdomar har skyddade personuppgifter och står inte i filen. Den som har rätt till uppgifterna lämnar dem
till SCB på det sätt som SCB anvisar.</p>{% endif %}
<h2>Kontroller</h2>
{% for check, found in checks %}<h3>{{ "Fel" if check.severity == "error" else "Varning" }}: {{ check.sentence }}</h3>
<p>{{ check.do }} Antal: {{ found | length }}.</p>
<table><thead><tr><th scope="col">Ungdom (pseudonym)</th><th scope="col">Post i BER</th></tr></thead><tbody>
{% for one in found[:shown] %}<tr><td><code>{{ one.person }}</code></td><td>{{ one.record or "–" }}</td></tr>
{% endfor %}</tbody></table>
{% if found | length > shown %}<p>De {{ shown }} första visas.</p>{% endif %}
{% else %}<p>Alla kontroller gick väl.</p>
{% endfor %}
<p>Vem en pseudonym är tar den som har arkivets nyckel reda på med <code>kaa reveal</code>. Vilka kontroller som görs står i
uppställningen (data_contracts/statistics).</p>
</body></html>
"""


def report_page(hand_in: HandIn, municipality: str, check_only: bool, earlier: list[str]) -> str:
    """The whole page. ``earlier``: names of files of an earlier run that lie beside it."""
    by_check: dict[str, list[Broken]] = defaultdict(list)
    for one in hand_in.broken:
        by_check[one.check.id].append(one)
    checks = [(check, by_check[check.id]) for check in hand_in.layout.checks if check.id in by_check]
    template = Environment(autoescape=True).from_string(_PAGE)
    return template.render(
        period=hand_in.period, municipality=municipality, verdict=_verdict(hand_in, check_only, earlier),
        compared=hand_in.compared,
        counts=_COUNTS, protected=hand_in.half_year.protected, shown=_SHOWN, own_codes=hand_in.layout.codes_are == "own",
        checks=sorted(checks, key=lambda one: one[0].severity),
    )  # fmt: skip


def _verdict(hand_in: HandIn, check_only: bool, earlier: list[str]) -> str:
    left = f" {' och '.join(earlier)} i samma mapp är från en tidigare körning: skicka dem inte." if earlier else ""
    if hand_in.has_errors:
        return "Det finns fel. Ingen fil har skrivits: rätta felen och gör om." + left
    if check_only:
        return "Inga fel hittades. Bara kontrollen är gjord; ingen fil har skrivits." + left
    return f"Inga fel hittades. Filen har {len(hand_in.rows)} rader och ersätter hela den som lämnats tidigare för halvåret."
