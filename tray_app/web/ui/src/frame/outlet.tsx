import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useCell } from '../cell';
import { Empty, Failure } from '../components/loaded';
import { place } from '../router';
import { find, type PageProps, type Route } from '../routes';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';

interface Fetched {
  route: Route;
  Page: ComponentType<PageProps> | null; // null: it could not be fetched
}

let isFirst = true;

/** The page of the address. The last one stays until the next is there, so that nothing flickers. */
export function Outlet() {
  const t = useTexts(frameText);
  const path = useCell(place, (now) => now.path);
  const found = find(path);
  const [fetched, setFetched] = useState<Fetched | null>(null);
  const route = found?.route;
  const fetchPage = () => {
    let left = false;
    route?.load().then(
      (module) => left || setFetched({ route, Page: module.default }),
      () => left || setFetched({ route, Page: null }),
    );
    return () => void (left = true);
  };
  useEffect(fetchPage, [route]);
  const shown = fetched?.route === route ? fetched : null;
  useEffect(() => {
    if (!route) return;
    document.title = `${t.pages[route.name]} – Jumpseat`;
    if (shown && !isFirst) document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true });
    if (shown) isFirst = false;
  }, [shown, t]);
  if (!route) {
    return (
      <Empty title={t.notFound}>
        <a href="/">{t.toOverview}</a>
      </Empty>
    );
  }
  if (shown && !shown.Page) return <Failure message={t.pageFailed} again={() => location.reload()} />;
  const Page = shown?.Page ?? fetched?.Page;
  return Page ? <Page rest={shown ? (found?.rest ?? '') : ''} /> : null;
}
