import { useState } from 'preact/hooks';
import { useCell } from '../../cell';
import { CopyButton } from '../../components/copy';
import { Tabs } from '../../components/tabs';
import { session } from '../../store';
import { useTexts } from '../../texts';
import type { Snippet, ToolsAnswer } from '../../types';
import { clientsText } from '../clients.texts';

/** For whatever has no card: the address, the key, and examples to copy. */
export function Others({ answer }: { answer: ToolsAnswer }) {
  const t = useTexts(clientsText);
  const allowed = useCell(session);
  return (
    <section class="others" aria-labelledby="others">
      <h2 id="others">{t.others}</h2>
      <p class="muted">{t.othersHelp}</p>
      <div class="card">
        <dl class="facts">
          <dt>{t.baseUrl}</dt>
          <dd>
            {answer.base_url ? (
              <>
                <code>{answer.base_url}</code> <CopyButton text={answer.base_url} />
              </>
            ) : (
              t.notListening
            )}
          </dd>
          {allowed && (
            <>
              <dt>{t.key}</dt>
              <dd>
                {answer.key ? (
                  <>
                    <code aria-hidden="true">••••••••••••</code> <CopyButton text={answer.key} />
                  </>
                ) : (
                  t.anyKey
                )}
              </dd>
            </>
          )}
        </dl>
        {answer.snippets.length > 0 && <Snippets snippets={answer.snippets} />}
      </div>
    </section>
  );
}

function Snippets({ snippets }: { snippets: Snippet[] }) {
  const t = useTexts(clientsText);
  const [selected, setSelected] = useState(snippets[0]?.id ?? '');
  const shown = snippets.find((snippet) => snippet.id === selected) ?? snippets[0];
  return (
    <Tabs name={t.snippets} tabs={snippets} selected={shown?.id ?? ''} onSelect={setSelected}>
      <div class="code">
        <pre tabIndex={0}>{shown?.text}</pre>
        <CopyButton text={shown?.text ?? ''} />
      </div>
    </Tabs>
  );
}
