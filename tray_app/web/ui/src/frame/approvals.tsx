import { post } from '../api';
import { useCell } from '../cell';
import { Dialog } from '../components/dialog';
import { bytes, countdown, exact } from '../format';
import { useNow } from '../now';
import { appState, session } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { attempt, toast } from '../toasts';
import type { Approval } from '../types';

/** Requests that wait for the owner's word, one after the other. Escape decides nothing. */
export function Approvals() {
  const waiting = useCell(appState, (state) => state.approvals);
  const allowed = useCell(session);
  const [first, ...others] = waiting;
  return first && allowed ? <Ask key={first.id} approval={first} others={others.length} /> : null;
}

function Ask({ approval, others }: { approval: Approval; others: number }) {
  const t = useTexts(frameText);
  const now = useNow(1000);
  const words = t.approval;
  const decide = (decision: 'allow' | 'deny' | 'allow_client') =>
    attempt(async () => {
      const { decided } = await post<{ decided: boolean }>(`/api/approvals/${encodeURIComponent(approval.id)}`, { decision });
      if (!decided) toast(words.gone);
    });
  const left = new Date(approval.expires_at).getTime() - now.getTime();
  return (
    <Dialog
      title={words.title}
      actions={
        <>
          <button type="button" onClick={() => void decide('allow_client')}>
            {words.allowClient(approval.client)}
          </button>
          <button type="button" onClick={() => void decide('deny')}>
            {words.deny}
          </button>
          <button type="button" class="primary" onClick={() => void decide('allow')}>
            {words.allow}
          </button>
        </>
      }
    >
      <p>{words.says(approval.client, approval.model)}</p>
      <dl class="facts">
        <dt>{words.size}</dt>
        <dd>{bytes(approval.size_bytes)}</dd>
        <dt>{words.estimated}</dt>
        <dd>{approval.estimated_units === null ? words.unknown : words.units(exact(approval.estimated_units, 2))}</dd>
      </dl>
      <p class="muted">
        {words.expires(countdown(left))}
        {others > 0 && ` · ${words.more(others)}`}
      </p>
    </Dialog>
  );
}
