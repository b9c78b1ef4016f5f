# ruff: noqa: E501 (one fault a line)
"""The faults that users of such proxies report, by number, and what happens here instead."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    symptom: str
    here: str


_ROWS = r"""
1 | Every tool round costs a premium request | A follow-up of the same turn is marked `X-Initiator: agent`
2 | Prompts are never counted; the account is throttled later | Every new prompt is marked `user`, also after many answers
3 | Subagents and titles count as prompts | `agent` where the client marks the call; nothing is guessed from its words
4 | 400: missing `Copilot-Vision-Request` | Images are looked for in the whole history and inside tool results
5 | Image URLs vanish, or 400 "external image URLs" | 400 at once that says to send the image as base64; nothing is fetched
6 | Tool results with images or arrays break | Every shape of a result arrives; images follow where the endpoint wants them
7 | After an interrupted turn 400 for ever (`tool_use` ids) | Calls and results are paired before sending, and again if a 400 names ids
8 | 400 `cache_control…scope` | `scope` is taken off everywhere, tools and nested blocks included
9 | All cache marks are stripped and the cost explodes | Only what upstream refuses is removed; other marks arrive untouched
10 | A mark on the whole body is 400 on some models | Moved to the last block there, kept elsewhere
11 | 400 for a mark inside a tool result | Moved to the result itself
12 | 400 `eager_input_streaming` | Taken off the tools
13 | `context_management` is stripped, or 400 without its beta | Kept with its beta; dropped only after a refusal
14 | `Invalid signature in thinking block` after a switch | Thinking of earlier turns is dropped and the request repeated once
15 | `encrypted content … could not be verified` for ever | Sealed reasoning that cannot be read is dropped and the request repeated
16 | `item_id did not match` on the second turn | Reasoning goes back under the id of the event its blob came with
17 | AI SDK: `text part not found`, `summaryParts` undefined | One stable id per item in every event and in the final list
18 | A tool call is taken for an orphan | Calls and results are paired by `call_id` alone
19 | 401 about a "connection" triggers a new sign-in | Treated as a 400: ids dropped and sent again; no token is renewed
20 | 400 `service_tier is not supported` | Dropped with a note, in every dialect
21 | 400 `max_tokens` is not supported | Renamed to `max_completion_tokens`, and remembered for the model
22 | Models "not accessible via /chat/completions" | Routed by the catalog and translated
23 | The list shows models that always fail | The list carries policy and plan; pickers leave them out; the error says why
24 | `claude-sonnet-4-5-20250929` is 404 | Dates, dashes, dots and prefixes are understood
25 | `sonnet` silently becomes Opus | The newest of the same tier, or 404; never another tier
26 | `[1m]` is 404, or its beta is on every request | Understood everywhere; the beta goes only where asked for and where the window has it
27 | 421 on business or Free seats | The host comes from the token and is looked up again after a 421
28 | 466 overnight and everything is dead | A clear message at once, and version strings are settings
29 | Versions are scraped at start | Pinned; nothing but GitHub is asked, and it starts offline
30 | `IDE token expired` after idle or sleep | Renewed ahead by `refresh_in`; a lapsed token is renewed and the request replayed once
31 | Refresh storms | One exchange at a time, shared by all requests
32 | `invalid_scope` at sign-in | The scope is `read:user`
33 | A token that cannot work is accepted and fails later | The kind of token is checked at sign-in
34 | Enterprise users land on github.com | All hosts move together
35 | An upstream error arrives as an empty 200 stream | Status and body are real until the first byte
36 | Errors in the wrong dialect's shape | Each dialect has its own envelope
37 | The error text is JSON inside JSON | Unwrapped to one readable message
38 | A crash in the error path | Bodies are read once and bounded; every shape becomes an error
39 | A truncated stream looks like a complete answer | It ends with the dialect's error event
40 | No ending when the finish reason is missing | A proper ending if upstream's is certain, else an error event
41 | Umlauts, emoji and CJK are corrupted | Characters survive every chunk border, both ways
42 | A last event without its newline is lost | Every legal spelling of an event is read
43 | One huge SSE line makes the CPU explode | Linear buffers with a cap
44 | Tool calls in a second choice are lost | All choices are merged into one
45 | Text and tool deltas share a block; indices jump | One open block at a time, indices without gaps
46 | Usage is zero, or the end comes too early | The end waits for the usage chunk
47 | Cached tokens counted twice or not at all | Anthropic's disjoint and OpenAI's inclusive counts are converted
48 | A reasoning share above 100 % | Flat and nested counts are told apart
49 | The connection dies during long tool arguments | TCP keepalive, 900 s of patience and signs of life
50 | Keepalives inside an event, or not counted | Only between events; `ping` for Anthropic clients
51 | The model rambles blanks in arguments | The stream is ended with an error, upstream too
52 | The client is gone, upstream goes on and bills | Cancelled upstream at once, and recorded
53 | A retry after bytes were sent: doubled text | Retries happen before the first byte only
54 | 429 retried many times a minute | `Retry-After` is obeyed; a long one is handed on
55 | Counting tokens fails, stalls or says 1 | One try upstream, then a real count here
56 | `<\|endoftext\|>` in a file crashes the tokenizer | It is text
57 | A base64 image is counted as text | Counted by its tiles
58 | Codex: missing field `models`, 404 at start | Codex gets its own list
59 | Codex compacts too late or too early | The list carries the catalog's windows
60 | Codex tries WebSocket five times | Served; a model without it costs one message, then 426 makes Codex use POST
61 | The second turn on one socket stalls | Nothing of one request is left for the next; a socket on which one failed is not used again
62 | Codex' `apply_patch` hangs or is printed | Passed, or mapped to a function and back
63 | 400 for an empty tool description | Left out
64 | Tool search and namespaces are stripped | Passed to models that have them; flattened and restored elsewhere
65 | Claude Code "Did 0 searches" | A real search where the model has one, else an honest error
66 | Gemini CLI requests `/v1beta/v1beta/…` | `jumpseat connect` writes the address without a version
67 | Gemini's tool calls are empty or missing in streams | Each call is one part, whole, in every stream
68 | Gemini: 400 missing `thought_signature` | Sent back with the call, also when the client lost it; a turn that lost it goes on
69 | Gemini's parameters are dropped | Each is mapped; what has no place upstream is noted
70 | Embeddings: 400 for a string, floats instead of base64 | Every form of input; base64 where asked for
71 | A big history with images: 413 on every retry | Images are shrunk to placeholders, one retry
72 | The quota shows 100 % although used | Absolute numbers come first
73 | The quota is empty until the first request | Asked for on its own
74 | Quotas of unlimited plans are drawn as 0/0 | `unlimited`, with unknown figures `null`
75 | Cost from list prices for included models | The cost is what upstream said it billed; 0 is 0
76 | Failed calls are counted as usage | Counted apart; they have no tokens and no cost
77 | Warm-ups silently go to another model | Only if `small_model` is set, and the record says so
78 | A begun answer (prefill) is 400 | A short user message is added where the model refuses it, and remembered
79 | `thinking.type.enabled` is 400 on newer Claude | Adaptive thinking there
80 | A forced tool together with thinking is 400 | Thinking is left out of that call
81 | Thinking is empty on newer Claude | `display: summarized`
82 | `temperature` with `top_p` is 400 | One of them or none is sent
83 | Settings of tools are rewritten at start | Nobody's settings are touched
84 | 408 on a reused, half-dead connection | Asked again on a fresh one
85 | A full context is not recognised, no compaction | Said in the client's own words, in the stream too
"""


def _bug(row: str) -> tuple[int, Bug]:
    number, symptom, here = (cell.strip() for cell in row.split(" | "))
    return int(number), Bug(symptom, here)


BUGS = dict(_bug(row) for row in _ROWS.strip().splitlines())
