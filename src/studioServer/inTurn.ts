// Answers pipelined requests one after another. Browsers don't send any.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The most waiting requests of a connection; one more closes it. */
const MOST_WAITING = 16;

/**
 * Answers the requests of each connection one after another. Node reports each request at once, but its response doesn't
 * report the end of the connection before its turn: a file opened for it would stay open.
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
