"""Draws the pictures of the demonstration: flat objects on two bands of colour, none fetched."""

from functools import cache
from importlib import resources
from io import BytesIO
from zlib import crc32

from PIL import Image, ImageDraw

SIZE = (400, 300)
SCALE = 6
"""Drawn large, then reduced: that is what smooths the edges."""
FINAL = (1200, 900)

COLOURS = {
    "bleu": "#1b4094",
    "vert": "#3f7a45",
    "rouge": "#c43d27",
    "jaune": "#e8aa2e",
    "brun": "#9d7440",
    "clair": "#fffdf7",
    "noir": "#262c38",
    "gris": "#8b8f98",
    "rose": "#e58fa0",
}
GROUNDS = (
    ("#c9dfe8", "#8fb38a"),
    ("#f3d9c4", "#a89f92"),
    ("#d5dcd2", "#b99c78"),
    ("#d9c8dc", "#9a86a5"),
    ("#d6e3c3", "#7fa267"),
    ("#f1e3b8", "#c9a25e"),
)

Shape = tuple[str, str, tuple[int, ...]]


def draw(name: str, words: str) -> bytes:
    """A PNG of the object `name`; `words` choose the ground, so that two bicycles are not the same picture."""
    ground, floor = GROUNDS[crc32(words.encode()) % len(GROUNDS)]
    image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), ground)
    brush = ImageDraw.Draw(image)
    brush.rectangle(_scaled((0, 236, *SIZE)), fill=floor)
    for kind, colour, numbers in shapes()[name]:
        _put(brush, kind, COLOURS.get(colour, ground), numbers)
    out = BytesIO()
    image.thumbnail(FINAL, Image.Resampling.LANCZOS)
    image.save(out, "PNG")
    return out.getvalue()


@cache
def shapes() -> dict[str, list[Shape]]:
    """The objects of `drawings.txt`."""
    found: dict[str, list[Shape]] = {}
    name = ""
    for line in (resources.files("fedivoisin.demo") / "drawings.txt").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if not words or words[0] == "#":
            continue
        if len(words) == 1:
            name = words[0]
            found[name] = []
        else:
            found[name].append((words[0], words[1], tuple(int(word) for word in words[2:])))
    return found


def _put(brush: ImageDraw.ImageDraw, kind: str, colour: str, numbers: tuple[int, ...]) -> None:
    match kind:
        case "box":
            brush.rectangle(_scaled(numbers), fill=colour)
        case "oval":
            brush.ellipse(_scaled(numbers), fill=colour)
        case "poly":
            brush.polygon(_scaled(numbers), fill=colour)
        case _:
            brush.line(_scaled(numbers[1:]), fill=colour, width=numbers[0] * SCALE, joint="curve")


def _scaled(numbers: tuple[int, ...]) -> list[int]:
    return [number * SCALE for number in numbers]
