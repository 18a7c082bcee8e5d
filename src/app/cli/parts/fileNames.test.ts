// Names of pictures: one file for each image, on any system.
import { expect, it, vi } from 'vitest';
import { fileNames } from './fileNames.ts';

function namesAndNotes(names: readonly string[]): { files: string[]; notes: string } {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    const files = fileNames(names);
    return { files, notes: write.mock.calls.map(([text]) => String(text)).join('') };
  } finally {
    write.mockRestore();
  }
}

it('ends all names with .png, once', () => {
  expect(namesAndNotes(['a', 'b.png', 'c.PNG', 'd.jpg'])).toEqual({
    files: ['a.png', 'b.png', 'c.PNG', 'd.jpg.png'],
    notes: '',
  });
});

it('shortens names that systems cannot have, each to another one', () => {
  const long = '長い名前'.repeat(30);
  const { files, notes } = namesAndNotes([`${long}/a.jpg`, `${long}1.png`, `${long}2.PNG`, 'short']);
  expect(new Set(files).size).toBe(4);
  for (const part of files.flatMap((file) => file.split('/'))) {
    expect(Buffer.byteLength(part)).toBeLessThanOrEqual(230);
  }
  expect(files[0]).toBe(`${long.slice(0, 76)}/a.jpg.png`);
  expect(files.slice(1)).toEqual([`${long.slice(0, 75)}.png`, `${long.slice(0, 74)}-2.png`, 'short.png']);
  expect(notes).toContain(
    '3 images written under another name, since on some systems the name is taken or too long: ',
  );
});

it.each([
  ['a', 'a.png'],
  ['a.png', 'A.PNG'],
  ['é.png', 'e\u0301.png'],
  ['straße.png', 'STRASSE.png'],
  ['folder/a.png', 'Folder/a.png'],
  ['a.png/b.png', 'A.png'],
])('writes %s and %s to two files, and says so', (first, second) => {
  const { files, notes } = namesAndNotes([first, second]);
  expect(files[0]).toBe(first.endsWith('.png') ? first : `${first}.png`);
  expect(files[1]).toBe(`${second}.png`);
  expect(notes).toContain(`1 image written under another name`);
  expect(notes).toContain(`${second} as ${second}.png`);
});

it('renames a folder that has the name of a file, for all of its images, and says so', () => {
  const names = ['photo.jpg', 'photo.jpg.png/x.png', 'Photo.jpg.PNG/y', 'photo.jpg.png.png', 'a/b'];
  const { files, notes } = namesAndNotes(names);
  expect(files).toEqual([
    'photo.jpg.png',
    'photo.jpg.png.png/x.png',
    'Photo.jpg.PNG.png/y.png',
    'photo.jpg.png.png.png',
    'a/b.png',
  ]);
  expect(notes).toBe(
    '3 images written under another name, since on some systems the name is taken or too long: photo.jpg.png/x.png as photo.jpg.png.png/x.png, …\n',
  );
});
