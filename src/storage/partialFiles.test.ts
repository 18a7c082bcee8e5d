// Partial files: what others see before they are complete, and what is left after a crash.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PartialFile, removePartialFiles } from './partialFiles.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(tmpdir(), 'partial-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('PartialFile', () => {
  it('keeps the old file until it is finished, and bytes may come in any order', () => {
    const path = join(folder, 'file');
    fs.writeFileSync(path, 'old');
    const file = new PartialFile(path);
    file.write(Uint8Array.of(51, 52), 2);
    file.write(Uint8Array.of(49, 50), 0);
    expect(fs.readFileSync(path, 'utf8')).toBe('old');
    file.finish();
    expect(fs.readFileSync(path, 'utf8')).toBe('1234');
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });

  it('leaves nothing if it is discarded', () => {
    const file = new PartialFile(join(folder, 'file'));
    file.write(Uint8Array.of(1), 0);
    expect(fs.readdirSync(folder)).toHaveLength(1);
    file.discard();
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe('removePartialFiles', () => {
  it('removes what a crash left behind, nothing else', () => {
    new PartialFile(join(folder, 'file')).write(Uint8Array.of(1), 0);
    fs.writeFileSync(join(folder, 'kept'), '');
    fs.writeFileSync(join(folder, 'kept.partial'), '');
    expect(fs.readdirSync(folder)).toHaveLength(3);
    removePartialFiles(folder);
    expect(fs.readdirSync(folder)).toEqual(['kept', 'kept.partial']);
  });

  it('uses the PID in the name: keeps what another process may be writing, and removes what it has abandoned', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    const names = [`new.${process.ppid}.partial`, `old.${process.ppid}.partial`, `gone.${gone}.partial`];
    for (const name of names) {
      fs.writeFileSync(join(folder, name), '');
    }
    const anHourAgo = Date.now() / 1000 - 3600;
    fs.utimesSync(join(folder, names[1]!), anHourAgo, anHourAgo);
    removePartialFiles(folder);
    expect(fs.readdirSync(folder)).toEqual([names[0]]);
  });

  it('removes only the partial files of one file on request', () => {
    const { pid: gone } = spawnSync(process.execPath, ['--version']);
    for (const name of ['file', 'other', 'other.file']) {
      fs.writeFileSync(join(folder, `${name}.${gone}.partial`), '');
    }
    removePartialFiles(folder, 'file');
    expect(fs.readdirSync(folder)).toEqual([`other.${gone}.partial`, `other.file.${gone}.partial`]);
  });
});
