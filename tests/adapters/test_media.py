"""Pictures are drawn anew, and hostile ones are refused with a sentence."""

import struct
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from fedivoisin.adapters import drawing
from fedivoisin.adapters.media import Encoder, MediaFolder
from fedivoisin.errors import Reason, Refused
from fedivoisin.world import EncodedImage

SIDE = 1600
PIXELS = 1_000_000
ORIENTATION, GPS = 0x0112, 0x8825
PATH = "ab/cd/abcd0123-4567.webp"


@pytest.fixture
async def encoder() -> AsyncIterator[Encoder]:
    made = Encoder()
    yield made
    await made.close()


def a_picture(form: str = "JPEG", size: tuple[int, int] = (80, 60), mode: str = "RGB", **options: object) -> bytes:
    kept = BytesIO()
    colour = (200, 30, 30, 0) if mode == "RGBA" else (200, 30, 30)
    Image.new(mode, size, colour).save(kept, form, **options)
    return kept.getvalue()


def drawn(body: bytes, side: int = SIDE, pixels: int = PIXELS) -> EncodedImage:
    found = drawing.draw(body, side, pixels)
    assert isinstance(found, EncodedImage)
    return found


def fault(body: bytes) -> str:
    found = drawing.draw(body, SIDE, PIXELS)
    assert isinstance(found, drawing.Fault)
    return found.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_webp(form: str) -> None:
    found = drawn(a_picture(form))
    with Image.open(BytesIO(found.body)) as kept:
        assert (kept.format, kept.size) == ("WEBP", (80, 60))
    assert (found.width, found.height) == (80, 60)


def test_a_large_picture_is_made_smaller_and_gets_a_thumbnail() -> None:
    found = drawn(a_picture(size=(1000, 500)), side=400)
    assert (found.width, found.height) == (400, 200)
    with Image.open(BytesIO(drawn(a_picture(size=(1000, 500))).thumbnail)) as small:
        assert small.size == (480, 240)


def test_the_place_hidden_in_a_photo_is_gone_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS)[1] = "N"
    found = drawn(a_picture(exif=exif, icc_profile=b"colours", comment=b"secret"))
    assert (found.width, found.height) == (60, 80)
    for body in (found.body, found.thumbnail):
        with Image.open(BytesIO(body)) as kept:
            assert not kept.getexif()
            assert "icc_profile" not in kept.info
        assert b"secret" not in body


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_picture_of_many_tiles_is_put_together_as_it_was(orientation: int) -> None:
    exif, kept = Image.Exif(), BytesIO()
    exif[ORIENTATION] = orientation
    Image.linear_gradient("L").resize((1301, 701)).save(kept, "PNG", exif=exif)
    found = drawn(kept.getvalue(), side=300)
    assert (found.width, found.height) == ((300, 162) if orientation == 1 else (162, 300))
    with Image.open(BytesIO(found.body)) as shown:
        grey = shown.convert("L")
    # From black above to white below; turned, from white at the left to black at the right.
    for place, shade in ((0.25, 64), (0.5, 128), (0.75, 192)):
        for across in (0.1, 0.9):
            upright = (int(across * 299), int(place * 161))
            at = upright if orientation == 1 else (161 - upright[1], upright[0])
            assert grey.getpixel(at) == pytest.approx(shade, abs=4)


def test_a_large_png_is_decoded_once_and_never_copied_whole(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(a_picture("PNG", size=(5000, 4000), mode="RGBA"))
    asking = (
        "import pathlib, sys; from fedivoisin.adapters import drawing\n"
        "found = drawing.draw(pathlib.Path(sys.argv[1]).read_bytes(), 1600, 20_000_000); assert found.width == 1600\n"
        "print(pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    told = subprocess.run([sys.executable, "-c", asking, str(path)], capture_output=True, text=True, check=True)
    decoded = 20_000_000 * 4
    assert int(told.stdout) * 1024 < 2 * decoded


@pytest.mark.parametrize(("pixels", "is_taken"), [(60 * 80, True), (60 * 80 - 1, False)])
def test_a_webp_may_have_fewer_pixels_than_other_pictures(
    monkeypatch: pytest.MonkeyPatch, pixels: int, is_taken: bool
) -> None:
    monkeypatch.setattr(drawing, "MOST_WEBP", pixels)
    assert isinstance(drawing.draw(a_picture("WEBP"), SIDE, PIXELS), EncodedImage) is is_taken
    assert drawn(a_picture("PNG")).width == 80


def test_what_is_transparent_becomes_white() -> None:
    with Image.open(BytesIO(drawn(a_picture("PNG", mode="RGBA")).body)) as kept:
        assert kept.convert("RGB").getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA"])
def test_other_colour_modes_are_read(mode: str) -> None:
    kept = BytesIO()
    Image.new(mode, (30, 20)).save(kept, "JPEG" if mode == "CMYK" else "PNG")
    assert drawn(kept.getvalue()).width == 30


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "ICO"])
def test_other_formats_are_refused(form: str) -> None:
    assert fault(a_picture(form)) == Reason.PICTURE_UNREADABLE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not a picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b'{"type": "Create", "@context": "https://www.w3.org/ns/activitystreams"}',
        a_picture()[:200],
        a_picture("PNG", size=(300, 300))[:150],
        a_picture("WEBP")[:30],
    ],
)
def test_what_is_no_picture_or_is_cut_is_refused(body: bytes) -> None:
    assert fault(body) == Reason.PICTURE_UNREADABLE


def a_bomb(side: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [2000, 50_000])
def test_a_small_file_of_immense_size_is_refused_before_it_is_decoded(side: int) -> None:
    assert fault(a_bomb(side)) == Reason.PICTURE_TOO_LARGE


def test_the_blurred_preview_is_written_as_others_write_it() -> None:
    assert drawing.blurhash(Image.new("RGB", (20, 20), "white")) == "L9TSUA~qfQ~q~qoffQoffQfQfQfQ"


async def test_the_encoder_works_in_another_process_and_goes_home(encoder: Encoder) -> None:
    found = await encoder.encode(a_picture(), max_side=SIDE, max_pixels=PIXELS)
    assert found.width == 80
    assert encoder._going_home is not None
    encoder._go_home()
    assert encoder._pool is None


async def test_the_person_is_told_why_a_picture_is_refused(encoder: Encoder) -> None:
    with pytest.raises(Refused) as unreadable:
        await encoder.encode(b"GIF89a", max_side=SIDE, max_pixels=PIXELS)
    assert unreadable.value.reason is Reason.PICTURE_UNREADABLE
    with pytest.raises(Refused) as large:
        await encoder.encode(a_bomb(3000), max_side=SIDE, max_pixels=2_000_000)
    assert (large.value.reason, large.value.details["megapixels"]) == (Reason.PICTURE_TOO_LARGE, 2)


async def test_a_picture_that_takes_too_long_is_given_up_and_the_next_one_works(encoder: Encoder) -> None:
    encoder.longest = 0
    with pytest.raises(Refused):
        await encoder.encode(a_picture(), max_side=SIDE, max_pixels=PIXELS)
    encoder.longest = 30
    assert (await encoder.encode(a_picture(), max_side=SIDE, max_pixels=PIXELS)).width == 80


async def test_a_file_is_kept_read_and_removed(tmp_path: Path) -> None:
    folder = MediaFolder(tmp_path / "media")
    await folder.save(PATH, b"webp")
    assert await folder.load(PATH) == b"webp"
    await folder.remove(PATH)
    await folder.remove(PATH)
    assert await folder.load(PATH) is None


@pytest.mark.parametrize("path", ["../../etc/passwd", "ab/cd/../../x.webp", "ab/cd/abcd0123.html", "", "/etc/passwd"])
async def test_no_name_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    folder = MediaFolder(tmp_path)
    assert await folder.load(path) is None
    with pytest.raises(ValueError, match="media folder"):
        await folder.save(path, b"")
    with pytest.raises(ValueError, match="media folder"):
        await folder.remove(path)
