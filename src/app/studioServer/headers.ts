// The headers of a studio's answers: what the page may load, and who may use it.

/** What the page may load: only files from its own origin, and no inline scripts. */
export const contentPolicy = [
  "default-src 'none'",
  // ONNX Runtime and the training loops are WebAssembly.
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
  // Cross-origin isolation, so that threads can share memory.
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

/** A file's media type by its name; unknown ones are bytes, which browsers don't interpret. */
export function mediaType(name: string): string {
  return types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}
