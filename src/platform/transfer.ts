// Fetches a file whole, within a limit.
import { UserError } from '../errors.ts';
import { joinBytes } from './joinBytes.ts';

/** How a file is fetched. */
export interface FetchOptions {
  /** Called with the bytes received, and their total if the server says it. */
  onProgress?(bytes: number, total: number | undefined): void;
  /** The most bytes to receive; default 1 GiB. */
  readonly maxBytes?: number;
  /** Ends the transfer. */
  readonly signal?: AbortSignal;
}

/** The options of a transfer among others. */
export function fetchOptionsOf({ onProgress, maxBytes, signal }: FetchOptions): FetchOptions {
  return {
    ...(onProgress && { onProgress }),
    ...(maxBytes !== undefined && { maxBytes }),
    ...(signal && { signal }),
  };
}

/**
 * The URL of something, relative to the page if it is a string.
 *
 * @throws UserError (`invalid-argument`) if it is none, or there is no page
 */
export function urlOf(source: string | URL): URL {
  try {
    return new URL(source, globalThis.location?.href);
  } catch (cause) {
    throw new UserError(
      'invalid-argument',
      `'${source}' is no URL, and not relative to that of a page: give a complete URL`,
      { cause },
    );
  }
}

/**
 * Fetches a file.
 *
 * @param advice what to give instead, for errors
 * @throws UserError (`io`) if it cannot be fetched, (`unsupported`) if it is larger than `maxBytes`; the reason of
 *   `signal` if that ends it
 */
export async function fetchBytes(
  address: string,
  { onProgress, maxBytes = 2 ** 30, signal }: FetchOptions,
  advice: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const cannotFetch = (why: string, cause?: unknown): unknown =>
    signal?.aborted
      ? signal.reason
      : new UserError('io', `cannot fetch ${address}: ${why}; ${advice}`, { cause });
  const response = await fetch(address, signal ? { signal } : {}).catch((cause: unknown) => {
    throw cannotFetch(cause instanceof Error ? cause.message : String(cause), cause);
  });
  if (!response.ok || !response.body) {
    throw cannotFetch(`the server answers ${response.status} ${response.statusText}`.trim());
  }
  if (/^text\/html\b/.test(response.headers.get('content-type') ?? '')) {
    throw cannotFetch('the server answers with a web page instead of a file');
  }
  const length = response.headers.get('content-length');
  // A compressed transfer says the length of what is sent, not of what arrives.
  const total =
    length !== null && response.headers.get('content-encoding') === null ? Number(length) : undefined;
  const parts: Uint8Array[] = [];
  let received = 0;
  const requireSmall = (bytes: number): void => {
    if (bytes > maxBytes) {
      throw new UserError(
        'unsupported',
        `${address}: more than ${maxBytes} bytes; raise maxBytes if you trust it`,
      );
    }
  };
  const reader = response.body.getReader();
  try {
    requireSmall(total ?? 0);
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw cannotFetch('the transfer broke off', cause);
      });
      if (done) {
        break;
      }
      received += value.length;
      requireSmall(received);
      parts.push(value);
      onProgress?.(received, total);
    }
  } finally {
    await reader.cancel().catch(() => {
      // The transfer has ended already, in whatever way the caller is told.
    });
  }
  return joinBytes(parts);
}
