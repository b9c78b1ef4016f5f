import { useCell } from '../cell';
import { place } from '../router';
import { frameText } from '../texts/frame';
import { useTexts } from '../texts';
import { Toasts } from '../toasts';
import { Approvals } from './approvals';
import { Banners } from './banners';
import { Header } from './header';
import { Navigation } from './navigation';
import { Outlet } from './outlet';
import { Shortcuts } from './shortcuts';

export function App() {
  const t = useTexts(frameText);
  const isWelcome = useCell(place, (now) => now.path === '/welcome');
  return (
    <>
      <a class="skip" href="#page">
        {t.skip}
      </a>
      <div class={isWelcome ? 'frame bare' : 'frame'}>
        <Header>{!isWelcome && <Navigation />}</Header>
        <Banners />
        <main id="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Toasts />
      <Approvals />
      <Shortcuts />
    </>
  );
}
