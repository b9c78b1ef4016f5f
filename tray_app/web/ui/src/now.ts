import { useEffect, useState } from 'preact/hooks';

/** The time, drawn again every `ms`. null: no clock is needed now. */
export function useNow(ms: number | null): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    if (ms === null) return;
    setNow(new Date());
    const ticking = setInterval(() => setNow(new Date()), ms);
    return () => clearInterval(ticking);
  }, [ms]);
  return now;
}
