"""How a right number easily becomes the printed one: slips of the eye and of the fingers. Which number is wrong belongs in
``findings``."""

from decimal import Decimal
from enum import Enum, auto


class Slip(Enum):
    """A usual mistake; ``wording`` says it in Swedish."""

    EXCHANGED = auto()  # two numbers have changed places
    OTHER_PERIOD = auto()  # the number of another period
    TRANSPOSED = auto()  # two digits have changed places
    ONE_DIGIT = auto()
    DIGIT_COUNT = auto()  # one digit too many or too few
    STEP = auto()  # off by one, ten or a hundred


_STEPS = (1, 10, 100)


def digit_slip(printed: Decimal, right: Decimal) -> Slip | None:
    """The slip of the fingers between two numbers, if one explains them."""
    if (printed < 0) != (right < 0):
        return None
    shorter, longer = sorted((str(abs(printed)), str(abs(right))), key=len)
    is_step = abs(printed - right) in _STEPS
    if len(shorter) < len(longer):
        if is_step:
            return Slip.STEP
        without_one = (longer[:place] + longer[place + 1 :] for place in range(len(longer)))
        return Slip.DIGIT_COUNT if shorter in without_one else None
    different = sum(one != other for one, other in zip(shorter, longer, strict=True))
    if different == 1:
        return Slip.ONE_DIGIT
    if is_step:
        return Slip.STEP
    return Slip.TRANSPOSED if different == 2 and sorted(shorter) == sorted(longer) else None
