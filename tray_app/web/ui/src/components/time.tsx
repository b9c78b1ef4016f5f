import { moment, when } from '../format';
import { useNow } from '../now';
import { language } from '../texts';
import { useCell } from '../cell';

/** A moment: relative up to an hour, then the clock, then the date; exact in the tip. */
export function Time({ at }: { at: string }) {
  const now = useNow(20_000);
  useCell(language);
  const value = new Date(at);
  return (
    <time dateTime={at} title={moment(value)}>
      {when(value, now)}
    </time>
  );
}
