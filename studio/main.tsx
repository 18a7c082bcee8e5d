// Starts the page.
import { render } from 'preact';
import './look/tokens.css';
import './look/page.css';
import { findModels } from './models.ts';
import { Page } from './Page.tsx';

findModels();
render(<Page />, document.querySelector('#page')!);
