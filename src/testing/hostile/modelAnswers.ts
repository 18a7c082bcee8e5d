// Answers to a request for a model that are not one.
import { readFileSync } from 'node:fs';
import { createGzip, gzipSync } from 'node:zlib';
import { encodeSafetensors, tensorChecksum } from '../../data/files/safetensors.ts';
import { fileWithHeader } from '../safetensorsFiles.ts';
import { type Answer, endless } from './hostileServer.ts';

/** An answer, and the error that `loadModel` must report. */
interface ModelAnswer {
  readonly answer: Answer;
  readonly error: RegExp;
  /** The error in a browser, if it differs: browsers hide many causes. */
  readonly errorInPage?: RegExp;
}

/** A file of 100 numbers that belong to no model. */
const small = encodeSafetensors(new Map([['x', { shape: [100], data: new Float32Array(100) }]]), {});

/** The beginning of a file with one tensor of this many bytes. */
const promising = (bytes: number): Buffer =>
  fileWithHeader(`{"x":{"dtype":"F32","shape":[${bytes / 4}],"data_offsets":[0,${bytes}]}}`);

/** A file with this metadata and no tensor. */
const describing = (metadata: Record<string, string>): Uint8Array =>
  encodeSafetensors(new Map(), { ...metadata, checksum: tensorChecksum(new Map(), metadata) });

const options = { levels: 1, depth: 1, conditioner: { width: 4 } };
const answerWith =
  (bytes: Uint8Array, headers = {}): Answer =>
  (_, response) =>
    response.writeHead(200, headers).end(bytes);
const brokenOff = /^cannot fetch \S+: the connection was lost; give the URL/;
const unreachable = /^cannot fetch \S+: Failed to fetch; give the URL/;
const notSafetensors = /^cannot read \S+ as safetensors: it does not start like a safetensors file/;

/** The answers, by name. */
export const modelAnswers: Readonly<Record<string, ModelAnswer>> = {
  'an endless body': {
    answer: (_, response) => endless(small, response),
    error: /: the server sends more than the \d+ bytes that the file declares; use another copy$/,
  },
  'an endless body of zeros': {
    answer: (_, response) => endless(Buffer.alloc(2 ** 20), response),
    error: /as safetensors: its header is not valid JSON/,
  },
  'an endless header': {
    answer: (_, response) => endless(Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]), response),
    error: /as safetensors: its header is not valid JSON/,
  },
  'a file of terabytes': {
    answer: (_, response) => endless(promising(2 ** 42), response),
    error: / is not an exported model: its metadata does not describe one/,
  },
  'a length of terabytes': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-length': 2 ** 42 });
      endless(small, response);
    },
    error: /: more than 1073741824 bytes; raise maxBytes if you trust it$/,
  },
  'a length that is too large': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-length': small.length + 5 });
      response.write(small, () => response.destroy());
    },
    error: brokenOff,
  },
  'a length that is too small': {
    answer: (_, response) => response.writeHead(200, { 'content-length': 300 }).end(small),
    error: /as safetensors: it is truncated, with \d+ of 400 bytes of tensors/,
  },
  'a header that promises more': {
    answer: answerWith(Buffer.concat([promising(2 ** 25), small])),
    error: /as safetensors: it is truncated, with \d+ of 33554432 bytes of tensors/,
  },
  'an empty body': {
    answer: answerWith(Buffer.alloc(0)),
    error: /as safetensors: it has 0 bytes, too few for a header/,
  },
  'a bomb': {
    answer: (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      const zip = createGzip({ level: 9 });
      zip.pipe(response).on('close', () => zip.destroy());
      endless(small, zip);
    },
    error: /: the server sends more than the \d+ bytes that the file declares; use another copy$/,
  },
  'a broken compression': {
    answer: answerWith(gzipSync(small).subarray(0, 40), { 'content-encoding': 'gzip' }),
    error:
      /^cannot (fetch|read) \S+( as safetensors)?: (the connection was lost|it has \d+ bytes|it is truncated)/,
  },
  'an uncompressed body declared as gzip': {
    answer: answerWith(small, { 'content-encoding': 'gzip' }),
    error: brokenOff,
    errorInPage: /^cannot fetch \S+: (the connection was lost|Failed to fetch); give the URL/,
  },
  'an error as a web page': {
    answer: (_, response) => {
      response.writeHead(500, 'Oh no', { 'content-type': 'text/html' });
      endless(Buffer.from('<h1>'), response);
    },
    error: /^cannot fetch \S+: the server returned 500 Oh no; give the URL/,
  },
  'a web page': {
    answer: answerWith(Buffer.from('<h1>Welcome</h1>'), { 'content-type': 'Text/HTML' }),
    error: /: the server returned a web page instead of a file; give the URL/,
  },
  'a web page with another type': {
    answer: answerWith(Buffer.from('<!doctype html><h1>Welcome</h1>')),
    error: notSafetensors,
  },
  'no content': {
    answer: (_, response) => response.writeHead(204).end(),
    error: /: the server returned 204/,
    errorInPage: /as safetensors: it has 0 bytes, too few for a header/,
  },
  'redirects in a circle': {
    answer: ({ url }, response) => response.writeHead(302, { location: url }).end(),
    error: /^cannot fetch \S+: fetch failed; give the URL/,
    errorInPage: unreachable,
  },
  'a redirect to a file': {
    answer: (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    error: /^cannot fetch \S+: fetch failed; give the URL/,
    errorInPage: unreachable,
  },
  'a redirect to another server': {
    // The same server under another name, which pages of other origins cannot read.
    answer: ({ headers }, response) =>
      response
        .writeHead(307, {
          location: `http://${headers.host!.replace('127.0.0.1', 'localhost')}/an%20empty%20body/`,
        })
        .end(),
    error: /as safetensors: it has 0 bytes, too few for a header/,
    errorInPage: unreachable,
  },
  'a connection that ends': {
    answer: (_, response) => response.destroy(),
    error: /^cannot fetch \S+: fetch failed; give the URL/,
    errorInPage: unreachable,
  },
  'a model that differs from its weights': {
    answer: answerWith(describing({ model: JSON.stringify(options), imageShape: '8x8x1' })),
    error: /does not fit its own model: \S+ is missing, expected/,
  },
  'a model of huge images': {
    answer: answerWith(describing({ model: JSON.stringify(options), imageShape: '9999999x9999999x3' })),
    error: /the images are 9999999x9999999x3, but models take at most/,
  },
  'a model of huge depth': {
    answer: answerWith(
      describing({ model: JSON.stringify({ ...options, depth: 1e9 }), imageShape: '8x8x1' }),
    ),
    error: /model.depth must be a whole number from 1 to 1000/,
  },
  'a model of lists in lists': {
    answer: answerWith(describing({ model: '['.repeat(2 ** 20), imageShape: '8x8x1' })),
    error: /is not an exported model: its metadata does not describe one/,
  },
};

/** Sends a sound model, a few bytes at a time. */
export const slowModel: Answer = (_, response) => {
  const model = readFileSync('models/mnist-small/model.safetensors');
  let position = 0;
  const timer = setInterval(() => {
    response.write(model.subarray(position, position + 8));
    position += 8;
  }, 20);
  response.on('close', () => clearInterval(timer));
};
