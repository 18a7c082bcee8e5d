// The page's entry point.
import { render } from 'preact';
import './look/tokens.css';
import './look/header.css';
import './look/page.css';
import { Page } from './Page.tsx';
import { compileRuntime } from './work/connections.ts';

// While the page starts: almost every room computes.
compileRuntime();
const container = document.querySelector('#page')!;
container.replaceChildren();
render(<Page />, container);
