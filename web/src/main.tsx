import { render } from 'preact';
import { App } from './app';
import './styles/base.css';
import './styles/layout.css';
import './styles/rooms.css';
import './styles/messages.css';
import './styles/people.css';
import './styles/composer.css';
import './styles/files.css';

render(<App />, document.getElementById('app')!);
