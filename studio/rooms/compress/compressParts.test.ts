// The room Compress's own arithmetic: sizes as text, settings, and names in an archive.
import { expect, it } from 'vitest';
import { codecTasks, zipNames } from '../../work/codecTasks.ts';
import { compressSettings } from './compressSettings.ts';
import { headingText, listSizes, verdictText } from './sizes.ts';

const compressed = {
  images: 100,
  values: 78_400,
  bytes: 30_000,
  modelBytes: 20_000,
  plain: 6,
  file: new Blob([]),
  pngBytes: 25_000,
  paysFrom: 130,
  tiles: false,
  fileBytes: 26_000,
  skipped: [],
  seconds: 2,
};

it('compares the file with others, and says from how many images it pays', () => {
  expect(listSizes(compressed).map(({ name, bytes }) => [name, bytes])).toEqual([
    ['Pixels, 8 bits per value', 78_400],
    ['Your files', 26_000],
    ['PNG, about', 25_000],
    ['Compressed', 10_000],
  ]);
  expect(headingText(compressed)).toBe('100 images in 9.8 KiB, with the model 29.3 KiB');
  expect(headingText({ ...compressed, modelBytes: 0 })).toBe('100 images in 29.3 KiB');
  expect(verdictText(compressed)).toBe(
    '60 % smaller than PNG, without the model, which is stored once and pays from about 130 such images on.',
  );
  expect(verdictText({ ...compressed, bytes: 20_500 })).toBe('98 % smaller than PNG, without the model.');
  expect(verdictText({ ...compressed, bytes: 50_000 })).toMatch(/^PNG would be smaller: /);
});

it('reads settings from the address, with the defaults of the command line', () => {
  expect(compressSettings({})).toEqual({ block: 2000, withModel: true, tiles: false, unreadable: [] });
  expect(compressSettings({ block: '50', embed: 'no', tiles: 'yes' })).toEqual({
    block: 50,
    withModel: false,
    tiles: true,
    unreadable: [],
  });
  expect(compressSettings({ block: '0' })).toMatchObject({ block: 2000, unreadable: ['block=0'] });
});

it('keeps names in an archive within its folder, and apart', () => {
  expect(zipNames(['a.png', 'b/c.jpg', 'A.PNG', '../../etc/x.png', '/', 'C:\\y.png'])).toEqual([
    'a.png',
    'b/c.jpg.png',
    'A-2.png',
    'etc/x.png',
    'image.png',
    'y.png',
  ]);
});

it('finds images among files of which some can’t be read', async () => {
  const arrayBuffer = () => Promise.reject(new DOMException('not readable', 'NotReadableError'));
  const unreadable = { path: 'notes', file: { slice: () => ({ arrayBuffer }) } as unknown as Blob };
  const files = [{ path: 'a.png', file: new Blob(['picture']) }, unreadable];
  expect(await codecTasks.compressedAmong({ files, isFolder: true })).toBeUndefined();
  await expect(codecTasks.compressedAmong({ files: [unreadable], isFolder: false })).rejects.toThrow(
    'not readable',
  );
});
