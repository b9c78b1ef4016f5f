/** A unified diff. Lines carry their sign, so that colour is not all there is. */
export function Diff({ text, name }: { text: string; name: string }) {
  return (
    <pre class="diff" tabIndex={0} role="region" aria-label={name}>
      {text.split('\n').map((line, at) => (
        <span key={at} class={kind(line)}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}

function kind(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---')) return 'file';
  if (line.startsWith('@@')) return 'place';
  if (line.startsWith('+')) return 'added';
  return line.startsWith('-') ? 'removed' : '';
}
