import { useState } from 'preact/hooks';
import { useCell } from '../../cell';
import { CopyButton } from '../../components/copy';
import { Tabs } from '../../components/tabs';
import type { RequestDetail } from '../../history';
import { appState } from '../../store';
import { useTexts } from '../../texts';
import { asCurl, asJavaScript, asPython } from './copy_as';
import { detailText } from './detail.texts';
import { Code } from './long_text';

const FORMS = { curl: asCurl, python: asPython, javascript: asJavaScript };
const TABS = [
  { id: 'curl', title: 'curl' },
  { id: 'python', title: 'Python' },
  { id: 'javascript', title: 'JavaScript' },
];

/** The request as code that sends it again. */
export function CopyAs({ row, body }: { row: RequestDetail; body: string | null }) {
  const t = useTexts(detailText);
  const base = useCell(appState, (state) => state.url);
  const [form, choose] = useState<keyof typeof FORMS>('curl');
  const text = FORMS[form](row, body, base);
  return (
    <Tabs name={t.tabs.copy} tabs={TABS} selected={form} onSelect={(id) => choose(id as keyof typeof FORMS)}>
      <p class="help">{body === null ? t.copyWithout : t.copyNote}</p>
      <div class="code">
        <Code key={form} text={text} />
        <CopyButton text={text} />
      </div>
    </Tabs>
  );
}
