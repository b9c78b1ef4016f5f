import logging
import sys

import pytest

from tray_app import log
from tray_app.paths import Paths
from tray_app.redaction import redact

SECRETS = [
    "gho_fictional000000000000000000000000",
    "ghu_fictional000000000000000000000000",
    "github_pat_fictional0000000000_000000",
    "tid=fictional0;exp=1795000000;sku=x;st=dotcom:6b1fictional",
]


@pytest.fixture
def clean_logging():
    root = logging.getLogger()
    before = (list(root.handlers), root.level, logging.raiseExceptions)
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:], logging.raiseExceptions = before[0], before[2]
    root.setLevel(before[1])


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "line",
    [
        "{}",
        "Authorization: Bearer {}",
        "authorization: token {}",
        '{{"token": "{}"}}',
        "url?key=x&token={}&b=c",
        "GH_TOKEN={}",
    ],
)
def test_tokens_are_taken_out(secret, line):
    text = redact("before " + line.format(secret) + " after")
    assert "fictional" not in text
    assert text.startswith("before ")
    assert text.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "Using the token counter: 12 tokens",
        "max_tokens: 8192",
        "models.exact.gpt-4.1",
        "the key server.port",
        "tidy=1",
    ],
)
def test_plain_text_stays(text):
    assert redact(text) == text


@pytest.mark.usefixtures("clean_logging")
def test_no_secret_reaches_the_file(tmp_path):
    paths = Paths(tmp_path)
    log.set_up(paths)
    logger = logging.getLogger("tray_app.test")
    for secret in SECRETS:
        logger.info("message with %s", secret)
        try:
            raise ValueError(f"Bearer {secret}")
        except ValueError:
            logger.exception("failed")
    text = (paths.logs / log.FILE_NAME).read_text()
    assert text.count("message with") == text.count("Traceback") == len(SECRETS)
    assert "fictional" not in text
    assert "fictional" not in "".join(log.tail(paths))
    if sys.platform != "win32":
        assert (paths.logs / log.FILE_NAME).stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("clean_logging")
def test_rotated_files_stay_private_and_few(tmp_path, monkeypatch):
    monkeypatch.setattr(log, "FILE_BYTES", 2000)
    paths = Paths(tmp_path)
    log.set_up(paths)
    for number in range(300):
        logging.getLogger("tray_app.test").info("line %d", number)
    files = list(paths.logs.iterdir())
    assert len(files) == 1 + log.OLDER_FILES
    if sys.platform != "win32":
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


@pytest.mark.usefixtures("clean_logging")
@pytest.mark.parametrize(
    ("options", "shown"),
    [({}, []), ({"verbose": True}, ["told", "failed"]), ({"debug": True}, ["detail", "told", "failed"])],
    ids=["quiet", "verbose", "debug"],
)
def test_stderr_is_quiet_unless_asked(tmp_path, capsys, options, shown):
    log.set_up(Paths(tmp_path), **options)
    logger = logging.getLogger("tray_app.test")
    logger.debug("detail")
    logger.info("told")
    try:
        raise ValueError("because")
    except ValueError:
        logger.exception("failed")
    err = capsys.readouterr().err
    assert [word for word in ("detail", "told", "failed") if word in err] == shown
    assert ("Traceback" in err) is ("debug" in options)
    assert "Traceback" in (tmp_path / "logs" / log.FILE_NAME).read_text()


@pytest.mark.usefixtures("clean_logging")
def test_without_a_folder_warnings_go_to_stderr(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    log.set_up(Paths(tmp_path / "file"))
    logging.getLogger("tray_app.test").info("told")
    assert "No log file" in (err := capsys.readouterr().err)
    assert "told" not in err


@pytest.mark.parametrize(
    "line",
    [
        "x-api-key: fictional-sesame",
        "{'X-Api-Key': 'fictional-sesame'}",
        "POST /v1beta/models/m:generateContent?key=fictional-sesame&alt=sse",
        "HTTPS_PROXY=http://ada:fictional-sesame@proxy.example:8080",
        "device_code=fictional-sesame&client_id=Iv1.0",
        '{"access_token": "fictional-sesame"}',
        "sk-proj-fictional-sesame-0000",
        "AIzafictional-sesame-00000000000",
    ],
)
def test_other_secrets_are_taken_out_too(line):
    assert "sesame" not in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "server.api_keys (line 6): each key must be plain text without blanks, and not empty",
        "Jumpseat is ready at http://127.0.0.1:8314",
        "mail ada@example.org about http://127.0.0.1:8314/usage?key",
        "a token from COPILOT_GITHUB_TOKEN, gho_",
        "risk-free task-list",
    ],
)
def test_what_only_looks_like_a_secret_stays(line):
    assert redact(line) == line


def test_a_message_is_one_line_and_steers_no_terminal():
    formatter = log.Redacted("%(levelname)s %(message)s")
    record = logging.LogRecord(
        "x", logging.INFO, "", 0, "%s failed", ("/a\nERROR forged\r\x1b[2J\x9b1m",), None
    )
    line = formatter.format(record)
    assert len(line.splitlines()) == 1
    assert not {"\x1b", "\x9b"} & set(line)


def test_a_traceback_keeps_its_lines():
    try:
        raise ValueError("x\x1b[2J")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "bad", (), sys.exc_info())
    text = log.Redacted("%(message)s").format(record)
    assert len(text.splitlines()) > 2
    assert "\x1b" not in text
