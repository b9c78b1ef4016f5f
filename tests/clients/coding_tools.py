"""How each real coding tool is installed and run without a person (make test-clients).

The tools come from npm; all but Gemini CLI are programs for this platform and need no Node. A run has a home,
a work folder and a configuration of its own, no standard input, and a hard limit; what it started ends with
it.
"""

import asyncio
import base64
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".clients"
LIMIT_SECONDS = 120.0
KEY = "any-key-will-do"

_PLATFORM = f"{sys.platform}-{'arm64' if platform.machine() in ('arm64', 'aarch64') else 'x64'}"
PROGRAMS = {
    "claude": f"@anthropic-ai/claude-code-{_PLATFORM}/claude",
    "gemini": "@google/gemini-cli/bundle/gemini.js",
    "codex": f"@openai/codex-{_PLATFORM}/vendor/*/bin/codex",
    "opencode": f"opencode-{_PLATFORM}/bin/opencode",
}


# A picture of 8 x 8 red dots, which every tool accepts.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC"
)


class NotInstallable(Exception):
    """Why the tools cannot be had here."""


def install() -> None:
    """The exact versions of package.json into `.clients/`, once for each such file. Raises NotInstallable.

    Without a lock file: these tools have no dependencies but their own programs, in versions that they pin.
    """
    wanted, stamp = HERE / "package.json", FOLDER / "installed.json"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return
    npm = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if npm is None:
        raise NotInstallable("the coding tools are installed by npm, and there is no npm")
    FOLDER.mkdir(exist_ok=True)
    shutil.copy(wanted, FOLDER / "package.json")
    quiet = ("--no-audit", "--no-fund", "--loglevel=error")
    command = [npm, "install", "--no-package-lock", "--ignore-scripts", "--engine-strict=false", *quiet]
    path = f"{Path(npm).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=FOLDER, env=os.environ | {"PATH": path}, capture_output=True, text=True, timeout=900
    )
    if done.returncode:
        raise NotInstallable(f"npm install failed: {done.stderr.strip()[-600:]}")
    shutil.copy(wanted, stamp)


def program(name: str) -> str:
    """The path of an installed tool. Raises NotInstallable on a platform that it does not exist for."""
    found = sorted((FOLDER / "node_modules").glob(PROGRAMS[name]))
    if not found:
        raise NotInstallable(f"there is no {name} for {_PLATFORM}")
    return str(found[0])


def node() -> str:
    """What runs a tool that is written in JavaScript. Raises NotInstallable."""
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if found is None:
        raise NotInstallable("Gemini CLI is run by node, and there is no node")
    return found


@dataclass(slots=True)
class Run:
    """A finished run. `events` are the JSON lines of its output, `seconds` how long it took."""

    code: int
    out: str
    err: str
    work: Path
    seconds: float
    final: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)

    def file(self, name: str) -> str | None:
        """The text of a file in the work folder; None where there is none."""
        path = self.work / name
        return path.read_text() if path.exists() else None

    def __str__(self) -> str:
        ends = f"--- out\n{self.out[-4000:]}\n--- err\n{self.err[-4000:]}"
        return f"exit {self.code} after {self.seconds:.1f} s\n{ends}"


@dataclass(slots=True)
class Place:
    """A home and a work folder that nobody else has. `within` is a command that every run is given to."""

    root: Path
    within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for folder in (self.home, self.work, self.root / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work"

    def write(self, name: str, text: str) -> None:
        """A file of the home."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def environment(self) -> dict[str, str]:
        folders = {
            f"XDG_{name}_HOME": str(self.home / folder)
            for name, folder in (
                ("CONFIG", ".config"),
                ("DATA", ".local/share"),
                ("STATE", ".local/state"),
                ("CACHE", ".cache"),
            )
        }
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "TMPDIR": str(self.root / "tmp"),
            "TERM": "dumb",
            "NO_COLOR": "1",
            "LANG": "C.UTF-8",
            "IS_SANDBOX": "1",  # Claude Code otherwise refuses to skip its permissions as root
            **folders,
        }


async def run(
    argv: Sequence[str], place: Place, more: Mapping[str, str] = {}, limit: float = LIMIT_SECONDS
) -> Run:
    """Run a command to its end, or to the limit, and then end everything it started."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    process = await asyncio.create_subprocess_exec(
        *place.within,
        *argv,
        cwd=place.work,
        env=place.environment() | dict(more),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(limit):
            out, err = await process.communicate()
    except TimeoutError:
        _end(process.pid)
        out, err = await process.communicate()
        err += f"\n(ended after {limit:.0f} s)".encode()
    finally:
        _end(process.pid)
    text = out.decode(errors="replace")
    return Run(
        process.returncode or 0,
        text,
        err.decode(errors="replace"),
        place.work,
        loop.time() - started,
        events=_json_lines(text),
    )


def _end(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _json_lines(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
    return found


# --- Claude Code --------------------------------------------------------------------------------------


async def claude(place: Place, url: str, model: str, task: str, *args: str, **env: str) -> Run:
    """Claude Code in print mode. `env` is added to its environment."""
    place.write(".claude.json", json.dumps({"hasCompletedOnboarding": True}))
    settings = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": KEY,
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude-haiku-4.5",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    flags = ("--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions")
    done = await run([program("claude"), "-p", task, *flags, *args], place, settings | env)
    done.final = next(
        (str(event.get("result", "")) for event in done.events if event.get("type") == "result"), ""
    )
    return done


# --- Codex --------------------------------------------------------------------------------------------


# Plugins and analytics are what it would look up other hosts for.
_NO_OUTSIDE = "[features]\nplugins = false\n[analytics]\nenabled = false\n"


async def codex(
    place: Place, url: str, model: str, task: str, *args: str, catalog: bool = False, **provider: Any
) -> Run:
    """`codex exec` with a provider of its own; `provider` adds to that section of its configuration."""
    section = {
        "name": "Jumpseat",
        "base_url": f"{url}/v1",
        "wire_api": "responses",
        "experimental_bearer_token": KEY,
        **({"model_catalog_url": f"{url}/v1/models"} if catalog else {}),
        **provider,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in section.items()]
    config = [
        f'model = "{model}"',
        'model_provider = "jumpseat"',
        "[model_providers.jumpseat]",
        *lines,
    ]
    return await codex_with(place, "\n".join([*config, ""]), task, *args)


async def codex_with(place: Place, config: str, task: str, *args: str) -> Run:
    """`codex exec` with this config.toml. `args` stand before the task, as in `resume --last`."""
    place.write(".codex/config.toml", config + _NO_OUTSIDE)
    last = place.root / "final.txt"
    flags = ("--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox")
    argv = [program("codex"), "exec", *flags, "-o", str(last), *args, task]
    done = await run(argv, place, {"CODEX_HOME": str(place.home / ".codex")})
    done.final = last.read_text() if last.exists() else ""
    return done


# --- OpenCode -----------------------------------------------------------------------------------------

CHAT_PACKAGE = "@ai-sdk/openai-compatible"
RESPONSES_PACKAGE = "@ai-sdk/openai"
MESSAGES_PACKAGE = "@ai-sdk/anthropic"


async def opencode(
    place: Place, url: str, model: str, task: str, *args: str, package: str = CHAT_PACKAGE
) -> Run:
    """`opencode run` with one provider of the given AI SDK package; `args` as in `--continue`."""
    limits = {"limit": {"context": 128_000, "output": 16_000}}
    provider = {
        "npm": package,
        "name": "Jumpseat",
        "options": {"baseURL": f"{url}/v1", "apiKey": KEY},
        "models": {name: {"name": name, **limits} for name in (model, "gpt-5-mini")},
    }
    config = {
        "$schema": "https://opencode.ai/config.json",
        "provider": {"jumpseat": provider},
        "model": f"jumpseat/{model}",
        "small_model": "jumpseat/gpt-5-mini",
        "autoupdate": False,
        "share": "disabled",
        "permission": {"edit": "allow", "bash": "allow", "webfetch": "allow"},
    }
    place.write(".config/opencode/opencode.json", json.dumps(config))
    words = task.split(" ")  # it would quote and escape an argument with blanks
    argv = [program("opencode"), "run", "-m", f"jumpseat/{model}", *args, *words]
    done = await run(argv, place, {"OPENCODE_DISABLE_MODELS_FETCH": "1"})
    done.final = done.out
    return done


# --- Gemini CLI ---------------------------------------------------------------------------------------

GEMINI_SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
    "privacy": {"usageStatisticsEnabled": False},
    "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
}


async def gemini(place: Place, url: str, model: str, task: str, *args: str, **env: str) -> Run:
    """Gemini CLI with one prompt, every tool allowed. `env` is added to its environment."""
    place.write(".gemini/settings.json", json.dumps(GEMINI_SETTINGS))
    settings = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_MODEL": model}
    return await gemini_with(place, task, *args, **(settings | env))


async def gemini_with(place: Place, task: str, *args: str, **env: str) -> Run:
    """Gemini CLI as its files configure it. `final` is its answer, `out` the JSON it prints."""
    argv = [node(), program("gemini"), "-p", task, "--yolo", "-o", "json", *args]
    done = await run(argv, place, {"GEMINI_CLI_TRUST_WORKSPACE": "true", **env})
    start = done.out.find("{")
    with contextlib.suppress(ValueError):
        done.final = str(json.loads(done.out[start:]).get("response", "")) if start >= 0 else ""
    return done
