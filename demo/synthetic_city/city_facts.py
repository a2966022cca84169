"""Fixed facts of the synthetic Stockholm: districts, job-centres, schools, and how often which thing is chosen.

Belongs here: lists and weights. Does not belong here: printed totals (``targets``) or anything about dates.
"""

from __future__ import annotations

from demo.synthetic_city.targets import (
    DISTRICT_SHARE_IN_REGISTER,
    DISTRICT_SHARE_OF_CITY,
    OLD_DISTRICT_SPLIT,
)

SUCCESSOR = {"01": "21", "02": "21", "06": "22", "07": "22"}
DISTRICTS_OF_CENTRE = {
    "GLOBEN": ("05", "06", "07", "08", "09", "10", "11"),
    "SKARHOLMEN": ("12", "13"),
    "VALLINGBY": ("03", "04"),
    "KISTA": ("01", "02"),
}
CENTRE_OF_DISTRICT = {code: centre for centre, codes in DISTRICTS_OF_CENTRE.items() for code in codes}
# The share of the register that has no district.
WITHOUT_DISTRICT = 0.02
# The register grew most in the areas of Vällingby and Kista (annual report 6.2).
GROWING_CENTRES = ("VALLINGBY", "KISTA")


def _old_districts(weight_of: dict[str, float]) -> dict[str, float]:
    """Weights by the codes that were in force before the reform."""
    weights: dict[str, float] = {}
    for code, weight in weight_of.items():
        if code in OLD_DISTRICT_SPLIT:
            first, second, share = OLD_DISTRICT_SPLIT[code]
            weights[first] = weight * share
            weights[second] = weight * (1 - share)
        else:
            weights[code] = weight
    return dict(sorted(weights.items()))


REGISTER_WEIGHT = _old_districts(
    {code: DISTRICT_SHARE_OF_CITY[code] * share for code, share in DISTRICT_SHARE_IN_REGISTER.items()}
)

# Invented school unit codes: eight digits.
SCHOOLS = tuple(f"{90000000 + 13 * number:08d}" for number in range(1, 86))
ADULT_SCHOOLS = tuple(f"{95000000 + 17 * number:08d}" for number in range(1, 9))
STUDY_PATHS = ("NA", "SA", "EK", "TE", "ES", "HU", "BA", "BF", "EE", "FT", "HA", "HV", "RL", "VF", "VO")
STUDY_PATH_WEIGHTS = (17, 19, 18, 10, 7, 1, 4, 4, 4, 3, 3, 2, 3, 1, 4)
INTRODUCTION_PATHS = ("IMA", "IMV", "IMY", "IMSPR")
SPECIAL_PATHS = ("IA", "AD", "HT", "FO")

OTHER_EXIT_REASONS = ("FYLLT_20", "FLYTTAT", "ANNAN_AKTOR", "EGEN_BEGARAN", "EJ_KONTAKTBAR", "OKAND")
OTHER_EXIT_WEIGHTS = (26, 16, 20, 18, 14, 6)
# Reasons after which somebody can still be in the register.
STAYING_EXIT_REASONS = ("ANNAN_AKTOR", "EGEN_BEGARAN", "EJ_KONTAKTBAR")

# Channels by which a youth who was sought answers; "" = the youth came of its own accord.
ANSWER_CHANNELS = ("TELEFON", "SMS", "MEJL", "BREV", "HEMBESOK", "KNACKAKORT", "ANNAN_AKTOR", "")
ANSWER_WEIGHTS = (70.0, 8.5, 4.5, 5.0, 0.7, 0.3, 1.0, 10.0)
OWN_CHANNELS = ("DROPIN", "TELEFON", "MEJL", "ANNAN_AKTOR", "SOCIALA_MEDIER")
OWN_WEIGHTS = (40, 28, 18, 12, 2)
# Number of attempts for a youth who never answers: 1, 2, 3 …
ATTEMPT_WEIGHTS = (14, 20, 21, 17, 11, 6, 5, 4, 2)
# The chance that somebody who has not answered seven attempts gets a knackakort and then a home visit:
# fewer in 2023 than in 2022 (annual report 6.2).
KNOCKING = (0.85, 0.50)

OCCUPATIONS = ("STUDIER_EJ_I_BER", "ARBETE", "UTOMLANDS", "ANNAN_SYSSELSATTNING", "PRAKTIK", "FORALDRALEDIG")
OCCUPATION_WEIGHTS = {"K": (40, 25, 20, 7, 4, 4), "M": (36, 31, 20, 8, 4.5, 0.5)}

# Measures beside the administration's own: kind, weight, shortest and longest in days.
SIDE_MEASURES = (
    ("SYV", 30, 1, 40),
    ("PRAKTIK", 9, 20, 90),
    ("UNGDOMSANSTALLNING", 6, 60, 180),
    ("STUDIESTEG1", 8, 30, 150),
    ("UNGVUX", 11, 60, 300),
    ("SLUSSPLATS", 2, 30, 120),
    ("UNG_I_CENTRUM", 4, 20, 120),
    ("OVRIG", 4, 10, 60),
)
