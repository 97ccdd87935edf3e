"""Pictures in an S3-compatible store, over HTTP, against a server that checks every signature."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from fedivoisin.adapters import s3, sigv4
from fedivoisin.adapters.s3 import Bucket, Busy, S3Folder, StorageFailed
from fedivoisin.adapters.sigv4 import Credentials, Request
from fedivoisin.app import utc_now
from tests.adapters.loopback import serving
from tests.adapters.s3_server import ACCESS, BUCKET, REGION, SECRET, Store, never

PATH = "ab/cd/abcd1234-5678.webp"
KEYS = Credentials(ACCESS, SECRET, REGION)

# The examples of "Signature Calculations for the Authorization Header" in the documentation of Amazon S3.
AMAZON = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
HOST = {"host": "examplebucket.s3.amazonaws.com"}
DAY = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "signature"),
    [
        (
            Request("GET", "/test.txt", HOST | {"range": "bytes=0-9"}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            Request(
                "PUT",
                "/test$file.text",
                HOST | {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
                b"Welcome to Amazon S3.",
            ),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            Request("GET", "/", HOST, query=[("lifecycle", "")]),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            Request("GET", "/", HOST, query=[("prefix", "J"), ("max-keys", "2")]),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
    ids=["get", "put", "lifecycle", "list"],
)
def test_signatures_are_those_of_the_specification(request_: Request, signature: str) -> None:
    headers = sigv4.signed(request_, AMAZON, DAY)
    assert headers["authorization"].endswith(f",Signature={signature}")
    assert "/20130524/us-east-1/s3/aws4_request," in headers["authorization"]


def test_a_secret_key_is_not_shown_when_printed() -> None:
    assert SECRET not in repr(KEYS)


@pytest.fixture
async def store() -> AsyncIterator[tuple[Store, str]]:
    """A store and where it is."""
    kept = Store()
    async with serving(kept.answer) as port:
        yield kept, f"http://127.0.0.1:{port}"


@pytest.fixture
async def folder(store: tuple[Store, str]) -> AsyncIterator[S3Folder]:
    """Pictures in it."""
    opened = S3Folder(Bucket(store[1], BUCKET, "quartier à nous/x"), KEYS, now=utc_now)
    yield opened
    await opened.close()


async def test_a_picture_is_kept_found_and_taken_away(store: tuple[Store, str], folder: S3Folder) -> None:
    kept, _ = store
    assert await folder.load(PATH) is None
    assert not await folder.holds(PATH)
    await folder.save(PATH, b"webp" * 100_000)
    assert list(kept.objects) == [f"quartier à nous/x/{PATH}"]
    assert set(kept.types.values()) == {"image/webp"}
    assert await folder.load(PATH) == b"webp" * 100_000
    assert await folder.holds(PATH)
    await folder.remove(PATH)
    await folder.remove(PATH)
    assert kept.objects == {}


async def test_only_paths_of_ours_are_asked_for(store: tuple[Store, str], folder: S3Folder) -> None:
    for path in ("../secret", "ab/cd/abcd1234.webp?acl", "ab/cd/../../x.webp", ""):
        assert await folder.load(path) is None
        for work in (folder.holds(path), folder.remove(path), folder.save(path, b"")):
            with pytest.raises(ValueError, match="not a path"):
                await work
    assert store[0].asked == []


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        (replace(KEYS, secret_key="another"), "SignatureDoesNotMatch"),
        (replace(KEYS, access_key="another"), "InvalidAccessKeyId"),
        (replace(KEYS, region="another"), "InvalidAccessKeyId"),
    ],
)
async def test_a_refusal_is_told_by_its_name_and_not_tried_again(
    store: tuple[Store, str], keys: Credentials, reason: str
) -> None:
    folder = S3Folder(Bucket(store[1], BUCKET), keys, now=utc_now)
    with pytest.raises(StorageFailed, match=f"403 {reason}") as caught:
        await folder.save(PATH, b"x")
    assert not isinstance(caught.value, Busy)
    assert len(store[0].asked) == 1
    await folder.close()


async def test_a_clock_that_is_wrong_is_told(store: tuple[Store, str]) -> None:
    folder = S3Folder(Bucket(store[1], BUCKET), KEYS, now=lambda: utc_now() - timedelta(hours=1))
    with pytest.raises(StorageFailed, match="RequestTimeTooSkewed"):
        await folder.load(PATH)
    await folder.close()


async def test_a_picture_for_a_bucket_that_does_not_exist_is_not_thought_kept(store: tuple[Store, str]) -> None:
    folder = S3Folder(Bucket(store[1], "other"), KEYS, now=utc_now)
    with pytest.raises(StorageFailed, match="there is no bucket 'other'"):
        await folder.save(PATH, b"x")
    await folder.close()


async def test_a_store_that_falters_is_asked_three_times(
    store: tuple[Store, str], folder: S3Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3, "PAUSES", (0, 0))
    kept, _ = store
    kept.faults = [503, 0]
    await folder.save(PATH, b"x")
    assert len(kept.asked) == 3
    kept.faults = [500, 503, 500]
    with pytest.raises(StorageFailed, match="500"):
        await folder.load(PATH)
    kept.faults = [0] * 9  # aiohttp tries a kept connection that broke once more by itself
    with pytest.raises(StorageFailed, match="GET /photos/"):
        await folder.load(PATH)


async def test_no_redirection_is_followed(store: tuple[Store, str], folder: S3Folder) -> None:
    store[0].faults = [307]
    with pytest.raises(StorageFailed, match="307"):
        await folder.load(PATH)
    assert len(store[0].asked) == 1


async def test_a_store_that_says_nothing_or_too_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "PAUSES", (0, 0))
    monkeypatch.setattr(s3, "TIMES", aiohttp.ClientTimeout(total=0.05))
    async with serving(never) as port:
        folder = S3Folder(Bucket(f"http://127.0.0.1:{port}", BUCKET), KEYS, now=utc_now)
        with pytest.raises(Busy, match="Timeout"):
            await folder.load(PATH)
        await folder.close()
    monkeypatch.setattr(s3, "TIMES", aiohttp.ClientTimeout(total=5))
    monkeypatch.setattr(s3, "LARGEST", 10)

    async def much(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 1000)

    async with serving(much) as port:
        folder = S3Folder(Bucket(f"http://127.0.0.1:{port}", BUCKET), KEYS, now=utc_now)
        with pytest.raises(StorageFailed, match="more than 10 bytes"):
            await folder.load(PATH)
        await folder.close()
        await folder.close()
