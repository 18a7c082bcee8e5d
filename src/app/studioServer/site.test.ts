// A studio as static files: which files are written, and which are left alone.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, it } from 'vitest';
import { catchUserError } from '../../testing/catchUserError.ts';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { bundledModels, type StudioFiles, studioFiles } from './files.ts';
import { requireSiteFolder, writeSite } from './site.ts';

const folder = temporaryFolder();
let root: string;
let site: string;
let files: StudioFiles;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'site-'));
  site = join(root, 'site');
  mkdirSync(join(root, 'page', 'assets'), { recursive: true });
  writeFileSync(join(root, 'page', 'index.html'), '<html><head></head></html>');
  writeFileSync(join(root, 'page', 'assets', 'a.js'), 'one');
  files = studioFiles([bundledModels], join(root, 'page'));
});

const read = (name: string): string => readFileSync(join(site, name), 'utf8');

it('writes the page with its content security policy, the models and their list', async () => {
  expect(await writeSite(site, files)).toBe(12);
  expect(readdirSync(root).sort()).toEqual(['page', 'site']);
  expect(read('index.html')).toMatch(
    /<head><meta http-equiv="Content-Security-Policy" content="default-src 'none'; /,
  );
  expect(read('assets/a.js')).toBe('one');
  const bundled = ['models/emoji', 'models/mnist', 'models/mnist-small'];
  expect(JSON.parse(read('models.json'))).toMatchObject(bundled.map((path) => ({ path, problem: null })));
  for (const folder of bundled) {
    for (const name of ['model.safetensors', 'manifest.json', 'scores.json']) {
      expect(readFileSync(join(site, folder, name))).toEqual(readFileSync(join(folder, name)));
    }
  }
});

it('gives the picture of link previews its whole address, if that is known', async () => {
  writeFileSync(
    join(root, 'page', 'index.html'),
    '<head><meta property="og:image" content="./preview.png" /></head>',
  );
  await writeSite(site, files);
  expect(read('index.html')).toContain('content="./preview.png"');
  await writeSite(site, files, { url: 'https://example.org/flows/' });
  expect(read('index.html')).toContain('content="https://example.org/flows/preview.png"');
});

it('writes what is stored compressed both ways, wherever the package has it', async () => {
  mkdirSync(join(root, 'wasm'));
  writeFileSync(join(root, 'page/assets/long.js.gz'), gzipSync('long'));
  writeFileSync(join(root, 'wasm/engine.wasm.gz'), gzipSync('instructions'));
  writeFileSync(join(root, 'page/digits.images.gz'), 'digits');
  const shared = { 'assets/engine-12345678.wasm': '../wasm/engine.wasm.gz' };
  writeFileSync(join(root, 'page/shared.json'), JSON.stringify(shared));
  await writeSite(site, studioFiles([], join(root, 'page')));
  expect(read('assets/long.js')).toBe('long');
  expect(read('assets/engine-12345678.wasm')).toBe('instructions');
  expect(readFileSync(join(site, 'assets/long.js.gz'))).toEqual(gzipSync('long'));
  expect(readdirSync(site).sort()).toEqual([
    'assets',
    'digits.images.gz',
    'index.html',
    'models.json',
    'studio-files.json',
  ]);
});

it('replaces only its own files when built again', async () => {
  await writeSite(site, files);
  writeFileSync(join(site, 'CNAME'), 'studio.example');
  rmSync(join(root, 'page', 'assets', 'a.js'));
  writeFileSync(join(root, 'page', 'assets', 'b.js'), 'two');
  await writeSite(site, studioFiles([], join(root, 'page')));
  expect(readdirSync(join(site, 'assets'))).toEqual(['b.js']);
  expect(existsSync(join(site, 'models/mnist-small/model.safetensors'))).toBe(false);
  expect(read('CNAME')).toBe('studio.example');
});

it('leaves no new folder when it is stopped or fails, and an earlier page that works', async () => {
  const controller = new AbortController();
  // Stops at the second file.
  const stopping: StudioFiles = {
    ...files,
    find(name) {
      controller.abort();
      return files.find(name);
    },
  };
  expect(await writeSite(site, stopping, { signal: controller.signal })).toBeUndefined();
  const failing: StudioFiles = { ...files, find: (name) => (isPage(name) ? undefined : files.find(name)) };
  await expect(writeSite(site, failing)).rejects.toThrow('index.html disappeared during the build');
  expect(readdirSync(root)).toEqual(['page']);
  await writeSite(site, files);
  const page = read('index.html');
  rmSync(join(root, 'page', 'assets', 'a.js'));
  writeFileSync(join(root, 'page', 'assets', 'b.js'), 'two');
  writeFileSync(join(root, 'page', 'index.html'), '<html><head></head>b</html>');
  await expect(writeSite(site, failing)).rejects.toThrow('index.html disappeared during the build');
  expect(read('index.html')).toBe(page);
  expect(readdirSync(join(site, 'assets'))).toEqual(['a.js', 'b.js']);
  await writeSite(site, files);
  expect(readdirSync(join(site, 'assets'))).toEqual(['b.js']);
});

const isPage = (name: string): boolean => name === 'index.html';

it('lists the models that it has copied, even if they are trained meanwhile', async () => {
  let step = 40;
  const checkpoint = (): string => `runs/a/checkpoints/step-000000${step}.safetensors`;
  const training: StudioFiles = {
    ...files,
    list: () => ['index.html', 'models.json', checkpoint()],
    find(name) {
      if (name === 'models.json') {
        return { text: JSON.stringify([checkpoint()]) };
      }
      if (name === 'index.html') {
        return files.find(name);
      }
      // The next checkpoint is written while this one is copied.
      step++;
      return { text: 'weights' };
    },
  };
  await writeSite(site, training);
  const [listed] = JSON.parse(read('models.json'));
  expect(read(listed)).toBe('weights');
});

it('refuses a folder with other files, and a file', async () => {
  mkdirSync(site);
  requireSiteFolder(site);
  writeFileSync(join(site, 'thesis.tex'), '');
  await expect(writeSite(site, files)).rejects.toMatchObject({
    code: 'exists',
    message: `${site} is not empty (contains thesis.tex) and not an earlier build of the studio: choose another folder`,
  });
  writeFileSync(join(site, 'studio-files.json'), '{ "files": ["../page/index.html"] }');
  await expect(writeSite(site, files)).rejects.toMatchObject({ code: 'exists' });
  expect(catchUserError(() => requireSiteFolder(join(site, 'thesis.tex'))).code).toBe('exists');
  expect(readdirSync(site)).toEqual(['studio-files.json', 'thesis.tex']);
});

it('does not write through a link', async () => {
  await writeSite(site, files);
  mkdirSync(join(root, 'mine'));
  rmSync(join(site, 'assets'), { recursive: true });
  symlinkSync(join(root, 'mine'), join(site, 'assets'));
  await expect(writeSite(site, files)).rejects.toThrow(/links in .* are not followed/);
  expect(readdirSync(join(root, 'mine'))).toEqual([]);
});
