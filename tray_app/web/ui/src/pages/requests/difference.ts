// What differs between two JSON bodies, path by path.

export interface Change {
  path: string;
  /** Short JSON; undefined where there was none. */
  before: string | undefined;
  after: string | undefined;
}

const MOST = 400;
const LONGEST = 200;
type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export function changes(before: string | null, after: string | null): Change[] {
  const found: Change[] = [];
  compare('', read(before), read(after), found);
  return found;
}

function read(text: string | null): Json | undefined {
  try {
    return JSON.parse(text ?? '') as Json;
  } catch {
    return text ?? undefined;
  }
}

function compare(path: string, before: Json | undefined, after: Json | undefined, found: Change[]): void {
  if (found.length >= MOST || before === after) return;
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const here = Array.isArray(before) ? `${path}[${name}]` : path ? `${path}.${name}` : name;
      compare(here, member(before, name), member(after, name), found);
    }
    return;
  }
  found.push({ path: path || '.', before: shown(before), after: shown(after) });
}

type Tree = Json[] | { [name: string]: Json };
const isTree = (value: Json | undefined): value is Tree => typeof value === 'object' && value !== null;
const member = (tree: Tree, name: string): Json | undefined =>
  Object.hasOwn(tree, name) ? (tree as Record<string, Json>)[name] : undefined;

function shown(value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
