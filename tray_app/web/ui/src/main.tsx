import { render } from 'preact';
import { get } from './api';
import { App } from './frame/app';
import { startFeed } from './feed';
import { startKeys } from './keys';
import { startRouter } from './router';
import { followSession } from './store';
import { followLanguage } from './texts';
import { followTheme } from './theme';
import './style/index.css';

followTheme();
followLanguage();
startRouter();
startKeys();
startFeed();
followSession(() => get('/api/session'));
render(<App />, document.getElementById('app') as HTMLElement);
