import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLoad } from '../api';
import { useCell } from '../cell';
import { CopyButton } from '../components/copy';
import { Icon } from '../components/icon';
import { Empty, PageTitle, Show } from '../components/loaded';
import { useFeed } from '../feed';
import { useKeys } from '../keys';
import type { PageProps } from '../routes';
import { type Language, language, useTexts } from '../texts';
import type { SettingKey, SettingsAnswer } from '../types';
import { AccountSection } from './settings/account';
import { KnownModels } from './settings/inputs';
import { ProgramSection } from './settings/program';
import { SettingRow } from './settings/row';
import { SecretRow } from './settings/secret';
import { helpOf, labelOf } from './settings/words';
import { settingsText } from './settings.texts';

/** These are read from the system and switched under Program. */
const ELSEWHERE = new Set(['desktop.autostart', 'history.enabled']);

export default function Settings(_: PageProps) {
  const t = useTexts(settingsText);
  const [words, setWords] = useState('');
  const answer = useLoad<SettingsAnswer>('/api/settings');
  useFeed('settings', () => answer.reload());
  useKeys([{ keys: '/', label: t.search, run: () => document.getElementById('search')?.focus() }]);
  return (
    <div class="settings">
      <PageTitle title={t.title}>
        <Search words={words} onChange={setWords} />
      </PageTitle>
      <Show from={answer}>
        {(data) => <All data={data} words={words.trim().toLowerCase()} onClear={() => setWords('')} put={answer.put} reload={answer.reload} />}
      </Show>
    </div>
  );
}

function Search({ words, onChange }: { words: string; onChange: (words: string) => void }) {
  const t = useTexts(settingsText);
  const clear = (event: KeyboardEvent) => {
    if (event.key === 'Escape') onChange('');
  };
  return (
    <label class="search">
      <Icon name="search" />
      <span class="off-screen">{t.search}</span>
      <input id="search" type="search" value={words} placeholder={t.search} onInput={(event) => onChange(event.currentTarget.value)} onKeyDown={clear} />
    </label>
  );
}

interface AllProps {
  data: SettingsAnswer;
  words: string;
  onClear: () => void;
  put: (data: SettingsAnswer) => void;
  reload: () => void;
}

function All({ data, words, onClear, put, reload }: AllProps) {
  const t = useTexts(settingsText);
  const spoken = useCell(language);
  useEffect(toAnchor, []);
  const replace = (now: SettingKey) => put(replaced(data, now));
  const sections = data.sections
    .map((section) => ({
      name: section.name as keyof typeof t.sections,
      keys: section.keys.filter((key) => !ELSEWHERE.has(key.key) && matches(key, words, spoken)),
    }))
    .filter((section) => section.keys.length > 0);
  const names = [...(words ? [] : (['account', 'program'] as const)), ...sections.map((section) => section.name)];
  return (
    <div class="settings-columns">
      <nav aria-label={t.title}>
        {names.map((name) => (
          <a key={name} href={`#${name}`}>
            {t.sections[name] ?? name}
          </a>
        ))}
      </nav>
      <div class="settings-sections">
        <Problems problems={data.problems} />
        {!words && (
          <>
            <Section name="account">
              <AccountSection />
            </Section>
            <Section name="program">
              <ProgramSection />
            </Section>
          </>
        )}
        {sections.map((section) => (
          <Section key={section.name} name={section.name}>
            {section.keys.map((key) =>
              key.secret ? (
                <SecretRow key={key.key} setting={key} onChange={replace} reload={reload} />
              ) : (
                <SettingRow key={key.key} setting={key} onChange={replace} />
              ),
            )}
          </Section>
        ))}
        {names.length === 0 && (
          <Empty title={t.nothing(words)}>
            <button type="button" onClick={onClear}>
              {t.clear}
            </button>
          </Empty>
        )}
        <p class="settings-file">
          {t.file} <code>{data.file}</code>
          <CopyButton text={data.file} />
          <span class="muted">{t.fileNote}</span>
        </p>
      </div>
      <KnownModels />
    </div>
  );
}

type SectionName = 'account' | 'program' | 'server' | 'copilot' | 'models' | 'filters' | 'anthropic' | 'responses' | 'limits' | 'history' | 'desktop';

function Section({ name, children }: { name: SectionName; children: ComponentChildren }) {
  const t = useTexts(settingsText);
  return (
    <section id={name} aria-labelledby={`${name}-title`}>
      <h2 id={`${name}-title`}>{t.sections[name] ?? name}</h2>
      {t.sectionHelp[name] && <p class="muted">{t.sectionHelp[name]}</p>}
      <div class="card">{children}</div>
    </section>
  );
}

function Problems({ problems }: { problems: SettingsAnswer['problems'] }) {
  const t = useTexts(settingsText);
  if (problems.length === 0) return null;
  return (
    <div class="failure problems" role="alert">
      <p>
        <strong>{t.problems(problems.length)}</strong>
      </p>
      <ul>
        {problems.map((problem) => (
          <li key={problem.key + problem.message}>
            <code>{problem.key}</code> {problem.message}
            {problem.line !== null && <span> ({t.line(problem.line)})</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

function matches(setting: SettingKey, words: string, spoken: Language): boolean {
  const text = `${setting.key} ${labelOf(setting, spoken)} ${helpOf(setting, spoken)}`.toLowerCase();
  return words.split(/\s+/).every((word) => text.includes(word));
}

function replaced(data: SettingsAnswer, now: SettingKey): SettingsAnswer {
  const sections = data.sections.map((section) => ({
    ...section,
    keys: section.keys.map((key) => (key.key === now.key ? now : key)),
  }));
  return { ...data, sections };
}

/** `/settings#account`, and `/settings#server.port` for one setting. */
function toAnchor(): void {
  const name = decodeURIComponent(location.hash.slice(1));
  if (!name) return;
  const found = document.getElementById(name) ?? document.querySelector(`[data-key="${CSS.escape(name)}"]`);
  found?.scrollIntoView();
}
