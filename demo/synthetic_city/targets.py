"""What the synthetic city must add up to: the printed totals of the annual report 2023, and the splits chosen.

Belongs here: numbers only, with the place in the report or the reason. Index 0 is the report year 2022
(2021-12-01 – 2022-11-30), index 1 the report year 2023. Does not belong here: how persons are made.
What only the city auditors' report 10/2016 prints, for 2015, is scaled: times 705 / 557 for 2022 and 916 / 557 for 2023, the
youths newly enrolled at the job-centres, which both reports print; shares are kept.
"""

from __future__ import annotations

WOMAN, MAN = "K", "M"
JOB_CENTRES = ("GLOBEN", "SKARHOLMEN", "VALLINGBY", "KISTA", "SAKNAS")

# Tabell 1: persons in the register.
IN_REGISTER = ({WOMAN: 3329, MAN: 3825}, {WOMAN: 3497, MAN: 4049})
# Of them in the register during both years (chosen: some 2 900 are in it at the turn, the others come
# back).
IN_BOTH_YEARS = {WOMAN: 1560, MAN: 1840}
# Tabell 2 and 3.
REACHED = ({WOMAN: 1297, MAN: 1504}, {WOMAN: 1408, MAN: 1684})
NOT_REACHED = ({WOMAN: 1109, MAN: 1242}, {WOMAN: 1235, MAN: 1450})
# Section 2: contact attempts (2022: 2 128 fewer than 19 628).
ATTEMPTS = (17500, 19628)
# Section 2 and 6.3: 67 and 73 per cent of the reached had an occupation.
OCCUPIED = (1877, 2257)
# Section 6.2 (2022 is not printed).
RESIDENCE_CHECKS = (71, 57)


def _by_centre(*values: int) -> dict[str, int]:
    return dict(zip(JOB_CENTRES, values, strict=True))


# Tabell 5 and 6.
ENROLLED = (_by_centre(367, 157, 134, 201, 124), _by_centre(490, 220, 211, 244, 66))
ENDED = (_by_centre(216, 114, 87, 122, 112), _by_centre(319, 137, 123, 175, 53))
TO_STUDIES = (_by_centre(112, 42, 45, 65, 61), _by_centre(165, 69, 83, 102, 19))
TO_WORK = (_by_centre(44, 32, 23, 23, 18), _by_centre(64, 36, 16, 34, 11))

# How the enrolled of Tabell 4–6 divide into courses of events (chosen; the sums are those of the report:
# new 705 and 916, enrolled 983 and 1 231, see tests/demo).
STOCK_ENDED = _by_centre(76, 40, 30, 43, 39)  # enrolled before 2021-12-01, ended in 2022
STOCK_AGAIN = _by_centre(5, 2, 2, 2, 1)  # the same, then enrolled and ended once more in 2022
STOCK_CARRIED = _by_centre(22, 7, 7, 12, 2)  # enrolled before 2021-12-01 and over the turn of the years
NEW_ENDED = _by_centre(115, 65, 47, 68, 71)  # new and ended in 2022
RETURNING = _by_centre(20, 7, 8, 9, 1)  # new and ended in 2022, new again in 2023
NEW_CARRIED = _by_centre(129, 36, 40, 67, 10)  # new in 2022 and over the turn of the years
NEW_IN_2023 = _by_centre(319, 170, 156, 156, 53)
# Of those carried over the turn: ended and enrolled anew in 2023; still running at the end of 2023.
CARRIED_AGAIN = _by_centre(8, 2, 2, 4, 1)
CARRIED_RUNNING = _by_centre(20, 8, 7, 9, 1)
# Of RETURNING and NEW_IN_2023: still running at the end of 2023.
NEW_2023_RUNNING = _by_centre(151, 75, 81, 60, 12)
# Tabell 4: women among the enrolled of both years, of 2022 only, of 2023 only (164 + 263 = 427, 164 + 390 =
# 554).
ENROLLED_WOMEN = {"both": 164, "2022": 263, "2023": 390}

# Section 7.2, Aim: (course of events, in 2023) -> how many, by reason of ending in the year where it ended.
# 2022: 284 took part (96 + 12 + 86 + 90), 176 new, 182 ended: 102 to studies (56 %), 36 to work (20 %).
# 2023: 293 took part (102 + 191), 191 new, 162 ended: 86 to studies (53 %), 37 to work (23 %).
AIM_ENDED = {
    "stock_ended": {"STUDIER": 54, "ARBETE": 19, "": 23},
    "new_ended": {"STUDIER": 48, "ARBETE": 17, "": 21},
    "stock_carried": {"STUDIER": 6, "ARBETE": 3, "": 3},
    "new_carried": {"STUDIER": 43, "ARBETE": 18, "": 19},
    "new_2023": {"STUDIER": 37, "ARBETE": 16, "": 17},
}
AIM_RUNNING = {"new_carried": 10, "new_2023": 121}

# Section 6.1: share of the 16–19-year-olds in the register: 18–19 % in all, Järva about 21, Bromma about
# 10. Of the districts' current codes, with their share of the city's 16–19-year-olds (rounded guesses).
DISTRICT_SHARE_IN_REGISTER = {
    "03": 0.200, "04": 0.100, "05": 0.178, "08": 0.184, "09": 0.205, "10": 0.199,
    "11": 0.206, "12": 0.187, "13": 0.208, "21": 0.213, "22": 0.178,
}  # fmt: skip
DISTRICT_SHARE_OF_CITY = {
    "03": 0.090, "04": 0.095, "05": 0.060, "08": 0.105, "09": 0.110, "10": 0.050,
    "11": 0.065, "12": 0.145, "13": 0.060, "21": 0.115, "22": 0.105,
}  # fmt: skip
# How much of a merged district the first of its two old districts is.
OLD_DISTRICT_SPLIT = {"21": ("01", "02", 0.53), "22": ("06", "07", 0.47)}

# --- scaled from 2015 (city auditors' report 10/2016) ---------------------------------------------------------------------

# Skolslussen: 761 visitors, 356 of them between the first notice of admission and the start of the school year.
VISITORS = (963, 1251)
BEFORE_TERM = (451, 585)
# Jobbtorg Unga, unemployed youths aged 20–29: 362 contacted, 286 of them enrolled, 244 of these ended.
CONTACTED_20_29 = (458, 595)
ENROLLED_20_29 = (362, 470)
ENDED_20_29 = (309, 401)
# Of the ended 40 % to work, 11 % to a youth employment, 16 % to studies, 30 % for reasons unknown.
WORK_20_29 = (124, 160)
YOUTH_EMPLOYMENT_20_29 = (34, 44)
STUDIES_20_29 = (49, 64)
UNKNOWN_20_29 = (93, 120)

# --- invented: no document says them --------------------------------------------------------------------------------------

# Not admitted in the final round, by admission year: in the register and then placed in a school by 15 September, in the
# register and not placed, not in the register and placed. The register's data begin after the autumn of 2021.
NOT_ADMITTED = {
    2019: (0, 0, 480),
    2020: (0, 0, 500),
    2021: (0, 90, 450),
    2022: (220, 130, 230),
    2023: (230, 140, 250),
}
# How many of the not admitted visit Skolslussen: of those placed before the term, of the others from its start to 15 September.
GUIDED_PLACED, GUIDED_NOT_PLACED = 0.80, 0.45
# Share of the others that get a place as a reserve only.
RESERVES = 0.015
# Visitors of the autumn of 2021, from the start of the school year on.
VISITORS_AUTUMN_2021 = 210
# Consents to be in Flai: share of the enrolments at the job-centres; how many are given up to a day after the data; how many
# are withdrawn.
CONSENT = 0.55
CONSENTS_WITH_AN_END = 5
CONSENTS_WITHDRAWN = 14
