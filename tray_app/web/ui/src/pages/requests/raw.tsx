import { useState } from 'preact/hooks';
import { CopyButton } from '../../components/copy';
import { Tabs } from '../../components/tabs';
import type { Bodies, RequestDetail } from '../../history';
import { useTexts } from '../../texts';
import { detailText } from './detail.texts';
import { type Change, changes } from './difference';
import { Code, pretty } from './long_text';

const VIEWS = ['request', 'upstream', 'difference', 'response'] as const;
type View = (typeof VIEWS)[number];

/** The bodies as they were: from the client, to Copilot, what changed between, and the answer. */
export function Raw({ row, bodies }: { row: RequestDetail; bodies: Bodies }) {
  const t = useTexts(detailText);
  const [view, choose] = useState<View>('request');
  const text = { request: bodies.request, upstream: bodies.upstream_request, difference: null, response: bodies.response }[view];
  return (
    <Tabs name={t.tabs.raw} tabs={VIEWS.map((id) => ({ id, title: t.raw[id] }))} selected={view} onSelect={(id) => choose(id as View)}>
      {view === 'difference' ? <Difference row={row} bodies={bodies} /> : text === null ? <p class="help">{t.noAnswer}</p> : <Body key={view} text={pretty(text)} />}
    </Tabs>
  );
}

function Body({ text }: { text: string }) {
  return (
    <div class="code">
      <Code text={text} />
      <CopyButton text={text} />
    </div>
  );
}

function Difference({ row, bodies }: { row: RequestDetail; bodies: Bodies }) {
  const t = useTexts(detailText);
  const found = changes(bodies.request, bodies.upstream_request);
  if (found.length === 0) return <p>{t.same}</p>;
  const translated = row.upstream_endpoint !== null && !row.path.endsWith(row.upstream_endpoint.replace(/^\/v1/, ''));
  return (
    <>
      <p class="help">{translated ? t.otherForm : t.changes(found.length)}</p>
      <table class="difference">
        <tbody>
          {found.map((change) => (
            <ChangeRow key={change.path} change={change} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function ChangeRow({ change }: { change: Change }) {
  const t = useTexts(detailText);
  return (
    <tr>
      <th scope="row">
        <code>{change.path}</code>
      </th>
      <td>
        {change.before === undefined ? <i>{t.added}</i> : <del>{change.before}</del>}
        {' → '}
        {change.after === undefined ? <i>{t.removed}</i> : <ins>{change.after}</ins>}
      </td>
    </tr>
  );
}
