// The service worker: keeps the page and the bundled model, so that the studio opens without a network.

/** What is used of the global scope of a service worker. */
interface Scope {
  addEventListener(type: 'install' | 'activate', listener: (event: Lasting) => void): void;
  addEventListener(type: 'fetch', listener: (event: Lasting & Asked) => void): void;
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Asked {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** The page's files, whose names change with their contents, and what distinguishes them from those of other builds: the build fills them in. */
declare const BUILT_FILES: readonly string[];
declare const BUILD: string;

/** The model that comes with the package. */
const MODEL = 'models/mnist-small';
/** The list of models, which says of which files each consists. */
const LIST = 'models.json';

const scope = globalThis as unknown as Scope;
/** Another build has another cache. */
const cacheName = `studio ${BUILD}`;
const base = new URL('./', location.href).href;

scope.addEventListener('install', (event) => event.waitUntil(keep()));
scope.addEventListener('activate', (event) => event.waitUntil(forgetOthers()));
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const path = request.url.startsWith(base) ? request.url.slice(base.length).split(/[?#]/)[0]! : undefined;
  if (request.method !== 'GET' || request.headers.has('range') || path === undefined) {
    return;
  }
  if (BUILT_FILES.includes(path) && path.startsWith('assets/')) {
    event.respondWith(keptOr(request));
  } else if (path === '' || BUILT_FILES.includes(path) || path === LIST || path.startsWith(`${MODEL}/`)) {
    event.respondWith(freshOrKept(request));
  }
});

/** Keeps the page's files, and the bundled model if it is offered. */
async function keep(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll(['', ...BUILT_FILES, LIST].map((path) => `${base}${path}`));
  const models: { path: string; files: string[] }[] = await (await cache.match(`${base}${LIST}`))!.json();
  const files = models.find(({ path }) => path === MODEL)?.files ?? [];
  await cache.addAll(files.map((name) => `${base}${MODEL}/${name}`));
}

async function forgetOthers(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith('studio ') && name !== cacheName);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function keptOr(request: Request): Promise<Response> {
  return (await (await caches.open(cacheName)).match(request.url)) ?? fetch(request);
}

/** The file as the server has it now, or without a network as it was last loaded. */
async function freshOrKept(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  try {
    const response = await fetch(request);
    if (response.ok) {
      await cache.put(request.url, response.clone());
    }
    return response;
  } catch (error) {
    const kept = await cache.match(request.url);
    if (kept === undefined) {
      throw error;
    }
    return kept;
  }
}
