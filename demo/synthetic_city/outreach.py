"""The outreach: who is sought and reached in which report year, and every contact on the way.

The routine (action plan 4.3.2): two weeks' wait; a letter, in the autumn the big mailing after 15 September, with
an SMS; telephone at least three times; another letter, SMS or e-mail; a knackakort; a home visit by two.
Belongs here: contacts, what was said at them, residence checks. Does not belong here: stays and enrolments.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from demo.synthetic_city import targets as t
from demo.synthetic_city.city_facts import (
    ANSWER_CHANNELS,
    ANSWER_WEIGHTS,
    ATTEMPT_WEIGHTS,
    KNOCKING,
    OCCUPATION_WEIGHTS,
    OCCUPATIONS,
    OWN_CHANNELS,
    OWN_WEIGHTS,
)
from demo.synthetic_city.timeline import (
    FIRST,
    LAST,
    PERIODS,
    as_date,
    is_weekday,
    mailing_day,
    no_letters,
    outreach_pause,
    pick,
)
from demo.synthetic_city.youth import Contact, Youth

REACHED, SOUGHT = "reached", "sought"
WAIT = 14


def reach_out(rng: random.Random, youths: Sequence[Youth]) -> None:
    for year in (0, 1):
        _give_status(rng, youths, year)
        for youth in youths:
            if youth.status[year] == REACHED:
                _reach(rng, youth, year)
            elif youth.status[year] == SOUGHT:
                _seek(rng, youth, year)
        _adjust_attempts(rng, youths, year)
        _say_occupations(rng, youths, year)
        _check_residences(rng, youths, year)
    _before_the_data(rng, youths)
    _too_late(rng, youths)
    _mistakes(rng, youths)
    _number_contacts(rng, youths)


# --- who ------------------------------------------------------------------------------------------


def _window(youth: Youth, year: int) -> tuple[int, int]:
    """The longest stretch of the report year in which the city may seek the youth (empty: first > last)."""
    period = PERIODS[year]
    best = (1, 0)
    for stay in youth.stays:
        first, last = max(stay.start + WAIT, period.first), min(stay.last_day(), period.last_event)
        if last - first > best[1] - best[0]:
            best = (first, last)
    return best


def _days(first: int, last: int) -> list[int]:
    working = [d for d in range(first, last + 1) if is_weekday(d)]
    return [d for d in working if not outreach_pause(d)] or working


def _give_status(rng: random.Random, youths: Sequence[Youth], year: int) -> None:
    """The youths with most time in the register are sought; the newly enrolled of the year are among the reached."""
    period = PERIODS[year]
    for gender in (t.WOMAN, t.MAN):
        candidates = [y for y in youths if y.gender == gender and y.in_register(period)]
        certain = [y for y in candidates if y.new_in(period) is not None]
        for youth in certain:
            youth.status[year] = REACHED
        others = []
        for youth in candidates:
            if youth.new_in(period) is None:
                first, last = _window(youth, year)
                open_days = len([d for d in range(first, last + 1) if is_weekday(d) and not outreach_pause(d)])
                others.append((open_days + rng.random() * 6, youth))
        others.sort(key=lambda pair: -pair[0])
        reached, sought = t.REACHED[year][gender], t.REACHED[year][gender] + t.NOT_REACHED[year][gender]
        chosen = [youth for _, youth in others[: sought - len(certain)]]
        for youth in chosen:
            youth.status[year] = SOUGHT
        _choose_reached(rng, certain, chosen, reached, year)


def _choose_reached(
    rng: random.Random, certain: Sequence[Youth], chosen: Sequence[Youth], reached: int, year: int
) -> None:
    """The same share of the sought in every district, as nearly as whole numbers allow."""
    pools: dict[str, list[Youth]] = {}
    already: dict[str, int] = {}
    for youth in chosen:
        pools.setdefault(youth.district or "", []).append(youth)
    for youth in certain:
        already[youth.district or ""] = already.get(youth.district or "", 0) + 1
    share = reached / (len(certain) + len(chosen))
    order = []
    for code in sorted(pools):
        pool = pools[code]
        rng.shuffle(pool)
        have, size = already.get(code, 0), len(pool) + already.get(code, 0)
        # How far below its share the district is after each further reached youth.
        order += [((share * size - have - position) / size, code, position) for position in range(len(pool))]
    order.sort(key=lambda item: (-item[0], item[1], item[2]))
    for _, code, position in order[: reached - len(certain)]:
        pools[code][position].status[year] = REACHED


# --- how ------------------------------------------------------------------------------------------


def _route(rng: random.Random, attempts: int, knocking: bool) -> list[str]:
    """The first so many steps of the routine, none of them answered."""
    route = ["BREV", "MEJL" if rng.random() < 0.2 else "SMS", "TELEFON", "TELEFON", "TELEFON"]
    if rng.random() < 0.3:
        del route[1]  # no mobile number
    if rng.random() < 0.12:
        route.insert(2, rng.choice(("ANNAN_AKTOR", "SOCIALA_MEDIER")))
    route.append(rng.choice(("SMS", "BREV", "MEJL")))
    route += ["KNACKAKORT", "HEMBESOK"] if knocking else ["TELEFON", "MEJL"]
    route += ["ANNAN_AKTOR", "TELEFON", "SOCIALA_MEDIER"]
    return route[:attempts]


def _contact(rng: random.Random, when: int, channel: str, answered: bool = False) -> Contact:
    if channel == "BREV" and no_letters(when):
        channel = "SMS"
    contact = Contact(when, True, channel, answered)
    if channel == "HEMBESOK":
        contact.staff = 3 if rng.random() < 0.08 else 2
    if answered:
        contact.by = rng.choices(("UNGDOM", "ANHORIG"), (72, 28))[0]
    return contact


def _own_contact(rng: random.Random, when: int) -> Contact:
    channel = rng.choices(OWN_CHANNELS, OWN_WEIGHTS)[0]
    return Contact(when, False, channel, True, rng.choices(("UNGDOM", "ANHORIG"), (75, 25))[0])


def _spread(rng: random.Random, youth: Youth, year: int, days: list[int], number: int) -> list[int]:
    """Days for so many attempts: some days apart, in the autumn from the big mailing on."""
    mailing = mailing_day(youth.centre(), PERIODS[year])
    if days[0] <= mailing <= days[-1] and (as_date(days[0]).month >= 6 or rng.random() < 0.3):
        after = [d for d in days if d >= mailing]
        if mailing in after and len(after) > number:
            return [mailing, *sorted(rng.sample(after[1 : 1 + number * 8], number - 1))] if number > 1 else [mailing]
    start = rng.randint(0, min(8, max(0, len(days) - number * 3)))
    return sorted(rng.sample(days[start : start + number * 8], number))


def _seek(rng: random.Random, youth: Youth, year: int) -> None:
    days = _days(*_window(youth, year))
    number = min(rng.choices(range(1, len(ATTEMPT_WEIGHTS) + 1), ATTEMPT_WEIGHTS)[0], len(days))
    route = _route(rng, number, rng.random() < KNOCKING[year])
    chosen = _with_text_message(rng, route, _spread(rng, youth, year, days, len(route)))
    for when, channel in zip(chosen, route, strict=True):
        youth.contacts.append(_contact(rng, when, channel))


def _with_text_message(rng: random.Random, route: Sequence[str], days: list[int]) -> list[int]:
    """The SMS often goes out together with the letter."""
    if list(route[:2]) == ["BREV", "SMS"] and rng.random() < 0.6:
        return [days[0], days[0], *days[2:]]
    return days


def _route_to_answer(rng: random.Random, channel: str) -> list[str]:
    """The steps up to and including the one that is answered."""
    if channel == "TELEFON":
        return [*_route(rng, rng.choices((0, 1, 2, 3, 4), (8, 30, 32, 20, 10))[0], False), "TELEFON"]
    if channel == "BREV":
        return ["BREV"]
    if channel == "HEMBESOK":
        return ["BREV", "TELEFON", "TELEFON", "TELEFON", "SMS", "KNACKAKORT", "HEMBESOK"]
    if channel == "KNACKAKORT":
        return ["BREV", "SMS", "TELEFON", "TELEFON", "TELEFON", "KNACKAKORT"]
    return ["BREV", *(["TELEFON"] if rng.random() < 0.5 else []), channel]


def _reach(rng: random.Random, youth: Youth, year: int) -> None:
    period = PERIODS[year]
    first, last = _window(youth, year)
    new = youth.new_in(period)
    limit = last
    if new is not None and (youth.enrolments[0].office == "AMF" or rng.random() < 0.6):
        limit = min(last, new)  # Skolslussen enrols some whom the outreach has not met yet
    days = _days(first, limit) if first <= limit else []
    channel = rng.choices(ANSWER_CHANNELS, ANSWER_WEIGHTS)[0]
    route = _route_to_answer(rng, channel) if channel else []
    if len(route) > len(days) and len(days) >= 2:
        route = ["BREV", "TELEFON"]
    if not route or len(route) > len(days):
        _reach_by_own_contact(rng, youth, year, limit)
    else:
        chosen = _with_text_message(rng, route, _spread(rng, youth, year, days, len(route)))
        if route[-1] == "BREV" and no_letters(chosen[-1]):
            route[-1] = "TELEFON"
        for position, (when, step) in enumerate(zip(chosen, route, strict=True)):
            youth.contacts.append(_contact(rng, when, step, answered=position == len(route) - 1))
    _follow_up(rng, youth, year)


def _reach_by_own_contact(rng: random.Random, youth: Youth, year: int, limit: int) -> None:
    """The youth comes of its own accord; that needs no two weeks' wait."""
    period = PERIODS[year]
    spans = []
    for stay in youth.stays:
        low, high = max(stay.start + 1, period.first), min(stay.last_day(), period.last_event, limit)
        if low <= high:
            spans.append((low, high))
    low, high = spans[-1] if spans else (period.first, max(period.first, limit))
    youth.contacts.append(_own_contact(rng, pick(rng, low, high)))


def _follow_up(rng: random.Random, youth: Youth, year: int) -> None:
    """A new contact after some time, to see whether the need of support has changed."""
    first_reach = youth.contacts[-1].day
    first, last = _window(youth, year)
    days = [d for d in _days(max(first, first_reach + 10), last) if d > first_reach] if first_reach + 10 <= last else []
    for _ in range(rng.choices((0, 1, 2), (55, 33, 12))[0]):
        if not days:
            return
        when = rng.choice(days)
        if rng.random() < 0.1:
            youth.contacts.append(_own_contact(rng, when))
        else:
            channel = rng.choices(("TELEFON", "SMS", "MEJL"), (70, 18, 12))[0]
            answered = rng.random() < {"TELEFON": 0.42, "SMS": 0.1, "MEJL": 0.15}[channel]
            youth.contacts.append(_contact(rng, when, channel, answered))


def _adjust_attempts(rng: random.Random, youths: Sequence[Youth], year: int) -> None:
    """More unanswered attempts, or fewer, until the year's total is the printed one."""
    period = PERIODS[year]
    active = [y for y in youths if y.status[year]]
    count = sum(1 for y in active for c in y.contacts if c.outgoing and period.first <= c.day <= period.last)
    missing = t.ATTEMPTS[year] - count
    while missing > 0:
        youth = rng.choice(active)
        last_contact = max(c.day for c in youth.contacts)
        first, last = _window(youth, year)
        days = [d for d in _days(max(first, last_contact + 2), min(last, last_contact + 90)) if d > last_contact]
        if days:
            channel = rng.choices(("TELEFON", "SMS", "MEJL"), (50, 30, 20))[0]
            youth.contacts.append(_contact(rng, rng.choice(days), channel))
            missing -= 1
    while missing < 0:
        youth = rng.choice(active)
        mine = [c for c in youth.contacts if period.first <= c.day <= period.last]
        # The last step of a routine can go: no other step rests on it.
        if youth.status[year] == SOUGHT and len(mine) > 1:
            youth.contacts.remove(max(mine, key=lambda c: c.day))
            missing += 1


# --- what was said --------------------------------------------------------------------------------


def _say_occupations(rng: random.Random, youths: Sequence[Youth], year: int) -> None:
    period = PERIODS[year]
    reached = [y for y in youths if y.status[year] == REACHED]

    def stays_idle(youth: Youth) -> float:
        weight = 3.0 if youth.new_in(period) is not None else 1.0
        return math.pow(rng.random(), 1 / weight)

    by_idleness = sorted(((stays_idle(youth), i) for i, youth in enumerate(reached)), reverse=True)
    idle = {i for _, i in by_idleness[: len(reached) - t.OCCUPIED[year]]}
    for i, youth in enumerate(reached):
        heard = [c for c in youth.contacts if c.answered and period.first <= c.day <= period.last]
        heard.sort(key=lambda c: c.day)
        first = heard[0]
        if i in idle:
            draw = rng.random()
            first.occupation = "INGEN" if draw < 0.76 else "OKAND" if draw < 0.88 else None
        else:
            first.occupation = rng.choices(OCCUPATIONS, OCCUPATION_WEIGHTS[youth.gender])[0]
        if first.occupation is not None and rng.random() < 0.01:
            first.corrected_occupation = "OKAND"
        for contact in heard[1:]:
            if rng.random() < 0.5:
                contact.occupation = rng.choices((*OCCUPATIONS, "INGEN"), (30, 25, 8, 6, 6, 2, 23))[0]


def _check_residences(rng: random.Random, youths: Sequence[Youth], year: int) -> None:
    """Addresses where nobody lives, as seen at a home visit or by letters that come back."""
    period = PERIODS[year]
    silent = [y for y in youths if y.status[year] == SOUGHT]
    visited = [y for y in silent if any(c.channel == "HEMBESOK" and c.day >= period.first for c in y.contacts)]
    number = t.RESIDENCE_CHECKS[year]
    chosen = rng.sample(visited, min(len(visited), number * 3 // 4))
    marked = {id(y) for y in chosen}
    chosen += rng.sample([y for y in silent if id(y) not in marked], number - len(chosen))
    for youth in chosen:
        last = max(c.day for c in youth.contacts)
        youth.residence_checks.append(pick(rng, last, min(last + 20, period.last_event)))


# --- around the edges -----------------------------------------------------------------------------


def _before_the_data(rng: random.Random, youths: Sequence[Youth]) -> None:
    """The outreach log goes back before the first extract."""
    for youth in youths:
        if not youth.stays or youth.stays[0].start + WAIT >= FIRST - 10 or rng.random() < 0.25:
            continue
        days = _days(max(youth.stays[0].start + WAIT, FIRST - 100), FIRST - 1)
        number = min(rng.choices((1, 2, 3), (50, 30, 20))[0], len(days))
        chosen = _spread(rng, youth, 0, days, number) if number else []
        for when, channel in zip(chosen, ["BREV", "TELEFON", "TELEFON"], strict=False):
            contact = _contact(rng, when, channel, channel == "TELEFON" and rng.random() < 0.2)
            if contact.answered:
                contact.occupation = rng.choice((*OCCUPATIONS, "INGEN"))
            youth.contacts.append(contact)


def _too_late(rng: random.Random, youths: Sequence[Youth]) -> None:
    """Answers that come in the next report year from youths who had left the register: they count nowhere."""
    left = [y for y in youths if y.years() == (True, False) and y.status[0] == SOUGHT]
    for youth in rng.sample(left, 20):
        youth.contacts.append(_own_contact(rng, pick(rng, PERIODS[1].first, PERIODS[1].first + 40)))


def _mistakes(rng: random.Random, youths: Sequence[Youth]) -> None:
    """Contacts entered on the wrong youth: marked makulerad some mornings later."""
    seen_youths = [y for y in youths if y.stays]
    for youth in rng.sample(seen_youths, 260):
        stay = rng.choice(youth.stays)
        low, high = max(stay.start + WAIT, FIRST), min(stay.last_day(), LAST - 20)
        if low > high:
            continue
        when = pick(rng, low, high)
        contact = _contact(rng, when, rng.choice(("TELEFON", "SMS", "BREV", "MEJL")), rng.random() < 0.35)
        contact.void_from = when + 2 + int(rng.expovariate(1 / 5))
        contact.void_from = min(contact.void_from, LAST - 1)
        youth.contacts.append(contact)


def _number_contacts(rng: random.Random, youths: Sequence[Youth]) -> None:
    """Identities in the order of the log, so that a later contact never has a smaller one."""
    log = [(c.day, rng.random(), c) for y in youths for c in sorted(y.contacts, key=lambda c: c.day)]
    log.sort(key=lambda entry: entry[:2])
    for position, (_, _, contact) in enumerate(log, start=1):
        contact.identity = f"K{position:07d}"
