// The studio's server: its address, and limits for clients.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { UserError } from '../../core/errors.ts';
import { hasCode } from '../../data/files/fileErrors.ts';
import { answer } from './answer.ts';
import type { StudioFiles } from './files.ts';

/** Where a studio listens. */
interface StudioAddress {
  /** The name or address of a network interface of this machine. */
  readonly host: string;
  /** By default a fixed port, or any free one if that is taken. */
  readonly port?: number | undefined;
}

/** A running server. */
export interface RunningStudio {
  readonly url: string;
  /** Stops the server and closes its connections. */
  close(): Promise<void>;
}

/** The default port; fixed, so that links to the studio stay valid. */
export const USUAL_PORT = 4680;

/** The limits for clients. */
export interface ServerLimits {
  /** The most simultaneous connections, each with at most one open file; a browser opens six. */
  readonly connections: number;
  /** How long a request may take to arrive. */
  readonly requestMs: number;
  /** How long a connection may be idle. */
  readonly idleMs: number;
}

const usualLimits: ServerLimits = { connections: 64, requestMs: 10_000, idleMs: 30_000 };

/**
 * Serves a studio.
 *
 * @throws UserError if it cannot listen there
 */
export async function serveStudio(
  files: StudioFiles,
  address: StudioAddress,
  limits: Partial<ServerLimits> = {},
): Promise<RunningStudio> {
  const { connections, requestMs, idleMs } = { ...usualLimits, ...limits };
  const server = createServer(
    {
      headersTimeout: requestMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1000, requestMs),
    },
    inTurn((request, response) => answer(request, response, files, address.host)),
  );
  server.maxConnections = connections;
  server.timeout = idleMs;
  await listen(server, address);
  const { port } = server.address() as AddressInfo;
  const name = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${name}:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, { host, port }: StudioAddress): Promise<void> {
  const listening = (candidatePort: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(candidatePort, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
  try {
    await listening(port ?? USUAL_PORT).catch((error: unknown) => {
      if (port === undefined && hasCode(error, 'EADDRINUSE')) {
        return listening(0);
      }
      throw error;
    });
  } catch (cause) {
    const where = `${host}, port ${port ?? USUAL_PORT}`;
    const why = hasCode(cause, 'EADDRINUSE')
      ? 'another program uses the port; choose another'
      : hasCode(cause, 'EACCES')
        ? 'the system does not allow it; choose a port above 1023'
        : hasCode(cause, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN')
          ? 'this machine has no such address; check the host'
          : (cause as Error).message;
    throw new UserError('io', `cannot listen at ${where}: ${why}`, { cause });
  }
}

/** The most waiting requests of a connection; one more closes it. */
const MOST_WAITING = 16;

/**
 * Answers the requests of each connection one after another. Node reports each request at once, but its response doesn't
 * report the end of the connection before its turn: a file opened for it would stay open.
 */
function inTurn(answer: RequestListener): RequestListener {
  const queues = new WeakMap<Socket, (() => void)[]>();
  return (request: IncomingMessage, response: ServerResponse & { req: IncomingMessage }) => {
    const { socket } = request;
    const begin = (): void => {
      response.on('close', () => queue.shift() && queue[0]?.());
      if (!socket.destroyed) {
        answer(request, response);
      }
    };
    const queue = queues.get(socket) ?? [];
    queues.set(socket, queue);
    if (queue.push(begin) === 1) {
      begin();
    } else if (queue.length > MOST_WAITING) {
      socket.destroy();
    }
  };
}
