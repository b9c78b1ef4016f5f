import { post } from '../api';
import { useCell } from '../cell';
import { appState, session } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { attempt } from '../toasts';

const COPILOT_TERMS =
  'https://docs.github.com/site-policy/github-terms/github-terms-for-additional-products-and-features#github-copilot';
const ACCEPTABLE_USE = 'https://docs.github.com/site-policy/acceptable-use-policies/github-acceptable-use-policies';

/** Said once, plainly; gone when it was read. */
export function Terms() {
  const t = useTexts(frameText).terms;
  const seen = useCell(appState, (state) => state.terms_seen);
  const allowed = useCell(session);
  if (seen) return null;
  return (
    <aside class="terms">
      <p>
        {t.text}{' '}
        <a href={COPILOT_TERMS} target="_blank" rel="noreferrer">
          {t.copilot}
        </a>
        {' · '}
        <a href={ACCEPTABLE_USE} target="_blank" rel="noreferrer">
          {t.use}
        </a>
      </p>
      <button type="button" disabled={!allowed} onClick={() => void attempt(() => post('/api/terms-seen'))}>
        {t.seen}
      </button>
    </aside>
  );
}
