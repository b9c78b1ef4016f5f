// The same request again, as code. Bodies come from other programs: every language quotes them its own way.
import type { HistoryRow } from '../../history';

const KEY = 'JUMPSEAT_KEY';

/** What goes in the body's place when it was not recorded. */
function skeleton(row: HistoryRow): string {
  const model = row.model_requested ?? 'gpt-4.1';
  const said = { role: 'user', content: 'Hello' };
  const bodies: Record<string, object> = {
    chat: { model, messages: [said] },
    responses: { model, input: 'Hello' },
    messages: { model, max_tokens: 1024, messages: [said] },
    gemini: { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
  };
  return JSON.stringify(bodies[row.dialect] ?? bodies.chat);
}

const url = (row: HistoryRow, base: string) => (base || 'http://127.0.0.1:8314').replace(/\/$/, '') + row.path;

/** In single quotes for a POSIX shell. */
const shell = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

export function asCurl(row: HistoryRow, body: string | null, base: string): string {
  return [
    `curl ${shell(url(row, base))}`,
    `  -H 'Content-Type: application/json'`,
    `  -H "Authorization: Bearer $${KEY}"`,
    ...(row.stream ? ['  --no-buffer'] : []),
    `  --data-raw ${shell(body ?? skeleton(row))}`,
  ].join(' \\\n');
}

export function asPython(row: HistoryRow, body: string | null, base: string): string {
  return `import json
import os
import urllib.request

body = ${python(body ?? skeleton(row))}
request = urllib.request.Request(
    ${python(url(row, base))},
    data=body.encode(),
    headers={
        "Content-Type": "application/json",
        "Authorization": "Bearer " + os.environ.get("${KEY}", "jumpseat"),
    },
)
with urllib.request.urlopen(request) as answer:
    for line in answer:
        print(line.decode(), end="")
`;
}

export function asJavaScript(row: HistoryRow, body: string | null, base: string): string {
  return `const answer = await fetch(${JSON.stringify(url(row, base))}, {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    Authorization: \`Bearer \${process.env.${KEY} ?? 'jumpseat'}\`,
  },
  body: ${JSON.stringify(body ?? skeleton(row))},
});
for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) process.stdout.write(piece);
`;
}

/** JSON's strings are Python's too, but for lone surrogates, which JSON.stringify escapes. */
const python = (text: string) => JSON.stringify(text);
