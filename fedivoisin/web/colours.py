"""The association's own enamel: refused when white words could not be read on it (WCAG 2.2, 1.4.3)."""

import re

from fedivoisin.errors import Reason, Refused

LEAST_CONTRAST = 4.5
_HEX = re.compile(r"#[0-9a-f]{6}")
_DARKER = 0.8


def require_readable(colour: str) -> str:
    """The colour as `#1b4094`. Raises Refused (COLOUR_WRONG, COLOUR_TOO_PALE)."""
    wanted = colour.strip().lower()
    if not _HEX.fullmatch(wanted):
        raise Refused(Reason.COLOUR_WRONG, field="colour")
    ratio = contrast_with_white(wanted)
    if ratio < LEAST_CONTRAST:
        shown = f"{int(ratio * 10) / 10:.1f}".replace(".", ",")
        raise Refused(Reason.COLOUR_TOO_PALE, field="colour", ratio=shown)
    return wanted


def contrast_with_white(colour: str) -> float:
    """From 1 to 21."""
    return 1.05 / (_luminance(colour) + 0.05)


def stylesheet(colour: str) -> str:
    """`/couleurs.css`: empty for the colours of the house."""
    if not _HEX.fullmatch(colour):
        return ""
    return f":root {{ --email-choisi: {colour}; --email-choisi-survol: {_darker(colour)}; }}\n"


def _darker(colour: str) -> str:
    return "#" + "".join(f"{round(part * _DARKER):02x}" for part in _parts(colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
