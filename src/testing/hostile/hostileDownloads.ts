// An HTTP server that sends anything but the file: the first part of the path says what.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { finished } from 'node:stream';

const chunk = Buffer.alloc(2 ** 20, 'x');

/** Sends without an end, until the client closes the connection. */
function endless(response: ServerResponse): void {
  let isOpen = true;
  finished(response, () => {
    isOpen = false;
  });
  const send = (): void => {
    while (isOpen && response.write(chunk)) {}
  };
  response.on('drain', send);
  send();
}

const redirect = (location: string) => (response: ServerResponse) => {
  response.writeHead(302, { Location: location }).end();
};

/** What the server does, by name. */
const behaviours: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
  short: (response) => response.writeHead(200, { ETag: '"a"', 'Content-Length': 4 }).end('abcd'),
  empty: (response) => response.writeHead(200, { 'Content-Length': 0 }).end(),
  endless: (response) => endless(response.writeHead(200, { ETag: '"a"' })),
  'endless-lie': (response) => endless(response.writeHead(200, { 'Content-Length': 2 ** 50 })),
  'other-part': (response) => response.writeHead(206, { 'Content-Range': 'bytes 7-9/10' }).end('abc'),
  missing: (response) => response.writeHead(404).end(),
  'no-range': (response) => response.writeHead(416).end(),
  'redirect-loop': redirect('.'),
  'redirect-file': redirect('file:///etc/passwd'),
  'redirect-nowhere': redirect('http://[:::'),
  'redirect-data': redirect('data:,x'),
  'redirect-credentials': redirect('//user:secret@127.0.0.1:1/'),
  'odd-tag': (response) =>
    response.writeHead(200, { ETag: 'x'.repeat(10_000), 'Content-Length': 1 }).end('a'),
  'odd-reason': (response) => response.writeHead(403, '\x80 [2J').end(),
  informational: (response) => response.writeHead(299).end('x'),
};

/** The names of what the server does. */
export const serverBehaviours: readonly string[] = Object.keys(behaviours);

/** A running server. */
export interface HostileServer {
  /** The URL to get files from that are answered in this way. */
  urlOf(behaviour: string): string;
  close(): void;
}

/** Starts the server on a free port of this machine. */
export async function startHostileServer(): Promise<HostileServer> {
  const server = createServer((request, response) => {
    response.on('error', () => {});
    const name = request.url!.split('/')[1]!;
    (behaviours[name] ?? behaviours.missing!)(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (behaviour) => `http://127.0.0.1:${port}/${behaviour}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
