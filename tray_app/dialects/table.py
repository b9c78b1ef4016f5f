"""The dialects, assembled: one row each. A new dialect is one package and one row."""

from dataclasses import replace

from tray_app.dialects import capabilities, peek
from tray_app.dialects.chat import ask_reader as chat_ask_reader
from tray_app.dialects.chat import ask_writer as chat_ask_writer
from tray_app.dialects.chat import native as chat_native
from tray_app.dialects.chat import reply as chat_reply
from tray_app.dialects.chat.reader import ChatReader
from tray_app.dialects.chat.writer import ChatWriter
from tray_app.dialects.completions import answers as completions_answers
from tray_app.dialects.gemini import ask_reader as gemini_ask_reader
from tray_app.dialects.gemini import reply as gemini_reply
from tray_app.dialects.gemini.writer import GeminiWriter, array_writer
from tray_app.dialects.messages import ask_reader as messages_ask_reader
from tray_app.dialects.messages import ask_writer as messages_ask_writer
from tray_app.dialects.messages import native as messages_native
from tray_app.dialects.messages import reply as messages_reply
from tray_app.dialects.messages.reader import MessagesReader
from tray_app.dialects.messages.writer import MessagesWriter
from tray_app.dialects.ollama import answers as ollama_answers
from tray_app.dialects.protocol import ClientDialect, Dialect
from tray_app.dialects.repairs import chat as chat_repairs
from tray_app.dialects.repairs import chat_refusals, messages_refusals, responses_refusals
from tray_app.dialects.repairs import messages as messages_repairs
from tray_app.dialects.repairs import responses as responses_repairs
from tray_app.dialects.responses import ask_reader as responses_ask_reader
from tray_app.dialects.responses import ask_writer as responses_ask_writer
from tray_app.dialects.responses import native as responses_native
from tray_app.dialects.responses import reply as responses_reply
from tray_app.dialects.responses.reader import ResponsesReader
from tray_app.dialects.responses.writer import ResponsesWriter

CHAT = Dialect(
    name="chat",
    endpoint=capabilities.CHAT,
    peek=peek.peek_chat,
    read_ask=chat_ask_reader.read_ask,
    write_ask=chat_ask_writer.write_ask,
    read_reply=chat_reply.read_reply,
    write_reply=chat_reply.write_reply,
    read_stream=ChatReader,
    write_stream=ChatWriter,
    native_stream=chat_native.NativeChat,
    native_reply=chat_reply.native_reply,
    read_usage=chat_reply.read_usage,
    before=chat_repairs.before,
    after=chat_refusals.after,
    keepalive=b": keepalive\n\n",
)
RESPONSES = Dialect(
    name="responses",
    endpoint=capabilities.RESPONSES,
    peek=peek.peek_responses,
    read_ask=responses_ask_reader.read_ask,
    write_ask=responses_ask_writer.write_ask,
    read_reply=responses_reply.read_reply,
    write_reply=responses_reply.write_reply,
    read_stream=ResponsesReader,
    write_stream=ResponsesWriter,
    native_stream=responses_native.NativeResponses,
    native_reply=responses_reply.native_reply,
    read_usage=responses_reply.read_usage,
    before=responses_repairs.before,
    after=responses_refusals.after,
    keepalive=b": keepalive\n\n",
)
# Claude Code's watchdog counts events only, not comments: this dialect has an event of its own.
MESSAGES = Dialect(
    name="messages",
    endpoint=capabilities.MESSAGES,
    peek=peek.peek_messages,
    read_ask=messages_ask_reader.read_ask,
    write_ask=messages_ask_writer.write_ask,
    read_reply=messages_reply.read_reply,
    write_reply=messages_reply.write_reply,
    read_stream=MessagesReader,
    write_stream=MessagesWriter,
    native_stream=messages_native.NativeMessages,
    native_reply=messages_reply.native_reply,
    read_usage=messages_reply.read_usage,
    before=messages_repairs.before,
    after=messages_refusals.after,
    keepalive=b'event: ping\ndata: {"type": "ping"}\n\n',
)
# Copilot has no such endpoint. A comment would break Google's own SDKs, which want `data: ` first; white
# space between two chunks breaks nobody, in events as in an array.
GEMINI = ClientDialect(
    name="gemini",
    peek=peek.peek_gemini,
    read_ask=gemini_ask_reader.read_ask,
    write_reply=gemini_reply.write_reply,
    write_stream=GeminiWriter,
    keepalive=b"\n",
)
GEMINI_ARRAY = replace(
    GEMINI, write_stream=array_writer, stream_type="application/json; charset=utf-8"
)  # streams that are one JSON array
# The legacy form is read as chat (`completions/prompts.py`); only its answers differ.
COMPLETIONS = ClientDialect(
    name="chat",
    peek=CHAT.peek,
    read_ask=CHAT.read_ask,
    write_reply=completions_answers.write_reply,
    write_stream=completions_answers.CompletionWriter,
    keepalive=CHAT.keepalive,
)
# Ollama's requests are read as chat too (`ollama/asks.py`). A line without words is its keepalive.
OLLAMA_CHAT = ClientDialect(
    name="ollama",
    peek=CHAT.peek,
    read_ask=CHAT.read_ask,
    write_reply=ollama_answers.write_chat,
    write_stream=ollama_answers.chat_writer,
    keepalive=b'{"message":{"role":"assistant","content":""},"done":false}\n',
    stream_type="application/x-ndjson",
)
OLLAMA_GENERATE = replace(
    OLLAMA_CHAT,
    write_reply=ollama_answers.write_generate,
    write_stream=ollama_answers.generate_writer,
    keepalive=b'{"response":"","done":false}\n',
)
BY_ENDPOINT = {dialect.endpoint: dialect for dialect in (CHAT, RESPONSES, MESSAGES)}
