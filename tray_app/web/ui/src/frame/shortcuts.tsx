import { useCell, Cell } from '../cell';
import { Dialog } from '../components/dialog';
import { type Shortcut, shortcuts, useKeys } from '../keys';
import { navigate } from '../router';
import { NAVIGATION } from '../routes';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';

const isOpen = new Cell(false);

export const openShortcuts = (): void => isOpen.set(true);

/** The shortcuts that hold everywhere, and the list of all that hold now. */
export function Shortcuts() {
  const t = useTexts(frameText);
  const open = useCell(isOpen);
  const everywhere: Shortcut[] = NAVIGATION.flatMap((route, at) => {
    const label = t.goTo(t.pages[route.name]);
    const run = () => navigate(route.path);
    return [
      { keys: String(at + 1), label, run },
      { keys: `g ${route.letter}`, label, run },
    ];
  });
  everywhere.push({ keys: '?', label: t.thisList, run: openShortcuts });
  useKeys(everywhere);
  return open ? <List /> : null;
}

function List() {
  const t = useTexts(frameText);
  const groups = useCell(shortcuts);
  const byLabel = new Map<string, string[]>();
  for (const { keys, label } of groups.flat()) byLabel.set(label, [...(byLabel.get(label) ?? []), keys]);
  return (
    <Dialog title={t.shortcutsTitle} onClose={() => isOpen.set(false)}>
      <dl class="shortcuts">
        {[...byLabel].map(([label, keys]) => (
          <div key={label}>
            <dt>
              {keys.map((one, at) => (
                <span key={one}>
                  {at > 0 && ' / '}
                  {one.split(' ').map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </span>
              ))}
            </dt>
            <dd>{label}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
