import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** What to sort by; without it the column is not sortable. null comes last. */
  sort?: (row: Row) => number | string | null;
  /** Numbers stand to the right. */
  end?: boolean;
  /** The cell is the header of its row. */
  head?: boolean;
}

interface Props<Row> {
  /** For screen readers; not drawn. */
  caption: string;
  columns: Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Sorted at first: the column's key, with `-` before it for largest first. */
  sorted?: string;
}

export function Table<Row>({ caption, columns, rows, rowKey, sorted = '' }: Props<Row>) {
  const [order, setOrder] = useState(sorted);
  const falling = order.startsWith('-');
  const by = columns.find((column) => column.key === order.replace('-', ''));
  const shown = by?.sort ? [...rows].sort(comparison(by.sort, falling)) : rows;
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="off-screen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                class={column.end ? 'end' : ''}
                aria-sort={by === column ? (falling ? 'descending' : 'ascending') : undefined}
              >
                {column.sort ? (
                  <button type="button" onClick={() => setOrder(next(order, column))}>
                    {column.title}
                    <span class="sort-mark" aria-hidden="true">
                      {by === column ? (falling ? '↓' : '↑') : '\u00a0'}
                    </span>
                  </button>
                ) : (
                  column.title
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => {
                const Cell = column.head ? 'th' : 'td';
                return (
                  <Cell key={column.key} class={column.end ? 'end' : ''} {...(column.head ? { scope: 'row' } : {})}>
                    {column.cell(row)}
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Numbers begin with the largest, texts with A; a second click turns it round. */
function next<Row>(order: string, column: Column<Row>): string {
  const first = column.end ? `-${column.key}` : column.key;
  const other = column.end ? column.key : `-${column.key}`;
  return order === first ? other : first;
}

function comparison<Row>(value: (row: Row) => number | string | null, falling: boolean) {
  return (left: Row, right: Row): number => {
    const [a, b] = [value(left), value(right)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b);
    return falling ? -order : order;
  };
}
