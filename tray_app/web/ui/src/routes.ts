// The pages. Each is a module of its own that is fetched when it is first opened.
import type { ComponentType } from 'preact';

export interface PageProps {
  /** What follows the page's own path: `abc` in `/requests/abc`, otherwise empty. */
  rest: string;
}

export type PageName =
  | 'overview'
  | 'sessions'
  | 'requests'
  | 'usage'
  | 'models'
  | 'clients'
  | 'settings'
  | 'welcome';

export interface Route {
  name: PageName;
  path: string;
  letter: string; // after `g`
  load: () => Promise<{ default: ComponentType<PageProps> }>;
}

export const ROUTES: readonly Route[] = [
  { name: 'overview', path: '/', letter: 'o', load: () => import('./pages/overview') },
  { name: 'sessions', path: '/sessions', letter: 's', load: () => import('./pages/sessions') },
  { name: 'requests', path: '/requests', letter: 'r', load: () => import('./pages/requests') },
  { name: 'usage', path: '/usage', letter: 'u', load: () => import('./pages/usage') },
  { name: 'models', path: '/catalog', letter: 'm', load: () => import('./pages/models') },
  { name: 'clients', path: '/tools', letter: 'c', load: () => import('./pages/clients') },
  { name: 'settings', path: '/settings', letter: ',', load: () => import('./pages/settings') },
  { name: 'welcome', path: '/welcome', letter: 'w', load: () => import('./pages/welcome') },
];

/** Those in the navigation, in the order of the digits 1 to 7. */
export const NAVIGATION = ROUTES.filter((route) => route.name !== 'welcome');

/** The route of a path and what follows it. */
export function find(path: string): { route: Route; rest: string } | null {
  const [, first = '', ...others] = path.split('/');
  const route = ROUTES.find((one) => one.path === `/${first}`);
  if (!route || (first === '' && path !== '/')) return null;
  return { route, rest: others.map(decodeURIComponent).join('/') };
}
