// Answers to a download that are never the published file.
import { type Answer, endless } from './hostileServer.ts';

const start = Buffer.from('x');
const redirect =
  (location: string): Answer =>
  (_, response) =>
    response.writeHead(302, { Location: location }).end();

/** The answers, by name. */
export const downloadAnswers: Readonly<Record<string, Answer>> = {
  short: (_, response) => response.writeHead(200, { ETag: '"a"', 'Content-Length': 4 }).end('abcd'),
  empty: (_, response) => response.writeHead(200, { 'Content-Length': 0 }).end(),
  endless: (_, response) => endless(start, response.writeHead(200, { ETag: '"a"' })),
  'endless-lie': (_, response) => endless(start, response.writeHead(200, { 'Content-Length': 2 ** 50 })),
  'other-part': (_, response) => response.writeHead(206, { 'Content-Range': 'bytes 7-9/10' }).end('abc'),
  missing: (_, response) => response.writeHead(404).end(),
  'no-range': (_, response) => response.writeHead(416).end(),
  'redirect-loop': redirect('.'),
  'redirect-file': redirect('file:///etc/passwd'),
  'redirect-nowhere': redirect('http://[:::'),
  'redirect-data': redirect('data:,x'),
  'redirect-credentials': redirect('//user:secret@127.0.0.1:1/'),
  'odd-tag': (_, response) =>
    response.writeHead(200, { ETag: 'x'.repeat(10_000), 'Content-Length': 1 }).end('a'),
  'odd-reason': (_, response) => response.writeHead(403, '\x80 [2J').end(),
  informational: (_, response) => response.writeHead(299).end('x'),
};
