// The search for models: its results and limits.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../testing/temporaryFolder.ts';
import { modelsBelow, type Place, type SearchLimits } from './search.ts';
import { createShelf, searched } from './shelf.ts';

const folder = temporaryFolder();
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(folder, 'runs-'));
});

function writeRun(...names: string[]): void {
  mkdirSync(join(root, ...names), { recursive: true });
  writeFileSync(join(root, ...names, 'config.yaml'), '');
}
const makeFolder = (...names: string[]) => mkdirSync(join(root, ...names), { recursive: true });
const listPaths = (places: readonly Place[]): string[] => places.map(({ path }) => path);
const look = (limits: Partial<SearchLimits> = {}) => {
  const { places, stopped } = modelsBelow('runs', root, limits);
  return { paths: listPaths(places), stopped };
};

it('finds models at some depth, nearest first, and none in a model or in hidden folders', () => {
  writeRun('z', 'deep', 'deeper');
  writeRun('b');
  writeRun('b', 'inner');
  writeRun('.hidden');
  writeRun('node_modules', 'package');
  writeRun('z', 'deep', 'deeper2', 'too-deep');
  makeFolder('a');
  writeFileSync(join(root, 'a', 'manifest.json'), '');
  writeFileSync(join(root, 'a', 'model.safetensors'), '');
  expect(look()).toEqual({ paths: ['runs/a', 'runs/b', 'runs/z/deep/deeper'], stopped: undefined });
});

describe('limits', () => {
  it('apply to folders, names and time, with the nearest models found first', () => {
    writeRun('first');
    for (let index = 0; index < 30; index++) {
      makeFolder(`other-${index}`, 'inside');
    }
    writeRun('other-9', 'late');
    const only = (folders: number) =>
      `searched only the first ${folders === 1 ? 'folder' : `${folders} folders`} in ${root}: name the folder of your runs`;
    expect(look()).toEqual({ paths: ['runs/first', 'runs/other-9/late'], stopped: undefined });
    expect(look({ folders: 20 })).toEqual({ paths: ['runs/first'], stopped: only(20) });
    expect(look({ names: 32 })).toEqual({ paths: ['runs/first'], stopped: only(2) });
    expect(look({ names: 5 })).toMatchObject({ stopped: only(1) });
    expect(look({ milliseconds: -1 })).toEqual({ paths: [], stopped: only(0) });
  });

  it('apply to the models found, too', () => {
    for (let index = 0; index < 1100; index++) {
      writeRun(`run-${String(index).padStart(4, '0')}`);
    }
    const { paths, stopped } = look();
    expect(paths).toHaveLength(999);
    expect(stopped).toMatch(/^searched only the first 1000 folders/);
  });

  it('apply at the root of the file system', () => {
    expect(modelsBelow('runs', '/').stopped).toMatch(/^searched only the first \d+ folders in \/:/);
  });
});

it('skips unreadable folders, and links out of their folder', () => {
  writeRun('sound');
  makeFolder('closed');
  chmodSync(join(root, 'closed'), 0);
  symlinkSync(join(root, 'sound'), join(root, 'same'));
  symlinkSync('/', join(root, 'away'));
  symlinkSync('round', join(root, 'round'));
  try {
    expect(look()).toEqual({ paths: ['runs/same', 'runs/sound'], stopped: undefined });
  } finally {
    chmodSync(join(root, 'closed'), 0o755);
  }
});

it('shows names as visible text, and counts folders that it cannot show', () => {
  writeRun('gnp\u202e');
  writeRun('a\u001b');
  writeRun('a\\u001b');
  mkdirSync(Buffer.concat([Buffer.from(`${root}/`), Uint8Array.of(0x61, 0xff)]));
  expect(look()).toEqual({
    paths: ['runs/a\\u001b', 'runs/gnp\\u202e'],
    stopped: `left out 2 folders in ${root} whose names can't be shown, such as those that are not UTF-8: rename them`,
  });
});

describe('several shelves', () => {
  it('are searched again, but not immediately if that takes long', () => {
    writeRun('first');
    const shelf = vi.fn(createShelf('runs', root));
    const shelves = searched([shelf]);
    expect(listPaths(shelves.all().places)).toEqual(['runs/first']);
    writeRun('second');
    expect(listPaths(shelves.all().places)).toEqual(['runs/first', 'runs/second']);
    expect(shelf).toHaveBeenCalledTimes(2);
    shelves.file('runs/first/config.yaml');
    expect(shelf).toHaveBeenCalledTimes(2);

    let [time, duration] = [0, 2000];
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => time);
    const slow = searched([
      () => {
        time += duration;
        return shelf();
      },
    ]);
    try {
      shelf.mockClear();
      slow.all();
      writeRun('third');
      time += 30_000;
      expect(listPaths(slow.all().places)).toEqual(['runs/first', 'runs/second']);
      expect(slow.file('runs/third/config.yaml')).toBe(undefined);
      expect(shelf).toHaveBeenCalledTimes(1);
      time += 30_000;
      duration = 0;
      expect(slow.file('runs/third/config.yaml')).toBe(join(root, 'third', 'config.yaml'));
      expect(shelf).toHaveBeenCalledTimes(2);
    } finally {
      clock.mockRestore();
    }
  });

  it('are listed once, where they are found first, even if two folders or a link contain them', () => {
    writeRun('first');
    const links = mkdtempSync(join(folder, 'links-'));
    symlinkSync(join(root, 'first'), join(links, 'other'));
    const shelves = searched([
      createShelf('models', root),
      createShelf('runs', root),
      createShelf('runs', links),
    ]);
    expect(listPaths(shelves.all().places)).toEqual(['models/first']);
  });

  it('serve a model below the path of another', () => {
    writeRun('exp', 'first');
    writeRun('other', 'first', 'nested');
    const shelves = searched([
      createShelf('runs', join(root, 'exp', 'first')),
      createShelf('runs', join(root, 'other')),
    ]);
    expect(listPaths(shelves.all().places)).toEqual(['runs/first', 'runs/first/nested']);
    expect(shelves.file('runs/first/nested/config.yaml')).toBe(
      join(root, 'other', 'first', 'nested', 'config.yaml'),
    );
  });

  it('never leave a folder that has become a link since it was found', () => {
    writeRun('first');
    const shelves = searched([createShelf('runs', root)]);
    expect(shelves.file('runs/first/config.yaml')).toBe(join(root, 'first', 'config.yaml'));
    rmSync(join(root, 'first'), { recursive: true });
    const outside = mkdtempSync(join(folder, 'outside-'));
    writeFileSync(join(outside, 'config.yaml'), 'secret');
    symlinkSync(outside, join(root, 'first'));
    expect(shelves.file('runs/first/config.yaml')).toBe(undefined);
  });
});
