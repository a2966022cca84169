"""The first letter of a text that begins a line or stands inside a sentence."""


def capital(text: str) -> str:
    """As it begins a line: ``verksamhetsåret 2023`` with a capital; the other letters stay."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """As it stands inside a sentence; an abbreviation stays."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
