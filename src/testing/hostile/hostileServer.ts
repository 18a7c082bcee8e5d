// An HTTP server that never answers with the file that it is asked for.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type LocalServer, startServer } from '../localServer.ts';

/** Answers a request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A running server. */
export interface HostileServer extends LocalServer {
  /** The URL below which every request gets this answer. */
  urlOf(answer: string): string;
  /** The bytes sent or queued so far, over all connections. */
  sent(): number;
  /** The number of open connections. */
  open(): number;
}

const mebibyte = Buffer.alloc(2 ** 20);

/** Sends `start`, then zeros until the client closes the connection. */
export function endless(start: Uint8Array, target: NodeJS.WritableStream): void {
  const more = (): void => {
    while (target.writable && target.write(mebibyte)) {
      // Until its buffer is full.
    }
  };
  target.on('drain', more).on('error', () => {});
  target.write(start);
  more();
}

/** Starts a server on a free port of 127.0.0.1. Requests for an unknown answer get 404. */
export async function startHostileServer(answers: Readonly<Record<string, Answer>>): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server = await startServer((request, response) => {
    sockets.add(request.socket);
    response.setHeader('connection', 'close');
    // Pages of other origins can read answers under this name, and under `localhost` they cannot.
    if (request.headers.host!.startsWith('127.0.0.1')) {
      response.setHeader('access-control-allow-origin', '*');
    }
    response.on('error', () => {});
    const answer = answers[decodeURIComponent(request.url!.split('/')[1]!)];
    if (answer) {
      answer(request, response);
    } else {
      response.writeHead(404).end();
    }
  });
  return {
    ...server,
    urlOf: (answer) => server.url + encodeURIComponent(answer),
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    open: () => [...sockets].filter(({ destroyed }) => !destroyed).length,
  };
}
