"""One `jumpseat demo` for all SDK tests, as a process of its own, and the four official clients of it."""

import os
import subprocess
import sys

import pytest
from anthropic import Anthropic
from anthropic import DefaultHttpxClient as AnthropicHttp
from openai import DefaultHttpxClient as OpenAIHttp
from openai import OpenAI

from tests.sdk.talks import clients, no_certificates, talking

KEPT = ("PATH", "LANG", "SYSTEMROOT", "TMPDIR")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The URL of a running demo."""
    home = tmp_path_factory.mktemp("demo")
    environ = {name: os.environ[name] for name in KEPT if name in os.environ}
    environ |= {"HOME": str(home), "JUMPSEAT_HOME": str(home / "jumpseat"), "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(
        [sys.executable, "-m", "tray_app", "demo", "--port", "0", "--no-window"],
        env=environ,
        cwd=home,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="session")
def openai(demo):
    """The synchronous client, strict."""
    http = OpenAIHttp(verify=no_certificates())
    with OpenAI(
        base_url=f"{demo}/v1",
        api_key="any",
        max_retries=0,
        http_client=http,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture(scope="session")
def anthropic(demo):
    """The synchronous client, strict."""
    http = AnthropicHttp(verify=no_certificates())
    with Anthropic(
        base_url=demo, api_key="any", max_retries=0, http_client=http, _strict_response_validation=True
    ) as client:
        yield client


@pytest.fixture
async def async_clients(demo):
    """The asynchronous OpenAI and Anthropic clients, strict."""
    async with clients(demo) as both:
        yield both


@pytest.fixture
async def talk(demo):
    """Begins a conversation with asynchronous clients: `talk(dialect, model, stream=…)`."""
    async with talking(demo) as begin:
        yield begin
