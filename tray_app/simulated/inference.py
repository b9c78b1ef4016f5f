"""One inference request, from the wire to the ledger."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from tray_app.simulated import (
    agent,
    chat,
    chat_reader,
    frames,
    gate,
    messages,
    messages_reader,
    quota,
    responses,
    responses_reader,
    sending,
    strikes,
)
from tray_app.simulated.accounts import Account
from tray_app.simulated.conversation import Conversation, count
from tray_app.simulated.faults import Fault
from tray_app.simulated.frames import Reply
from tray_app.simulated.ledger import LedgerEntry, redacted
from tray_app.simulated.models import CHAT, MESSAGES, RESPONSES, Model
from tray_app.simulated.refusals import Context, common
from tray_app.simulated.refusals import chat as chat_refusals
from tray_app.simulated.refusals import messages as messages_refusals
from tray_app.simulated.refusals import responses as responses_refusals
from tray_app.simulated.state import State


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one endpoint needs."""

    path: str
    refuse: Callable[[dict[str, Any], Context], None]
    read: Callable[[dict[str, Any], Model], Conversation]
    whole: Callable[[Reply], dict[str, Any]]
    stream: Callable[[Reply], Iterator[bytes]]


DIALECTS = {
    CHAT: Dialect(CHAT, chat_refusals.refuse, chat_reader.read, chat.whole, chat.stream),
    RESPONSES: Dialect(
        RESPONSES, responses_refusals.refuse, responses_reader.read, responses.whole, responses.stream
    ),
    MESSAGES: Dialect(
        MESSAGES, messages_refusals.refuse, messages_reader.read, messages.whole, messages.stream
    ),
}


class Inference:
    """Handles the three generating endpoints and count_tokens."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def chat(self, request: web.Request) -> web.StreamResponse:
        return await self._run(request, DIALECTS[CHAT])

    async def responses(self, request: web.Request) -> web.StreamResponse:
        return await self._run(request, DIALECTS[RESPONSES])

    async def messages(self, request: web.Request) -> web.StreamResponse:
        return await self._run(request, DIALECTS[MESSAGES])

    async def count_tokens(self, request: web.Request) -> web.StreamResponse:
        """Exact for this model: the very count that a message would be billed."""
        account = gate.admit(self._state, request)
        if early := await strikes.meet(request, self._state, "/v1/messages/count_tokens"):
            return early
        body = await common.parsed(request)
        context = self.context(request, account, body, MESSAGES)
        messages_refusals.refuse({"max_tokens": context.model.max_output, **body}, context)
        return _json(
            self._state, request, {"input_tokens": messages_reader.read(body, context.model).input_tokens}
        )

    def context(self, request: web.Request, account: Account, body: dict[str, Any], path: str) -> Context:
        """Who asks what of which model. Raises Refused."""
        model = common.callable_model(self._state, account, body, path, request.headers)
        backend = self._state.backend(model) if model.is_claude else ""
        return Context(self._state, account, model, backend, request.headers, path)

    async def _run(self, request: web.Request, dialect: Dialect) -> web.StreamResponse:
        state = self._state
        account = gate.admit(state, request)
        body = await common.parsed(request)
        fault = state.faults.take(dialect.path, str(body.get("model", "")))
        early = await strikes.before(request, fault)
        if early is not None:
            return early
        context = self.context(request, account, body, dialect.path)
        dialect.refuse(body, context)
        talk = dialect.read(body, context.model)
        common.fits(talk, context)
        account.quota.admit(context.model, reset=common.http_date(quota.reset_date(state.now())))
        entry = self.entry(request, account, body, dialect.path, talk)
        return await self._answer(request, dialect, context, talk, body, entry, fault)

    def entry(
        self,
        request: web.Request,
        account: Account,
        body: dict[str, Any],
        path: str,
        talk: Conversation,
        *,
        initiator: object = None,
    ) -> LedgerEntry:
        """Book an accepted request. `initiator` is that of a socket's frame; else the header counts."""
        state, headers = self._state, request.headers
        said = str(headers.get("X-Initiator", "") if initiator is None else initiator)
        initiator = "agent" if said.strip().lower() == "agent" else "user"
        model = state.models[str(body["model"])]
        entry = LedgerEntry(
            id=common.REQUEST_ID.get(),
            at=state.now(),
            login=account.login,
            initiator=initiator,
            model=model.id,
            endpoint=path,
            stream=body.get("stream") is True,
            premium=model.multiplier if initiator == "user" else 0.0,
            interaction_type=headers.get("X-Interaction-Type"),
            is_vision=talk.images > 0,
            headers=redacted(headers),
            body=body,
        )
        state.ledger.append(entry)
        state.bodies.hold(entry, request.content_length or 0)
        return entry

    def reply(
        self,
        context: Context,
        talk: Conversation,
        body: dict[str, Any],
        entry: LedgerEntry,
        fault: Fault | None,
    ) -> Reply:
        """What is answered, counted and charged."""
        state, model = self._state, context.model
        usage = state.cache.use(model, context.account.login, talk.chunks, unmarked=context.path == CHAT)
        turn = agent.cut(agent.answer(talk, reasons=model.reasons), _limit(model, talk, entry.stream))
        if fault and fault.kind == "leaked_call":
            turn = agent.leaked(turn)
        usage.reasoning = count(len(turn.reasoning.encode())) if turn.reasoning else 0
        usage.output = usage.reasoning + _output_tokens(turn)
        billed = state.charge(context.account, entry, model, usage)
        reply = Reply(
            state,
            model,
            context.account.login,
            talk,
            turn,
            usage,
            billed,
            context.backend,
            body,
            state.serial(),
        )
        if fault and fault.kind == "whitespace_ramble":
            reply.ramble = int(fault.options.get("lines", 400))
        reply.finish = not (fault and fault.kind == "no_finish")
        if fault and fault.kind == "finish":
            reply.reason = str(fault.options.get("reason", "error"))
        return reply

    async def _answer(
        self,
        request: web.Request,
        dialect: Dialect,
        context: Context,
        talk: Conversation,
        body: dict[str, Any],
        entry: LedgerEntry,
        fault: Fault | None,
    ) -> web.StreamResponse:
        state = self._state
        state.active += 1
        await state.tell()
        reply = self.reply(context, talk, body, entry, fault)
        try:
            if entry.stream:
                return await self._streamed(request, dialect, reply, context, entry, fault)
            for _ in range(reply.usage.output if state.rate else 0):
                await asyncio.sleep(1 / (state.rate or 1))
                reply.sent += 1
            headers = _quota_headers(context, fault)
            return _json(state, request, dialect.whole(reply), headers, fault)
        except (asyncio.CancelledError, ConnectionError):
            state.cancel(context.account, entry, context.model, reply.usage, reply.sent)
            raise
        except sending.Hangup:
            return web.Response()
        finally:
            state.active -= 1
            await asyncio.shield(state.tell())

    async def _streamed(
        self,
        request: web.Request,
        dialect: Dialect,
        reply: Reply,
        context: Context,
        entry: LedgerEntry,
        fault: Fault | None,
    ) -> web.StreamResponse:
        state = self._state
        headers = common.reply_headers(request) | _quota_headers(context, fault)
        headers["Content-Type"] = "text/event-stream"
        if fault and fault.kind == "wrong_content_type":
            headers["Content-Type"] = str(fault.options.get("content_type", "text/plain"))
        response = web.StreamResponse(headers=headers)
        response.enable_chunked_encoding()
        await response.prepare(request)
        events = frames.counted(dialect.stream(reply), reply)
        if fault and fault.kind == "error_event":
            events = sending.interrupted(events, fault.after, strikes.error_event(fault, dialect.path))
        await sending.send(request, response, events, fault, state.rate)
        await response.write_eof()
        return response


def _quota_headers(context: Context, fault: Fault | None) -> dict[str, str]:
    """What is left, or headers that nobody can read."""
    headers = quota.headers(context.account.quota, context.state.now())
    odd = ("", "ent=", "rem=many&ent=NaN&totRem=", "%ZZ&&=&ent=1e999", "ent=1500;rem=80")
    if fault and fault.kind == "odd_quota":
        return {name: odd[number % len(odd)] for number, name in enumerate(headers)}
    return headers


def _limit(model: Model, talk: Conversation, stream: bool) -> int:
    """Output tokens that may come: what was asked, the catalog's, less when not streamed."""
    limit = min(talk.limit or model.max_output, model.max_output)
    whole = model.limits.get("max_non_streaming_output_tokens")
    return min(limit, int(whole)) if whole and not stream else limit


def _output_tokens(turn: agent.Turn) -> int:
    written = len(turn.text.encode()) + sum(
        len(call.text) + len(orjson.dumps(call.arguments)) + len(call.name) for call in turn.calls
    )
    return count(written) if written else 0


def _json(
    state: State,
    request: web.Request,
    body: dict[str, Any],
    headers: dict[str, str] | None = None,
    fault: Fault | None = None,
) -> web.Response:
    all_headers = common.reply_headers(request) | (headers or {})
    content_type = "application/json"
    if fault and fault.kind == "wrong_content_type":
        content_type = str(fault.options.get("content_type", "text/plain"))
    return web.Response(body=orjson.dumps(body), content_type=content_type, headers=all_headers)
