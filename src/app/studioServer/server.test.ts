// A studio's server: the files it serves, and the requests it refuses.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerPart } from '../../core/parts/registry.ts';
import { defineMixing } from '../../flows/contract/mixing.ts';
import { reverse } from '../../flows/layers/permutation.ts';
import { runFiles, runPaths } from '../../runs/folder/runFolder.ts';
import type { ConfigLayer } from '../../runs/settings/configSchema.ts';
import { stringifyConfig } from '../../runs/settings/configText.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { tinyConfig } from '../../testing/tinyRuns.ts';
import { studioFiles } from './files.ts';
import type { FoundRuns, OfferedModel } from './lists.ts';
import { type RunningStudio, serveStudio } from './server.ts';
import { createShelf } from './shelf.ts';

const folder = temporaryFolder();
let root: string;
let studio: RunningStudio;

const path = (...names: string[]): string => join(root, ...names);

/** A run folder with text in place of weights. */
function writeRun(...names: string[]): void {
  mkdirSync(path(...names, 'checkpoints'), { recursive: true });
  writeFileSync(path(...names, 'config.yaml'), stringifyConfig(tinyConfig()));
  writeFileSync(path(...names, 'checkpoints', 'step-00000006.safetensors'), 'weights');
  writeFileSync(path(...names, 'data.mark'), 'secret');
}

/** An export with text in place of weights. */
function writeExport(manifest: string, ...names: string[]): void {
  mkdirSync(path(...names), { recursive: true });
  writeFileSync(path(...names, 'manifest.json'), manifest);
  writeFileSync(path(...names, 'model.safetensors'), 'weights');
}

const manifest = JSON.stringify({
  image: { shape: [8, 8, 1] },
  model: {},
  files: {},
  trained: { preset: null, dataset: 'tiny', step: 6, bitsPerDim: [{ bitsPerDim: 2.5, split: 'test' }] },
});

beforeEach(async () => {
  root = mkdtempSync(join(folder, 'studio-'));
  mkdirSync(path('page', 'assets'), { recursive: true });
  writeFileSync(path('page', 'index.html'), '<!doctype html>');
  writeFileSync(path('page', 'assets', 'main.js'), 'script');
  writeFileSync(path('secret'), 'secret');
  writeRun('runs', 'first');
  writeExport(manifest, 'runs', 'second');
  studio = await serve();
});
afterEach(() => studio.close());

const serve = (host = '127.0.0.1', port = 0): Promise<RunningStudio> =>
  serveStudio(studioFiles([createShelf('runs', path('runs'))], path('page')), { host, port });

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Asks with a path that is sent unchanged. */
function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(studio.url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path: target, headers, method }, async (response) =>
      resolve({ status: response.statusCode!, headers: response.headers, body: await text(response) }),
    )
      .on('error', reject)
      .end();
  });
}

const models = async (): Promise<OfferedModel[]> => JSON.parse((await ask('/models.json')).body);

it('serves the page cross-origin isolated, with only its own scripts, and caches only assets', async () => {
  const { status, headers, body } = await ask('/');
  expect({ status, body }).toEqual({ status: 200, body: '<!doctype html>' });
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'x-content-type-options': 'nosniff',
  });
  expect(headers['content-security-policy']).toMatch(
    /default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/,
  );
  expect(headers['content-security-policy']).not.toMatch(/unsafe-inline|\*/);
  expect((await ask('/assets/main.js')).headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'max-age=31536000, immutable',
  });
  expect(await ask('/', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
});

it('serves files that the build has compressed, still compressed if the client accepts it', async () => {
  const bytes = gzipSync('a long script');
  writeFileSync(path('page', 'assets', 'long.js.gz'), bytes);
  const gzip = { 'accept-encoding': 'gzip, deflate, br' };
  expect((await ask('/assets/long.js', gzip)).headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-encoding': 'gzip',
    'content-length': String(bytes.length),
    vary: 'accept-encoding',
  });
  const uncompressed = [{}, { 'accept-encoding': 'br' }, { ...gzip, range: 'bytes=0-2' }];
  for (const headers of uncompressed) {
    const plain = await ask('/assets/long.js', headers);
    expect(plain).toMatchObject({ status: 200, headers: { vary: 'accept-encoding' }, body: 'a long script' });
    expect(plain.headers).not.toHaveProperty('content-encoding');
  }
  expect(await ask('/assets/long.js', {}, 'HEAD')).toMatchObject({ status: 200, body: '' });
  const part = await ask('/assets/main.js', { ...gzip, range: 'bytes=0-2' });
  expect(part).toMatchObject({ status: 206, body: 'scr' });
});

it('serves files that the package has outside its page', async () => {
  mkdirSync(path('wasm'));
  writeFileSync(path('wasm', 'engine.wasm.gz'), gzipSync('instructions'));
  const shared = { 'assets/engine-12345678.wasm': '../wasm/engine.wasm.gz' };
  writeFileSync(path('page', 'shared.json'), JSON.stringify(shared));
  expect(await ask('/assets/engine-12345678.wasm')).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/wasm' },
    body: 'instructions',
  });
  const { headers } = await ask('/assets/engine-12345678.wasm', { 'accept-encoding': 'gzip' });
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/wasm' });
  for (const name of ['/shared.json', '/wasm/engine.wasm.gz', '/../wasm/engine.wasm.gz']) {
    expect(await ask(name), name).toMatchObject({ status: 404 });
  }
});

it('lists runs and exports, and serves the files that make them up', async () => {
  const unknown = { preset: null, test: null, problem: null };
  expect(await models()).toEqual([
    {
      ...unknown,
      path: 'runs/first',
      kind: 'run',
      files: ['config.yaml', 'checkpoints/step-00000006.safetensors'],
      data: 'tiny',
      step: 6,
    },
    {
      ...unknown,
      path: 'runs/second',
      kind: 'export',
      files: ['model.safetensors', 'manifest.json'],
      data: 'tiny',
      step: 6,
      test: 2.5,
    },
  ]);
  const { status, headers, body } = await ask('/runs/second/model.safetensors');
  expect({ status, body }).toEqual({ status: 200, body: 'weights' });
  expect(headers).toMatchObject({ 'content-length': '7', 'cache-control': 'no-store' });
  expect(await ask('/runs/first/checkpoints/step-00000006.safetensors')).toMatchObject({ body: 'weights' });
});

it('serves what it lists, whatever characters its name has', async () => {
  rmSync(path('runs'), { recursive: true });
  // Invisible ones are listed with an escape, so with a backslash.
  const names = ['50 %25 #?&', 'größer 図', 'gnp\u202e', ...(sep === '/' ? ['back\\slash'] : [])];
  for (const name of names) {
    writeRun('runs', name);
  }
  const listed = await models();
  expect(listed).toHaveLength(names.length);
  for (const { path: place, files } of listed) {
    const address = `/${place.split('/').map(encodeURIComponent).join('/')}/${files[1]}`;
    expect(await ask(address), place).toMatchObject({ status: 200, body: 'weights' });
  }
});

it('serves the scores of validation images if there are any', async () => {
  writeFileSync(path('runs', 'second', 'scores.json'), '{}');
  symlinkSync(path('secret'), path('runs', 'first', 'scores.json'));
  expect((await models()).map(({ files }) => files.at(-1))).toEqual([
    'checkpoints/step-00000006.safetensors',
    'scores.json',
  ]);
  expect(await ask('/runs/second/scores.json')).toMatchObject({ status: 200, body: '{}' });
  expect(await ask('/runs/first/scores.json')).toMatchObject({ status: 404 });
});

it('serves parts of a growing log by offset', async () => {
  writeFileSync(path('runs', 'first', 'metrics.jsonl'), '{"step":1}\n{"step":2}\n');
  const part = (range: string) => ask('/runs/first/metrics.jsonl', { range });
  expect(await part('bytes=11-')).toMatchObject({
    status: 206,
    headers: { 'content-range': 'bytes 11-21/22', 'content-length': '11' },
    body: '{"step":2}\n',
  });
  expect(await part('bytes=0-10')).toMatchObject({ status: 206, body: '{"step":1}\n' });
  expect(await part('bytes=21-999')).toMatchObject({ status: 206, body: '\n' });
  for (const range of ['bytes=22-', 'bytes=9-3']) {
    expect(await part(range)).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */22' } });
  }
  expect(await part('bytes=-5')).toMatchObject({ status: 200, headers: { 'content-length': '22' } });
  writeFileSync(path('runs', 'first', 'metrics.jsonl'), '');
  expect(await part('bytes=0-')).toMatchObject({ status: 416 });
  expect(await ask('/runs/first/metrics.jsonl')).toMatchObject({ status: 200, body: '' });
});

it('lists nested runs with their progress and samples', async () => {
  writeRun('runs', 'mine', 'deep');
  mkdirSync(path('runs', 'mine', 'deep', 'samples'));
  writeFileSync(path('runs', 'mine', 'deep', 'samples', 'step-00000006.png'), 'picture');
  writeFileSync(path('runs', 'mine', 'deep', 'samples', 'notes.png'), 'secret');
  const logs = (text: string) => writeFileSync(path('runs', 'mine', 'deep', 'metrics.jsonl'), text);
  const deep = async () =>
    (JSON.parse((await ask('/runs.json')).body) as FoundRuns).runs.find(
      (run) => run.path === 'runs/mine/deep',
    );
  logs('{"step":6,"bitsPerDim":3}\n');
  expect(await deep()).toMatchObject({ step: 6, train: 3, validation: null, problem: null });
  logs('{"step":6,"bitsPerDim":3}\n{"step":6,"validationBitsPerDim":2.5}\n');
  expect(await deep()).toMatchObject({
    validation: 2.5,
    files: ['config.yaml', 'checkpoints/step-00000006.safetensors'],
    samples: ['samples/step-00000006.png'],
    isTraining: false,
    texts: [],
  });
  // Nothing else may write while this process holds the lock, which makes the run a live one.
  const lock = runFiles(runPaths(path('runs', 'mine', 'deep'))).lock();
  writeFileSync(path('runs', 'mine', 'deep', 'summary.json'), '{}');
  expect(await deep()).toMatchObject({ isTraining: true, texts: ['summary.json'] });
  lock.release();
  expect(await deep()).toMatchObject({ isTraining: false, settings: expect.objectContaining({ seed: '0' }) });
  expect(await ask('/runs/mine/deep/samples/step-00000006.png')).toMatchObject({
    status: 200,
    headers: { 'content-type': 'image/png' },
  });
  expect(await ask('/runs/mine/deep/samples/notes.png')).toMatchObject({ status: 404 });
});

describe('requests that are refused', () => {
  it.each([
    '/../secret',
    '/runs/../../secret',
    '/runs/first/../../secret',
    '/runs/first/%2e%2e/%2e%2e/secret',
    '/runs/first/..%2f..%2fsecret',
    '/runs/first/..%5c..%5csecret',
    '/runs/first/config.yaml%00',
    '/runs/first/%',
    '//runs/first/config.yaml',
    '/runs/first',
    '/runs/first/',
    '/runs/first/data.mark',
    '/runs/first/checkpoints/../data.mark',
    '/assets',
    'http://elsewhere/index.html',
    'file:///etc/passwd',
    '*',
    '/runs/first/%252e%252e/%252e%252e/secret',
    '/runs/first/%c0%ae%c0%ae/secret',
    '/runs/first/.%00./secret',
    '/runs/first/./config.yaml',
    '/runs/first/config.yaml/',
    '/runs/first/config.yaml%0d%0aset-cookie:%20a=b',
    '/runs/first/CONFIG.YAML',
    '/__proto__',
    `/${'a/'.repeat(4000)}`,
    `/runs/first/checkpoints/step-${'0'.repeat(300)}.safetensors`,
  ])('are those for %s', async (target) => {
    const { status, body } = await ask(target);
    expect({ status, body }).toEqual({ status: 404, body: 'not found\n' });
  });

  it.each(['elsewhere.example', 'elsewhere.example:80', '127.0.0.1.elsewhere.example', '192.0.2.1'])(
    'are those to the host "%s"',
    async (host) => {
      expect(await ask('/', { host })).toMatchObject({ status: 403 });
    },
  );

  it('serves a page that has been rebuilt', async () => {
    expect((await ask('/assets/main-2.js')).status).toBe(404);
    writeFileSync(path('page', 'assets', 'main-2.js'), 'another script');
    expect(await ask('/assets/main-2.js')).toMatchObject({ status: 200, body: 'another script' });
  });

  it('are those from other sites, and all that aren’t reads', async () => {
    const { host } = new URL(studio.url);
    expect(await ask('/models.json', { origin: 'http://elsewhere.example' })).toMatchObject({ status: 403 });
    expect(await ask('/models.json', { origin: 'null' })).toMatchObject({ status: 403 });
    expect(await ask('/models.json', { origin: `http://${host}` })).toMatchObject({ status: 200 });
    expect(await ask('/models.json', { host: `localhost:${new URL(studio.url).port}` })).toMatchObject({
      status: 200,
    });
    const picture = (site: string) => ({ 'sec-fetch-site': site, 'sec-fetch-mode': 'no-cors' });
    expect(await ask('/models.json', picture('cross-site'))).toMatchObject({ status: 403 });
    expect(await ask('/models.json', picture('same-site'))).toMatchObject({ status: 403 });
    expect(await ask('/models.json', picture('same-origin'))).toMatchObject({ status: 200 });
    const link = { ...picture('cross-site'), 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await ask('/', link)).toMatchObject({ status: 200 });
    expect(await ask('/', { ...link, 'sec-fetch-dest': 'iframe' })).toMatchObject({ status: 403 });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect(await ask('/', {}, method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
  });
});

describe('folders from strangers', () => {
  it('don’t hide others if their files can’t be looked at', async () => {
    for (const name of ['exported', 'trained']) {
      mkdirSync(path('runs', name));
      symlinkSync('manifest.json', path('runs', name, 'manifest.json'));
    }
    writeFileSync(path('runs', 'trained', 'config.yaml'), stringifyConfig(tinyConfig()));
    const problems = Object.fromEntries((await models()).map((model) => [model.path, model.problem]));
    const circle = expect.stringMatching(/manifest\.json: its links lead in a circle/);
    expect(problems).toEqual({
      'runs/exported': circle,
      'runs/first': null,
      'runs/second': null,
      'runs/trained': circle,
    });
    expect(await ask('/runs.json')).toMatchObject({ status: 200 });
  });

  it('can’t lead elsewhere by links', async () => {
    writeRun('elsewhere');
    symlinkSync(path('elsewhere'), path('runs', 'linked'));
    rmSync(path('runs', 'second', 'model.safetensors'));
    symlinkSync(path('secret'), path('runs', 'second', 'model.safetensors'));
    rmSync(path('runs', 'first'), { recursive: true });
    mkdirSync(path('runs', 'first'));
    writeFileSync(path('runs', 'first', 'config.yaml'), stringifyConfig(tinyConfig()));
    symlinkSync(path('elsewhere', 'checkpoints'), path('runs', 'first', 'checkpoints'));

    symlinkSync(path('secret'), path('runs', 'second', 'README.md'));
    symlinkSync(root, path('runs', 'round'));

    const offered = await models();
    expect(offered.map((model) => model.path)).toEqual(['runs/first', 'runs/second']);
    expect(offered[0]).toMatchObject({
      files: [],
      problem: expect.stringMatching(/is a link out of its folder/),
    });
    expect(offered[1]).toMatchObject({
      files: [],
      problem: expect.stringMatching(/model\.safetensors is a link out of its folder/),
    });
    for (const file of [
      'linked/config.yaml',
      'second/model.safetensors',
      'second/README.md',
      'first/checkpoints/step-00000006.safetensors',
    ]) {
      expect(await ask(`/runs/${file}`), file).toMatchObject({ status: 404 });
    }
  });

  it('are unusable if their mixing isn’t part of the library, even if it is registered here', async () => {
    registerPart(
      defineMixing({ name: 'served', summary: 'Turned.', build: (shape) => ({ turned: reverse(shape) }) }),
    );
    const config = stringifyConfig(tinyConfig()).replace(/mixing:\n( {4}.*\n)+/, 'mixing: served\n');
    writeFileSync(path('runs', 'first', 'config.yaml'), config);
    writeExport(JSON.stringify({ ...JSON.parse(manifest), model: { mixing: 'other' } }), 'runs', 'second');
    const problem = (name: string) =>
      `its mixing "${name}" is not part of the library, and the studio runs no other code: ` +
      'use the model in a terminal or from code';
    expect(await models()).toMatchObject([
      { path: 'runs/first', files: [], problem: problem('served') },
      { path: 'runs/second', files: [], problem: problem('other') },
    ]);
  });

  it.each<[NonNullable<ConfigLayer['model']>, string]>([
    [
      { continuous: { mean: [1], deviation: [2] } },
      'its images are real numbers, and the studio shows models of',
    ],
    [
      { bits: 12 },
      'its images are integers of 12 bits, and the studio shows models of 8-bit images: use the',
    ],
    [
      { condition: [{ name: 'omega', mean: 0, deviation: 1 }] },
      "it depends on conditions, which the studio can't give: use the model in a terminal",
    ],
  ])('are unusable with %j', async (model, problem) => {
    writeFileSync(path('runs', 'first', 'config.yaml'), stringifyConfig(tinyConfig({}, model)));
    writeExport(JSON.stringify({ ...JSON.parse(manifest), model }), 'runs', 'second');
    const expected = { files: [], problem: expect.stringContaining(problem) };
    expect(await models()).toMatchObject([expected, expected]);
  });

  it('are described by a sentence if they are damaged, without affecting others', async () => {
    writeExport('{ "trained": 3 }', 'runs', 'odd');
    writeExport('not JSON', 'runs', 'text');
    mkdirSync(path('runs', 'empty'));
    writeFileSync(path('runs', 'empty', 'config.yaml'), 'model: { levels: many }');
    mkdirSync(path('runs', 'young'));
    writeFileSync(path('runs', 'young', 'config.yaml'), stringifyConfig(tinyConfig()));
    const problems = Object.fromEntries((await models()).map((model) => [model.path, model.problem]));
    expect(problems).toEqual({
      'runs/first': null,
      'runs/second': null,
      'runs/odd': expect.stringMatching(/manifest\.json does not describe an exported model; export again/),
      'runs/text': expect.stringMatching(/manifest\.json/),
      'runs/empty': expect.stringMatching(/model\.levels must be/),
      'runs/young': expect.stringMatching(/no checkpoint yet/),
    });
    expect(JSON.stringify(problems)).not.toContain('\\n');
  });
});

describe('where it listens', () => {
  it('accepts its address or the given host, if it listens beyond this machine', async () => {
    await studio.close();
    studio = await serve('0.0.0.0');
    expect(await ask('/', { host: '192.0.2.1' })).toMatchObject({ status: 200 });
    expect(await ask('/', { host: 'elsewhere.example' })).toMatchObject({
      status: 403,
      body: 'unknown host name: open the studio at the IP address of its machine, or start it with --host and this name\n',
    });
  });

  // Linux answers at all of 127.0.0.0/8.
  it.skipIf(process.platform !== 'linux')(
    'accepts its own address if that is another of this machine',
    async () => {
      await studio.close();
      studio = await serve('127.0.0.2');
      expect(await ask('/')).toMatchObject({ status: 200 });
      expect(await ask('/', { host: '192.0.2.1' })).toMatchObject({ status: 403 });
    },
  );

  it('is any port if the default one is taken, but fails if a chosen one is', async () => {
    const port = Number(new URL(studio.url).port);
    await expect(serve('127.0.0.1', port)).rejects.toMatchObject({
      code: 'io',
      message: `cannot listen at 127.0.0.1, port ${port}: another program uses the port; choose another`,
    });
    const files = studioFiles([], path('page'));
    const two = [
      await serveStudio(files, { host: '127.0.0.1' }),
      await serveStudio(files, { host: '127.0.0.1' }),
    ];
    expect(two[0]!.url).not.toBe(two[1]!.url);
    await Promise.all(two.map((server) => server.close()));
  });
});
