"""``LÄS MIG.txt``: what an outside auditor does to check an edition without our program; at length in docs/granskning.md."""

from pipelines.audit.editions.folder import Kind

_KINDS = {
    "internal": "Internt underlag – innehåller små tal. Får inte spridas.",
    "public": "Offentlig utgåva: små tal och sådana tal som avslöjar dem står som .. (se report/index.html).",
}

_TEXT = """\
LÄS MIG

Utgåva {id}: {municipality}, {period}
{kind}

Mappen är en frusen och underskriven utgåva. Den går att kontrollera utan programmet som har gjort
den, med sha256sum och ssh-keygen (OpenSSH 9.1 eller senare), som finns i Linux och macOS.

Du behöver två saker som du har fått på annat sätt än tillsammans med mappen:
  - filen signers med de publika nycklarna för dem som får skriva under (format: allowed_signers)
  - kontrollsumman (sha256) för edition.json, om du har antecknat den tidigare

Ställ dig i mappen i ett skal och lägg filen signers i mappen ovanför.

1. Varje fil är som den var:

       sha256sum --check --strict --quiet SHA256SUMS

2. Ingen fil har tillkommit. Svaret ska vara tomt:

       find . -type f ! -name SHA256SUMS ! -name 'edition.json.sig.*' | cut -c3- | LC_ALL=C sort > ../finns
       cut -c67- SHA256SUMS | LC_ALL=C sort | diff - ../finns

3. Två personer har skrivit under edition.json. För var och en (NAMN är det som står efter
   edition.json.sig. i filens namn) ska svaret börja med Good "kaa-edition" signature:

       ssh-keygen -Y verify -f ../signers -I NAMN -n kaa-edition -s edition.json.sig.NAMN < edition.json

   Har någon slutat skriva under sedan dess: lägg till -O verify-time=ÅÅÅÅMMDDTTMMSSZ med tiden i
   created_at, omräknad till UTC. proposed_by i edition.json är den som föreslog utgåvan.

4. edition.json är den som du känner till. Jämför med kontrollsumman som du har antecknat:

       sha256sum edition.json

   previous i edition.json är kontrollsumman för utgåvan före. Så hänger alla utgåvor ihop i en
   kedja, och den som har den sistas kontrollsumma kan kontrollera alla.

5. Siffrorna i rapporten är de i figures.csv:

       cmp figures.csv report/cells.csv

Vad filerna är:
  edition.json     vad utgåvan är, vem som föreslog den och varje fils kontrollsumma
  figures.csv      periodens siffror
  catalogue.json   vad varje siffra betyder
  models.json      SQL som räknade dem
  contracts/       vad leveranserna lovade, kodlistor och kommunens profil
  deliveries.csv   de leveranser som siffrorna bygger på, med varje fils kontrollsumma
  checks.csv       kontrollerna och hur de gick
  report/          rapportens sidor och dokument; börja med report/index.html
"""


def read_me(edition_id: str, kind: Kind, municipality: str, period: str) -> str:
    """The file's text."""
    return _TEXT.format(id=edition_id, municipality=municipality, period=period, kind=_KINDS[kind])
