// The page's entry point.
import { render } from 'preact';
import './look/tokens.css';
import './look/page.css';
import { findModels } from './models.ts';
import { Page } from './Page.tsx';
import { compute } from './work/compute.ts';

// The worker loads the runtime while the page starts.
compute.start();
findModels();
render(<Page />, document.querySelector('#page')!);
