import { type Column, Table } from '../../components/table';
import { exact, percent, short, units } from '../../format';
import type { FullTotals } from '../../history';
import { useTexts } from '../../texts';
import { overviewText } from '../overview.texts';

type Row = FullTotals & { name: string };

interface Props {
  title: string;
  head: string;
  groups: Record<string, FullTotals>;
  /** The filter of the request list that shows the rows behind a line. */
  filter: 'model' | 'client';
}

/** Totals per model or client of the period, each with the way to its requests. */
export function Groups({ title, head, groups, filter }: Props) {
  const t = useTexts(overviewText);
  const rows: Row[] = Object.entries(groups).map(([name, totals]) => ({ name, ...totals }));
  if (rows.length === 0) return null;
  const figure = (key: 'requests' | 'input_tokens' | 'output_tokens' | 'failed_requests', label: string): Column<Row> => ({
    key,
    title: label,
    end: true,
    sort: (row) => row[key],
    cell: (row) => <span title={exact(row[key])}>{key === 'failed_requests' && row[key] === 0 ? '' : short(row[key])}</span>,
  });
  const columns: Column<Row>[] = [
    {
      key: 'name',
      title: head,
      head: true,
      sort: (row) => row.name,
      cell: (row) => <a href={`/requests?${filter}=${encodeURIComponent(row.name)}`}>{row.name}</a>,
    },
    figure('requests', t.requests),
    figure('failed_requests', t.failed),
    figure('input_tokens', t.input),
    {
      key: 'cached',
      title: t.cached,
      end: true,
      sort: (row) => row.cache_hit_rate,
      cell: (row) => percent(row.cache_hit_rate === null ? null : row.cache_hit_rate * 100),
    },
    figure('output_tokens', t.output),
    { key: 'nano_aiu', title: t.billedColumn, end: true, sort: (row) => row.nano_aiu, cell: (row) => units(row.nano_aiu) },
  ];
  return (
    <section class="card">
      <h2>{title}</h2>
      <Table caption={title} columns={columns} rows={rows} rowKey={(row) => row.name} sorted="-requests" />
    </section>
  );
}
