"""Makes the rows of `studieperioder` from the studies that a server shows tonight and those that it has shown before."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from pipelines.runtime.errors import UsageError
from pipelines.sending.personnummer_forms import as_twelve_digits
from pipelines.sending.ss12000.client import Client
from pipelines.sending.ss12000.reading import read_studies
from pipelines.sending.ss12000.seen import Key, Memory, Night, Seen
from pipelines.sending.ss12000.settings import SS12000Settings
from pipelines.sending.ss12000.studies import Study

#: How long an enrolment that has ended stays in an extract (deliveries.md section 4, `skolregister`).
_STAYS = timedelta(days=800)

#: From so many enrolments on a drop is looked at, as the receiver does (deliveries.md section 2, `volume_drop`).
_ENOUGH_FOR_A_DROP = 100


def read_school_register(
    settings: SS12000Settings, extract_date: date, mapping_path: Path, dry_run: bool = False
) -> list[dict[str, str]]:
    """The rows of `studieperioder`, in the contract's columns as text, "" where a value is missing; sorted by id.

    ``extract_date`` is the night of which the extract is. What was seen is remembered beside the mapping, unless it is a dry
    run; a night that is run again gives the same again. Raises UsageError with one sentence, and has then changed nothing.
    """
    memory = Memory(mapping_path)
    before = memory.before(extract_date)
    with Client(settings, mapping_path.parent) as client:
        studies = read_studies(client, settings)
    night = tonight(studies, before, extract_date, memory.key, settings)
    _refuse_a_drop(before, night, settings)
    rows = [
        row for identity, seen in sorted(night.enrolments.items()) if (row := _row(identity, seen, night, memory.key))
    ]
    if not dry_run:
        memory.keep(night, before)
    return rows


def tonight(studies: Iterable[Study], before: Night | None, on: date, key: Key, settings: SS12000Settings) -> Night:
    """What is known after a night on which a server showed these studies."""
    known = dict(before.enrolments) if before else {}
    shown = {enrolment: study for enrolment, study in _named(studies, key) if _is_told_of(study, on)}
    ids = _ids(shown, before, on, key, settings)
    for enrolment, study in shown.items():
        identity = ids[enrolment]
        earlier = known.get(identity)
        known[identity] = Seen(
            enrolment=enrolment,
            place=_place(study, key),
            number=_hidden(study, on, key, earlier),
            unit_code=study.unit_code,
            school_form=study.school_form,
            study_path=study.study_path,
            end_code=study.end_code,
            start=study.start,
            end=study.end,
            first=earlier.first if earlier else on,
            last=on,
        )
    return Night(night=on, enrolments={identity: seen for identity, seen in known.items() if not _is_over(seen, on)})


def _is_told_of(study: Study, on: date) -> bool:
    """Whether it has begun. One without a start that was over when it was first seen cannot be told of."""
    return study.start <= on if study.start else study.end is None or study.end >= on


def _named(studies: Iterable[Study], key: Key) -> Iterator[tuple[str, Study]]:
    """Each study with what knows it again: the server's id where there is one, else person, school and start, or study path
    where there is no start. Several of the same are told apart by study path, then by their ends."""
    several: dict[str, list[Study]] = defaultdict(list)
    for study in studies:
        several[_enrolment(study, key)].append(study)
    for enrolment, alike in several.items():
        if len(alike) == 1:
            yield enrolment, alike[0]
            continue
        number: Counter[str] = Counter()
        for study in sorted(alike, key=_in_order):
            number[study.study_path] += 1
            yield key.fingerprint(enrolment, study.study_path, str(number[study.study_path])), study


def _enrolment(study: Study, key: Key) -> str:
    if study.identity:
        return key.fingerprint("enrolment", study.identity)
    begins = study.start.isoformat() if study.start else study.study_path
    return key.fingerprint("person", study.person, study.unit, study.school_type, begins)


def _place(study: Study, key: Key) -> str:
    return key.fingerprint("place", study.person, study.unit, study.school_type)


def _in_order(study: Study) -> tuple[str, ...]:
    return (
        study.study_path,
        study.end.isoformat() if study.end else "9999",
        study.unit_code,
        study.school_form,
        study.end_code,
        study.number,
    )


def _ids(
    shown: dict[str, Study], before: Night | None, on: date, key: Key, settings: SS12000Settings
) -> dict[str, str]:
    """The id of the studieperiod of each enrolment that is shown: the one that it had, or a new one."""
    last: dict[str, tuple[str, Seen]] = {}
    for identity, seen in sorted((before.enrolments if before else {}).items(), key=lambda item: item[1].first):
        last[seen.enrolment] = (identity, seen)
    ids: dict[str, str] = {}
    for enrolment, study in shown.items():
        if enrolment not in last:
            ids[enrolment] = enrolment
            continue
        identity, seen = last[enrolment]
        away = on - seen.last
        if study.start is None and _was_gone(seen, before) and away.days > settings.same_enrolment_within_days:
            identity = key.fingerprint(enrolment, on.isoformat())
        ids[enrolment] = identity
    return ids | _corrected(shown, before, last, key)


def _was_gone(seen: Seen, before: Night | None) -> bool:
    return before is not None and seen.last < before.night


def _corrected(
    shown: dict[str, Study], before: Night | None, last: dict[str, tuple[str, Seen]], key: Key
) -> dict[str, str]:
    """Enrolments of which the server has corrected the start: one is gone and another has come, of the same person at the same
    school and from a day on which the first was there. They keep the id, so that the wrong start does not stay for ever."""
    if before is None:
        return {}
    gone: dict[str, list[tuple[str, Seen]]] = defaultdict(list)
    for enrolment, (identity, seen) in last.items():
        if seen.start and enrolment not in shown and seen.last == before.night:
            gone[seen.place].append((identity, seen))
    new: dict[str, list[tuple[str, Study]]] = defaultdict(list)
    for enrolment, study in shown.items():
        if study.start and enrolment not in last:
            new[_place(study, key)].append((enrolment, study))
    corrected: dict[str, str] = {}
    for place, come in new.items():
        left = gone.get(place, [])
        if len(come) == len(left) == 1 and (start := come[0][1].start) and start <= left[0][1].last:
            corrected[come[0][0]] = left[0][0]
    return corrected


def _hidden(study: Study, on: date, key: Key, earlier: Seen | None) -> str:
    """The number, encrypted; the same text as before where it is the same number, so that the file changes little."""
    number = as_twelve_digits(study.number, on)
    return earlier.number if earlier and key.show(earlier.number) == number else key.hide(number)


def _end(seen: Seen, on: date) -> date | None:
    """The last day: what the server says, and the last night on which it was seen where it is gone without an end."""
    if seen.last == on or (seen.end and seen.end < on):
        return seen.end
    return seen.last


def _is_over(seen: Seen, on: date) -> bool:
    end = _end(seen, on)
    return end is not None and end < on - _STAYS


def _row(identity: str, seen: Seen, night: Night, key: Key) -> dict[str, str]:
    end = _end(seen, night.night)
    return {
        "studieperiod_id": identity,
        "personnummer": key.show(seen.number),
        "skolenhetskod": seen.unit_code,
        "skolform": seen.school_form,
        "studievag": seen.study_path,
        "startdatum": (seen.start or seen.first).isoformat(),
        "slutdatum": end.isoformat() if end else "",
        "avslut": seen.end_code if end else "",
    }


def _refuse_a_drop(before: Night | None, night: Night, settings: SS12000Settings) -> None:
    """A server that shows too few would otherwise end the rest: nobody would see it, for they are delivered as ended."""
    if before is None or settings.accept_drop_on == night.night:
        return
    earlier, now = (_running(one) for one in (before, night))
    if earlier >= _ENOUGH_FOR_A_DROP and now * 100 < earlier * (100 - settings.largest_drop_percent):
        raise UsageError(
            f"The SS 12000 server shows {now} running enrolments, of {earlier} on {before.night}: ask its owner why. If it is "
            f"right, write `accept_drop_on: {night.night}` in the mapping and run it again. Nothing is written."
        )


def _running(night: Night) -> int:
    return sum(
        seen.last == night.night and not (seen.end and seen.end < night.night) for seen in night.enrolments.values()
    )
