import type { ComponentChildren } from 'preact';
import { CopyButton } from '../../components/copy';
import { Dialog } from '../../components/dialog';
import { Time } from '../../components/time';
import { exact } from '../../format';
import type { CatalogModel } from '../../history';
import { useTexts } from '../../texts';
import { modelsText } from '../models.texts';
import { million } from './price';

/** Everything about one model. Facts that are not known are left out. */
export function ModelDetail({ model, close }: { model: CatalogModel; close: () => void }) {
  const t = useTexts(modelsText).detail;
  const tokens = (count: number | null) => (count === null ? null : t.tokens(exact(count)));
  return (
    <Dialog title={model.name} onClose={close}>
      <dl class="facts">
        <Fact name={t.name}>
          <code>{model.id}</code> <CopyButton text={model.id} />
        </Fact>
        <Fact name={t.aliases}>{model.aliases.length > 0 && <code>{model.aliases.join(', ')}</code>}</Fact>
        <Fact name={t.vendor}>{model.vendor}</Fact>
        <Fact name={t.context}>{tokens(model.context_window)}</Fact>
        <Fact name={t.prompt}>{tokens(model.max_prompt_tokens)}</Fact>
        <Fact name={t.output}>{tokens(model.max_output_tokens)}</Fact>
        <Fact name={t.efforts}>{model.reasoning_effort?.join(', ')}</Fact>
        <Fact name={t.prices}>{model.prices && <Rates model={model} />}</Fact>
        <Fact name={t.multiplier}>{model.multiplier !== null && exact(model.multiplier, 2)}</Fact>
        <Fact name={t.firstSeen}>{model.first_seen && <Time at={model.first_seen} />}</Fact>
        <Fact name={t.lastUsed}>{model.last_used && <Time at={model.last_used} />}</Fact>
      </dl>
      {model.used > 0 && (
        <p>
          <a href={`/requests?model=${encodeURIComponent(model.id)}`}>
            {t.requests} ({exact(model.used)})
          </a>
        </p>
      )}
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === null || children === undefined || children === false) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Rates({ model }: { model: CatalogModel }) {
  const t = useTexts(modelsText).detail;
  const { prices } = model;
  const rows: [string, number | null | undefined][] = [
    [t.input, prices?.input],
    [t.cached, prices?.cache],
    [t.written, prices?.cache_write],
    [t.answer, prices?.output],
  ];
  return (
    <table class="rates">
      <tbody>
        {rows.map(
          ([name, value]) =>
            value != null && (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="end">{exact(value * million(model), 2)}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}
