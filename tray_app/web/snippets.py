"""PURE. Ready-made texts for tools that `connect` does not know: variables, SDKs, curl."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Where the texts point. `base_url` has no path; the models are names of the seat."""

    base_url: str
    key: str
    model: str
    claude: str
    gemini: str | None = None  # None while Gemini's API is not served


@dataclass(frozen=True, slots=True)
class Snippet:
    """`language` is for highlighting."""

    id: str
    title: str
    language: str
    text: str


def snippets(target: Target) -> list[Snippet]:
    """Every text, in the order in which they are shown."""
    made = [
        Snippet("env", "Environment variables", "sh", _variables(target, 'export {}="{}"')),
        Snippet(
            "env-powershell",
            "Environment variables (PowerShell)",
            "powershell",
            _variables(target, '$env:{} = "{}"'),
        ),
        Snippet("openai-python", "OpenAI SDK, Python", "python", _filled(_OPENAI_PYTHON, target)),
        Snippet("openai-javascript", "OpenAI SDK, JavaScript", "javascript", _filled(_OPENAI_JS, target)),
        Snippet("anthropic-python", "Anthropic SDK, Python", "python", _filled(_ANTHROPIC_PYTHON, target)),
        Snippet(
            "anthropic-javascript", "Anthropic SDK, JavaScript", "javascript", _filled(_ANTHROPIC_JS, target)
        ),
        Snippet("curl", "curl", "sh", _filled(_CURL, target)),
    ]
    if target.gemini:
        made.append(Snippet("gemini-curl", "curl, Gemini's API", "sh", _filled(_GEMINI_CURL, target)))
    return made


def _variables(target: Target, line: str) -> str:
    values = {
        "OPENAI_BASE_URL": f"{target.base_url}/v1",
        "OPENAI_API_KEY": target.key,
        "ANTHROPIC_BASE_URL": target.base_url,
        "ANTHROPIC_API_KEY": target.key,
    }
    if target.gemini:
        values |= {"GOOGLE_GEMINI_BASE_URL": target.base_url, "GEMINI_API_KEY": target.key}
    return "".join(line.format(name, value) + "\n" for name, value in values.items())


def _filled(text: str, target: Target) -> str:
    for name in ("base_url", "key", "model", "claude", "gemini"):
        text = text.replace(f"<{name}>", getattr(target, name) or "")
    return text


_OPENAI_PYTHON = """\
from openai import OpenAI

client = OpenAI(base_url="<base_url>/v1", api_key="<key>")
answer = client.chat.completions.create(
    model="<model>",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)
"""
_OPENAI_JS = """\
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: '<base_url>/v1', apiKey: '<key>' });
const answer = await client.chat.completions.create({
  model: '<model>',
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(answer.choices[0].message.content);
"""
_ANTHROPIC_PYTHON = """\
from anthropic import Anthropic

client = Anthropic(base_url="<base_url>", api_key="<key>")
answer = client.messages.create(
    model="<claude>",
    max_tokens=1000,
    messages=[{"role": "user", "content": "Hello"}],
)
print("".join(block.text for block in answer.content if block.type == "text"))
"""
_ANTHROPIC_JS = """\
import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic({ baseURL: '<base_url>', apiKey: '<key>' });
const answer = await client.messages.create({
  model: '<claude>',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hello' }],
});
console.log(answer.content.filter((block) => block.type === 'text').map((block) => block.text).join(''));
"""
_CURL = """\
curl <base_url>/v1/chat/completions \\
  -H 'Content-Type: application/json' \\
  -H 'Authorization: Bearer <key>' \\
  -d '{"model": "<model>", "messages": [{"role": "user", "content": "Hello"}]}'
"""
_GEMINI_CURL = """\
curl '<base_url>/v1beta/models/<gemini>:generateContent' \\
  -H 'Content-Type: application/json' \\
  -H 'x-goog-api-key: <key>' \\
  -d '{"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}'
"""
