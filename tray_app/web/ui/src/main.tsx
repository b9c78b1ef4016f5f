import { render } from 'preact';
import { App } from './frame/app';
import { startFeed } from './feed';
import { startKeys } from './keys';
import { startRouter } from './router';
import { followLanguage } from './texts';
import { followTheme } from './theme';
import './style/index.css';

followTheme();
followLanguage();
startRouter();
startKeys();
startFeed();
render(<App />, document.getElementById('app') as HTMLElement);
