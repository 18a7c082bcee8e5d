// Loading a model from a URL and from files in memory, with the values of the one on disk.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { startServer } from '../../testing/localServer.ts';
import { loadModel } from './loadModel.ts';

const weights = readFileSync('models/mnist-small/model.safetensors');
const { url: address, close } = await startServer((request, response) => {
  if (/^\/mnist\/model\.safetensors(\?key=1)?$/.test(request.url ?? '')) {
    response.writeHead(200, { 'content-length': weights.length });
    response.end(weights);
  } else {
    response.writeHead(404).end();
  }
});
afterAll(close);

describe('loadModel', () => {
  it('has the same model from a URL, from files and from disk', async () => {
    const seen: [number, number | undefined][] = [];
    const models = await Promise.all([
      loadModel('models/mnist-small'),
      loadModel(new URL(`${address}mnist`), { onProgress: (...update) => seen.push(update) }),
      loadModel(new URL(`${address}mnist/?key=1#model`)),
      loadModel({ 'model.safetensors': weights }),
      loadModel(pathToFileURL('models/mnist-small')),
    ]);
    const [{ fingerprint }] = models;
    expect(models.map((model) => model.fingerprint)).toEqual(Array(5).fill(fingerprint));
    expect(seen.at(-1)).toEqual([weights.length, weights.length]);
  });

  it('bounds a transfer, and says what is wrong with a source', async () => {
    const failures: [() => Promise<unknown>, string, RegExp][] = [
      [
        () => loadModel(new URL(`${address}mnist`), { maxBytes: 1000 }),
        'unsupported',
        /more than 1000 bytes/,
      ],
      [() => loadModel(new URL(`${address}none`)), 'io', /^cannot fetch .*: the server returned 404/],
      [() => loadModel({}), 'not-found', /^no model among the files \(none\)/],
      [
        () => loadModel({ 'model.safetensors': weights.subarray(0, 100) }),
        'invalid-data',
        /^cannot read model/,
      ],
      [
        () =>
          loadModel({
            'model.safetensors': weights.map((byte, index) => (index === 400_003 ? byte ^ 64 : byte)),
          }),
        'invalid-data',
        /^model\.safetensors is corrupt: its checksum does not match; use another copy$/,
      ],
      [() => loadModel({ 'model.safetensors': weights }, { step: 1 }), 'invalid-argument', /step/],
      [
        () =>
          loadModel(
            { 'config.yaml': 'data: { name: mnist }', 'checkpoints/step-00000040.safetensors': weights },
            { step: 3 },
          ),
        'not-found',
        /^the run has no checkpoint at step 3; available: step 40$/,
      ],
    ];
    for (const [failure, code, message] of failures) {
      await expect(failure()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    }
  });
});
