// Requests that arrive on one connection before the first is answered (pipelining). No browser sends such.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The most requests of a connection that wait; more end it. */
const MOST_WAITING = 16;

/**
 * Answers the requests of each connection one after another. Node passes on each at once, and its response says nothing
 * when the connection ends before its turn: a file that was opened for it would stay open.
 */
export function inTurn(answer: RequestListener): RequestListener {
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
