// What every answer of a studio says about itself: what the page may load, and who may use it.

/** What the page may load and do: everything comes from where it comes from itself, and no script is inline. */
export const contentPolicy = [
  "default-src 'none'",
  // ONNX Runtime and the loops of training are WebAssembly.
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The headers of every answer. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `${contentPolicy}; frame-ancestors 'none'`,
  // A page of its own process, whose threads can share memory.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
  woff2: 'font/woff2',
};

/** The type of a file by its name; what is unknown is bytes, which no browser interprets. */
export function typeOf(name: string): string {
  return types[/[^.]*$/.exec(name)![0]] ?? 'application/octet-stream';
}
