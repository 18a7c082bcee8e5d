// Fetches a file whole, within a limit.
import { UserError } from '../errors.ts';
import { joinBytes } from '../numeric/arrays.ts';
import { visibleText } from '../visibleText.ts';

/** How a file is fetched. */
export interface FetchOptions {
  /** Called with the bytes received, and their total if the server says it. */
  onProgress?(bytes: number, total: number | undefined): void;
  /** The most bytes to receive; default 1 GiB. */
  readonly maxBytes?: number;
  /** Ends the transfer. */
  readonly signal?: AbortSignal;
}

/**
 * The URL of something, relative to the page if it is a string.
 *
 * @throws UserError (`invalid-argument`) if it is not a URL, or is relative outside a page
 */
export function resolveUrl(source: string | URL): URL {
  try {
    return new URL(source, globalThis.location?.href);
  } catch (cause) {
    throw new UserError(
      'invalid-argument',
      `'${source}' is not a URL, and there is no page to resolve it against: give a complete URL`,
      { cause },
    );
  }
}

/** Expectations of a fetched file. */
interface ExpectedFile {
  readonly advice: string;
  /**
   * The size of the file as declared at its beginning, or the number of bytes needed to know it. The transfer stops there.
   *
   * @throws UserError if the beginning is invalid
   */
  sizeIn?(start: Uint8Array): { readonly size: number } | { readonly atLeast: number };
  /** A transfer ends if fewer than `bytes` arrive in `milliseconds`; default 4 KiB in a minute. */
  readonly slowest?: { readonly bytes: number; readonly milliseconds: number };
}

/**
 * Fetches a file.
 *
 * @throws UserError (`io`) if it cannot be fetched, (`unsupported`) if it is larger than `maxBytes`, (`invalid-data`) if it
 *   is longer than it declares; the reason of `signal` if that ends it
 */
export async function fetchBytes(
  address: string,
  { onProgress, maxBytes = 2 ** 30, signal }: FetchOptions,
  { advice, sizeIn, slowest = { bytes: 4096, milliseconds: 60_000 } }: ExpectedFile,
): Promise<Uint8Array<ArrayBuffer>> {
  const cannotFetch = (why: string, cause?: unknown): UserError =>
    new UserError('io', `cannot fetch ${address}: ${why}; ${advice}`, { cause });
  const requireAtMost = (bytes: number): void => {
    if (bytes > maxBytes) {
      throw new UserError(
        'unsupported',
        `${address}: more than ${maxBytes} bytes; raise maxBytes if you trust it`,
      );
    }
  };
  const parts: Uint8Array[] = [];
  let received = 0;
  let size: number | undefined;
  let atLeast = 0;
  const take = (part: Uint8Array): void => {
    parts.push(part);
    received += part.length;
    requireAtMost(received);
    while (sizeIn && size === undefined && received >= atLeast) {
      const declaration = sizeIn(joinBytes(parts));
      if ('size' in declaration) {
        size = declaration.size;
        requireAtMost(size);
      } else {
        atLeast = declaration.atLeast;
      }
    }
    if (size !== undefined && received > size) {
      const problem = `the server sends more than the ${size} bytes that the file declares`;
      throw new UserError('invalid-data', `${address}: ${problem}; use another copy`);
    }
  };

  const transfer = new AbortController();
  const onAbort = (): void => transfer.abort(signal!.reason);
  signal?.throwIfAborted();
  signal?.addEventListener('abort', onAbort);
  let before = 0;
  const pace = setInterval(() => {
    if (received - before < slowest.bytes) {
      transfer.abort(
        cannotFetch(`fewer than ${slowest.bytes} bytes arrived in ${slowest.milliseconds / 1000} s`),
      );
    }
    before = received;
  }, slowest.milliseconds);
  /** Throws the reason if the transfer was aborted, else a connection error. */
  const failed =
    (why: string) =>
    (cause: unknown): never => {
      throw transfer.signal.aborted ? transfer.signal.reason : cannotFetch(why, cause);
    };
  try {
    const response = await fetch(address, { signal: transfer.signal }).catch((cause: unknown) =>
      failed(cause instanceof Error ? cause.message : String(cause))(cause),
    );
    const total = contentLength(response, cannotFetch, address);
    requireAtMost(total ?? 0);
    const reader = response.body!.getReader();
    const next = () => reader.read().catch(failed('the connection was lost'));
    for (let { done, value } = await next(); !done; { done, value } = await next()) {
      take(value!);
      onProgress?.(received, total);
    }
    return joinBytes(parts);
  } finally {
    clearInterval(pace);
    signal?.removeEventListener('abort', onAbort);
    // Stops receiving the rest.
    transfer.abort();
  }
}

/** The declared size of the file in a response; throws the error of `cannotFetch` if it has no file. */
function contentLength(
  { ok, status, statusText, headers, body, url }: Response,
  cannotFetch: (why: string) => UserError,
  address: string,
): number | undefined {
  if (address.startsWith('https:') && url.startsWith('http:')) {
    throw cannotFetch('the server redirects from HTTPS to HTTP');
  }
  if (!ok || !body) {
    throw cannotFetch(`the server returned ${status} ${visibleText(statusText).slice(0, 80)}`.trim());
  }
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) {
    throw cannotFetch('the server returned a web page instead of a file');
  }
  const length = headers.get('content-length') ?? '';
  // For a compressed transfer, the length counts compressed bytes.
  return /^\d{1,15}$/.test(length) && headers.get('content-encoding') === null ? Number(length) : undefined;
}
