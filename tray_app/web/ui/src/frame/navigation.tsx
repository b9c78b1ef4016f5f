import { useCell } from '../cell';
import { place } from '../router';
import { find, NAVIGATION } from '../routes';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';

export function Navigation() {
  const t = useTexts(frameText);
  const here = useCell(place, (now) => find(now.path)?.route.name);
  return (
    <nav aria-label={t.navigation}>
      {NAVIGATION.map((route) => (
        <a key={route.name} href={route.path} aria-current={route.name === here ? 'page' : undefined}>
          {t.pages[route.name]}
        </a>
      ))}
    </nav>
  );
}
