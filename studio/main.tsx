// The page's entry point.
import { render } from 'preact';
import './look/tokens.css';
import './look/page.css';
import { Page } from './Page.tsx';
import { compileRuntime } from './work/withRuntime.ts';

/** When the files for use without a network are stored. */
const REGISTER_AFTER_MS = 5000;

// While the page starts: almost every room computes.
compileRuntime();
const container = document.querySelector('#page')!;
container.replaceChildren();
render(<Page />, container);

// Only browsers that trust the connection have service workers; the development server has no built one.
if (import.meta.env.MODE === 'production' && 'serviceWorker' in navigator) {
  // Not while the first picture is computed.
  addEventListener('load', () => setTimeout(register, REGISTER_AFTER_MS));
}

function register(): void {
  navigator.serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch((error: unknown) => {
    // The studio works without it, as long as there is a network.
    console.info('The studio will not open without a network:', error);
  });
}
