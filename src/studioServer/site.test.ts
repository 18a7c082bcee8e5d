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
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { failureOf } from '../testing/failureOf.ts';
import { bundledModels, type StudioFiles, studioFiles } from './files.ts';
import { requireSiteFolder, writeSite } from './site.ts';

let root: string;
let site: string;
let files: StudioFiles;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'emerging-'));
  site = join(root, 'site');
  mkdirSync(join(root, 'page', 'assets'), { recursive: true });
  writeFileSync(join(root, 'page', 'index.html'), '<html><head></head></html>');
  writeFileSync(join(root, 'page', 'assets', 'a.js'), 'one');
  files = studioFiles([bundledModels], join(root, 'page'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(site, name), 'utf8');

it('writes the page with its content security policy, the models and their list', () => {
  expect(writeSite(site, files)).toBe(12);
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

it('replaces only its own files when built again', () => {
  writeSite(site, files);
  writeFileSync(join(site, 'CNAME'), 'studio.example');
  rmSync(join(root, 'page', 'assets', 'a.js'));
  writeFileSync(join(root, 'page', 'assets', 'b.js'), 'two');
  writeSite(site, studioFiles([], join(root, 'page')));
  expect(readdirSync(join(site, 'assets'))).toEqual(['b.js']);
  expect(existsSync(join(site, 'models/mnist-small/model.safetensors'))).toBe(false);
  expect(read('CNAME')).toBe('studio.example');
});

it('refuses a folder with other files, and a file', () => {
  mkdirSync(site);
  requireSiteFolder(site);
  writeFileSync(join(site, 'thesis.tex'), '');
  const failure = failureOf(() => writeSite(site, files));
  expect(failure.code).toBe('exists');
  expect(failure.message).toBe(
    `${site} is not empty (contains thesis.tex) and not an earlier build of the studio: choose another folder`,
  );
  writeFileSync(join(site, 'studio-files.json'), '{ "files": ["../page/index.html"] }');
  expect(failureOf(() => writeSite(site, files)).code).toBe('exists');
  expect(failureOf(() => requireSiteFolder(join(site, 'thesis.tex'))).code).toBe('exists');
  expect(readdirSync(site)).toEqual(['studio-files.json', 'thesis.tex']);
});

it('does not write through a link', () => {
  writeSite(site, files);
  mkdirSync(join(root, 'mine'));
  rmSync(join(site, 'assets'), { recursive: true });
  symlinkSync(join(root, 'mine'), join(site, 'assets'));
  expect(failureOf(() => writeSite(site, files)).message).toMatch(/links in .* are not followed/);
  expect(readdirSync(join(root, 'mine'))).toEqual([]);
});
