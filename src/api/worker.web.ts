// `emerging-flows/worker`: the script of a worker that computes gradients for a training in a page.
import { serveGradients } from '../training/gradients/threadMain.web.ts';

serveGradients(globalThis as unknown as Parameters<typeof serveGradients>[0]);
