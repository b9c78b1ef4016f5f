import type { PageProps } from '../routes';
import { OneSession } from './sessions/one';
import { SessionList } from './sessions/list';

/** What each run of a coding tool cost, and where its prompt cache broke. */
export default function Sessions({ rest }: PageProps) {
  return rest ? <OneSession id={rest} /> : <SessionList />;
}
