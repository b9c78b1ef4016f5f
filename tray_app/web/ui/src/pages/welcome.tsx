import { PageTitle } from '../components/loaded';
import type { PageProps } from '../routes';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';

export default function Welcome(_: PageProps) {
  const t = useTexts(frameText);
  return <PageTitle title={t.pages.welcome} />;
}
