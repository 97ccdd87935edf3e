"""One picture, decoded and drawn anew: runs in a process that holds nothing worth stealing."""

import warnings
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from itertools import product
from math import cos, pi
from typing import TYPE_CHECKING, Any

from fedivoisin.errors import Reason
from fedivoisin.world import EncodedImage

if TYPE_CHECKING:
    from PIL.Image import Image

THUMBNAIL = 480
ORIENTATION = 0x0112
"""The Exif tag that says which side of a photo is up."""
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 80
BLUR_SIDE = 32
"""The blurred preview needs no more pixels than that."""
MOST_WEBP = 16_000_000
"""Pixels of a WebP: while it is decoded, libwebp and Pillow hold it four times. No camera makes any."""
TILE = 512
"""Side of what is converted at once of a large picture."""
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a picture is refused: travels back between processes as plain values."""

    reason: str
    details: dict[str, Any] = field(default_factory=dict[str, Any])


def prepare() -> None:
    """Import what takes long, before the first picture."""
    for name in ("Image", "ImageOps", "JpegImagePlugin", "PngImagePlugin", "WebPImagePlugin"):
        import_module(f"PIL.{name}")


def draw(body: bytes, max_side: int, max_pixels: int) -> EncodedImage | Fault:
    """The picture in at most `max_side` pixels, with a small copy: only pixels pass, no metadata, no profile."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of odd metadata, and of large pictures, which are judged below
        try:
            with Image.open(BytesIO(body), formats=FORMATS) as opened:
                width, height = opened.size
                if opened.format == "WEBP":
                    max_pixels = min(max_pixels, MOST_WEBP)
                if width * height > max_pixels:
                    return Fault(Reason.PICTURE_TOO_LARGE, {"megapixels": max_pixels // 1_000_000})
                return _drawn(opened, max_side)
        except UnidentifiedImageError:
            return Fault(Reason.PICTURE_UNREADABLE)
        except Image.DecompressionBombError:
            return Fault(Reason.PICTURE_TOO_LARGE, {"megapixels": max_pixels // 1_000_000})
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, MemoryError):
            # What Pillow raises on files that are cut or lie about themselves.
            return Fault(Reason.PICTURE_UNREADABLE)


def _drawn(opened: "Image", max_side: int) -> EncodedImage:
    from PIL import ImageOps

    # A JPEG can be decoded at a half, a quarter, an eighth: fifty megapixels never stand in memory.
    opened.draft("RGB", (max_side, max_side))
    large = _shrunk(opened, max_side)
    large.thumbnail((max_side, max_side))
    large.getexif()[ORIENTATION] = opened.getexif().get(ORIENTATION, 1)
    ImageOps.exif_transpose(large, in_place=True)
    small = large.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return EncodedImage(_webp(large), large.width, large.height, _webp(small), blurhash(small))


def _shrunk(picture: "Image", max_side: int) -> "Image":
    """The pixels alone, a whole number of times fewer, down to less than twice `max_side`.

    Tile by tile: of a PNG, which has no draft mode, only what was decoded stands in memory whole. Each conversion of
    64 megapixels would take another 256 MB.
    """
    from PIL import Image

    width, height = picture.size
    by = max(1, max(width, height) // max_side)
    shrunk = Image.new("RGB", (-(-width // by), -(-height // by)))
    step = by * max(1, TILE // by)
    for left, top in product(range(0, width, step), range(0, height, step)):
        tile = picture.crop((left, top, min(left + step, width), min(top + step, height)))
        shrunk.paste(_pixels_only(tile).reduce(by), (left // by, top // by))
    return shrunk


def _pixels_only(picture: "Image") -> "Image":
    from PIL import Image

    # On white: a transparent drawing must read by day and by night.
    plain = Image.new("RGB", picture.size, "white")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        plain.paste(with_alpha, mask=with_alpha.getchannel("A"))
    else:
        plain.paste(picture.convert("RGB"))
    return plain


def _webp(picture: "Image") -> bytes:
    kept = BytesIO()
    picture.save(kept, "WEBP", quality=QUALITY, method=4)
    return kept.getvalue()


def blurhash(picture: "Image", across: int = 4, down: int = 3) -> str:
    """The blurred preview in a few letters, as BlurHash writes it (github.com/woltapp/blurhash)."""
    tiny = picture.convert("RGB").resize((BLUR_SIDE, BLUR_SIDE))  # pyright: ignore[reportUnknownMemberType]  # a type of NumPy's
    raw = [_linear(channel) for channel in tiny.tobytes()]
    pixels = list(zip(raw[0::3], raw[1::3], raw[2::3], strict=True))
    factors = [_factor(pixels, i, j) for j in range(down) for i in range(across)]
    greatest = max(abs(value) for factor in factors[1:] for value in factor)
    steps = max(0, min(82, int(greatest * 166 - 0.5)))
    scale = (steps + 1) / 166
    head = _base83((across - 1) + (down - 1) * 9, 1) + _base83(steps, 1) + _base83(_average(factors[0]), 4)
    return head + "".join(_base83(_detail(factor, scale), 2) for factor in factors[1:])


def _factor(pixels: list[tuple[float, float, float]], i: int, j: int) -> tuple[float, float, float]:
    waves_x = [cos(pi * i * x / BLUR_SIDE) for x in range(BLUR_SIDE)]
    waves_y = [cos(pi * j * y / BLUR_SIDE) for y in range(BLUR_SIDE)]
    red = green = blue = 0.0
    for number, (r, g, b) in enumerate(pixels):
        wave = waves_x[number % BLUR_SIDE] * waves_y[number // BLUR_SIDE]
        red, green, blue = red + wave * r, green + wave * g, blue + wave * b
    share = (1 if i == 0 and j == 0 else 2) / len(pixels)
    return red * share, green * share, blue * share


def _average(colour: tuple[float, float, float]) -> int:
    red, green, blue = (_srgb(value) for value in colour)
    return (red << 16) + (green << 8) + blue


def _detail(colour: tuple[float, float, float], scale: float) -> int:
    red, green, blue = (_quantised(value / scale) for value in colour)
    return red * 19 * 19 + green * 19 + blue


def _quantised(value: float) -> int:
    root = abs(value) ** 0.5
    return max(0, min(18, int((root if value >= 0 else -root) * 9 + 9.5)))


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _srgb(value: float) -> int:
    bounded = max(0.0, min(1.0, value))
    curved = bounded * 12.92 if bounded <= 0.0031308 else 1.055 * bounded ** (1 / 2.4) - 0.055
    return int(curved * 255 + 0.5)


def _base83(value: int, length: int) -> str:
    return "".join(_DIGITS[value // 83**place % 83] for place in reversed(range(length)))
