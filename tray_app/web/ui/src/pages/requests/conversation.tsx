import { useState } from 'preact/hooks';
import { exact } from '../../format';
import type { Bodies, Part, Said } from '../../history';
import { useTexts } from '../../texts';
import { detailText } from './detail.texts';
import { Code, pretty, Words } from './long_text';

const SHOWN = 12; // messages at first; a long agent session has hundreds
const GIST = 90;

/** Who said what. All of it is foreign text, and goes in as text. */
export function Conversation({ bodies }: { bodies: Bodies }) {
  const t = useTexts(detailText);
  const talk = bodies.conversation;
  const [all, showAll] = useState(false);
  if (!talk) return <p class="help">{t.noConversation}</p>;
  if (talk.problem) {
    return (
      <p class="help">
        {t.cannotRead} {talk.problem}
      </p>
    );
  }
  const hidden = all ? 0 : Math.max(0, talk.messages.length - SHOWN);
  const system = talk.messages.slice(0, hidden).filter((one) => one.role === 'system' || one.role === 'developer');
  return (
    <div class="conversation">
      {talk.tools.length > 0 && <Tools names={talk.tools} />}
      {system.map((message, at) => (
        <Message key={`system ${at}`} message={message} />
      ))}
      {hidden > system.length && (
        <button type="button" class="link" onClick={() => showAll(true)}>
          {t.earlier(hidden - system.length)}
        </button>
      )}
      {talk.messages.slice(hidden).map((message, at) => (
        <Message key={hidden + at} message={message} />
      ))}
      {talk.answer ? (
        <>
          <Message message={{ role: 'assistant', parts: talk.answer.parts }} isAnswer />
          {talk.answer.failure && (
            <p class="error">
              {t.failedWith} {talk.answer.failure}
            </p>
          )}
          {talk.answer.stop && <p class="muted">{t.stop(talk.answer.stop)}</p>}
        </>
      ) : (
        <p class="help">{t.noAnswer}</p>
      )}
    </div>
  );
}

function Tools({ names }: { names: string[] }) {
  const t = useTexts(detailText);
  return (
    <details class="fold">
      <summary>{t.tools(names.length)}</summary>
      <p class="mono">{names.join(', ')}</p>
    </details>
  );
}

function Message({ message, isAnswer = false }: { message: Said; isAnswer?: boolean }) {
  const t = useTexts(detailText);
  const isSystem = message.role === 'system' || message.role === 'developer';
  return (
    <article class={`message ${message.role}${isAnswer ? ' answer' : ''}`}>
      <h3>{isAnswer ? t.answer : (t.roles[message.role] ?? message.role)}</h3>
      {message.parts.map((part, at) => (
        <PartView key={at} part={part} isFolded={isSystem} />
      ))}
    </article>
  );
}

function PartView({ part, isFolded }: { part: Part; isFolded: boolean }) {
  const t = useTexts(detailText);
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return isFolded ? <Fold title={gist(part.text)} text={part.text} /> : <Words text={part.text} />;
    case 'thinking':
      return part.hidden ? <p class="muted">{t.hiddenThinking}</p> : <Fold title={`${t.thinking}: ${gist(part.text)}`} text={part.text} />;
    case 'tool_call':
      return <Fold title={`${t.call(part.name)} ${gist(part.text)}`} text={pretty(part.text)} isCode />;
    case 'tool_result':
      return <Result part={part} />;
    case 'image':
      return part.url ? <Picture url={part.url} /> : <p class="muted">{t.pictureAway} {part.media_type}</p>;
    case 'file':
      return <Fold title={`${t.file} ${part.media_type}`} text={part.text} />;
  }
}

function Result({ part }: { part: Extract<Part, { kind: 'tool_result' }> }) {
  const t = useTexts(detailText);
  const text = part.parts.map((one) => ('text' in one ? one.text : '')).join('\n');
  const pictures = part.parts.filter((one) => one.kind === 'image');
  return (
    <>
      <Fold title={`${part.is_error ? t.failedResult : t.result}: ${gist(text)}`} text={text} isCode isBad={part.is_error} />
      {pictures.map((one, at) => (
        <PartView key={at} part={one} isFolded={false} />
      ))}
    </>
  );
}

function Picture({ url }: { url: string }) {
  const t = useTexts(detailText);
  const [large, enlarge] = useState(false);
  return (
    <button type="button" class={large ? 'picture large' : 'picture'} onClick={() => enlarge(!large)}>
      <img src={url} alt={t.picture} />
    </button>
  );
}

function Fold({ title, text, isCode = false, isBad = false }: { title: string; text: string; isCode?: boolean; isBad?: boolean }) {
  const t = useTexts(detailText);
  return (
    <details class={isBad ? 'fold bad' : 'fold'}>
      <summary>
        <span class="gist">{title}</span>
        <span class="muted">{t.characters(exact(text.length))}</span>
      </summary>
      {isCode ? <Code text={text} /> : <Words text={text} isBox />}
    </details>
  );
}

function gist(text: string): string {
  const line = text.slice(0, 4 * GIST).replace(/\s+/g, ' ').trim();
  return line.length > GIST ? `${line.slice(0, GIST)}…` : line;
}
