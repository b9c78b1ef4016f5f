import { useState } from 'preact/hooks';
import { useLoad } from '../api';
import { useCell } from '../cell';
import { Badge } from '../components/dot';
import { Empty, PageTitle, Show } from '../components/loaded';
import { type Column, Table } from '../components/table';
import { Time } from '../components/time';
import { exact, short } from '../format';
import type { Catalog, CatalogModel } from '../history';
import { useQuery } from '../router';
import type { PageProps } from '../routes';
import { appState } from '../store';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { ModelDetail } from './models/detail';
import { Price } from './models/price';
import { modelsText } from './models.texts';

/** What the seat offers: names, limits, price, and for what does not answer the reason. */
export default function Models({ rest }: PageProps) {
  const frame = useTexts(frameText);
  const signedIn = useCell(appState, (state) => state.signed_in);
  const catalog = useLoad<Catalog>(signedIn ? '/api/catalog' : null);
  if (!signedIn) return <SignedOut />;
  return (
    <>
      <PageTitle title={frame.pages.models}>{catalog.data && <Standing catalog={catalog.data} />}</PageTitle>
      <Show from={catalog}>{(data) => <Lists catalog={data} opened={rest} />}</Show>
    </>
  );
}

function SignedOut() {
  const frame = useTexts(frameText);
  const t = useTexts(modelsText);
  return (
    <>
      <PageTitle title={frame.pages.models} />
      <Empty title={t.none}>
        <p>{t.noneNow}</p>
        <a class="button primary" href="/welcome">
          {frame.signIn}
        </a>
      </Empty>
    </>
  );
}

function Standing({ catalog }: { catalog: Catalog }) {
  const t = useTexts(modelsText);
  const usable = catalog.models.filter((model) => model.usable).length;
  return (
    <p class="muted">
      {t.count(usable)}
      {catalog.loaded_at && (
        <>
          {' · '}
          {t.asOf} <Time at={catalog.loaded_at} />
        </>
      )}
    </p>
  );
}

function Lists({ catalog, opened }: { catalog: Catalog; opened: string }) {
  const t = useTexts(modelsText);
  const [query, change] = useQuery();
  const [shown, show] = useState(opened);
  const wanted = query.get('q') ?? '';
  const found = catalog.models.filter((model) => matches(model, wanted));
  const usable = found.filter((model) => model.usable);
  const others = found.filter((model) => !model.usable && model.missing_text);
  const model = catalog.models.find((one) => one.id === shown);
  if (catalog.models.length === 0) return <Empty title={t.none}><p>{t.noneNow}</p></Empty>;
  return (
    <div class="models">
      {catalog.stale && <p class="note warn">{t.stale}</p>}
      <input
        type="search"
        class="search"
        aria-label={t.search}
        placeholder={t.search}
        value={wanted}
        onInput={(event) => change({ q: event.currentTarget.value })}
      />
      {found.length === 0 ? (
        <Empty title={t.nothing(wanted)}>
          <button type="button" onClick={() => change({ q: null })}>{t.clear}</button>
        </Empty>
      ) : (
        usable.length > 0 && <Usable models={usable} show={show} />
      )}
      {others.length > 0 && <Others models={others} />}
      {catalog.absent_vendors.length > 0 && <Absent vendors={catalog.absent_vendors} />}
      {model && <ModelDetail model={model} close={() => show('')} />}
    </div>
  );
}

function matches(model: CatalogModel, query: string): boolean {
  const text = [model.id, model.name, model.vendor, ...model.aliases].join(' ').toLowerCase();
  return query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function Usable({ models, show }: { models: CatalogModel[]; show: (id: string) => void }) {
  const t = useTexts(modelsText);
  const frame = useTexts(frameText);
  const columns: Column<CatalogModel>[] = [
    { key: 'name', title: t.columns.name, head: true, sort: (row) => row.name, cell: (row) => <Name model={row} show={show} /> },
    { key: 'context', title: t.columns.context, end: true, sort: (row) => row.context_window, cell: (row) => <Count of={row.context_window} /> },
    { key: 'output', title: t.columns.output, end: true, sort: (row) => row.max_output_tokens, cell: (row) => <Count of={row.max_output_tokens} /> },
    { key: 'price', title: t.columns.price, sort: (row) => row.prices?.output ?? row.multiplier, cell: (row) => <Price model={row} /> },
    { key: 'can', title: t.columns.can, cell: (row) => <Abilities model={row} /> },
    { key: 'endpoints', title: t.columns.endpoints, cell: (row) => <Endpoints paths={row.endpoints} /> },
    { key: 'used', title: t.columns.used, end: true, sort: (row) => row.used, cell: (row) => (row.used ? exact(row.used) : '') },
  ];
  return (
    <section class="card">
      <Table caption={frame.pages.models} columns={columns} rows={models} rowKey={(row) => row.id} sorted="-used" />
    </section>
  );
}

function Name({ model, show }: { model: CatalogModel; show: (id: string) => void }) {
  const t = useTexts(modelsText);
  return (
    <div class="model-name">
      <button type="button" class="link" onClick={() => show(model.id)}>
        {model.name}
      </button>
      {model.is_new && <Badge tone="ok">{t.fresh}</Badge>}
      {model.preview && <Badge>{t.preview}</Badge>}
      <code class="muted">{model.id}</code>
    </div>
  );
}

const Count = ({ of }: { of: number | null }) => <span title={exact(of)}>{short(of)}</span>;

function Abilities({ model }: { model: CatalogModel }) {
  const t = useTexts(modelsText);
  const can = [model.tool_calls && t.tools, model.vision && t.vision, model.thinking && t.thinking];
  return <span class="muted">{can.filter(Boolean).join(', ')}</span>;
}

function Endpoints({ paths }: { paths: string[] }) {
  return (
    <span class="endpoints" title={paths.join('\n')}>
      {paths.map(spoken).join(', ')}
    </span>
  );
}

/** /chat/completions → chat, ws:/responses → WebSocket */
function spoken(path: string): string {
  if (path.startsWith('ws:')) return 'WebSocket';
  return path.split('/').filter((part) => part !== 'completions').at(-1) ?? path;
}

function Others({ models }: { models: CatalogModel[] }) {
  const t = useTexts(modelsText);
  return (
    <section class="card">
      <h2>{t.others}</h2>
      <p class="help">{t.othersHelp}</p>
      <Table
        caption={t.others}
        rows={models}
        rowKey={(row) => row.id}
        sorted="name"
        columns={[
          { key: 'name', title: t.columns.name, head: true, sort: (row) => row.name, cell: (row) => <span title={row.id}>{row.name}</span> },
          { key: 'why', title: t.why, cell: (row) => row.missing_text },
        ]}
      />
    </section>
  );
}

function Absent({ vendors }: { vendors: Catalog['absent_vendors'] }) {
  const t = useTexts(modelsText);
  return (
    <section class="card">
      <h2>{t.absent}</h2>
      {vendors.map((one) => (
        <p key={one.vendor}>
          <b>{one.vendor}</b> {one.text}
        </p>
      ))}
    </section>
  );
}
