// Changes of a browser's private files that overlap, with files in memory in place of the browser's.
import { afterEach, expect, it, vi } from 'vitest';
import * as privateFiles from './privateFiles.web.ts';

/** A file that is replaced when a stream is closed, as in a browser. */
class FakeFile {
  private bytes = new Uint8Array();

  async getFile(): Promise<File> {
    return new File([this.bytes], 'file');
  }

  async createWritable({ keepExistingData = false }) {
    let copy = keepExistingData ? this.bytes : new Uint8Array();
    let position = 0;
    return {
      async seek(to: number): Promise<void> {
        position = to;
      },
      async write(bytes: Uint8Array): Promise<void> {
        const longer = new Uint8Array(Math.max(copy.length, position + bytes.length));
        longer.set(copy);
        longer.set(bytes, position);
        copy = longer;
      },
      close: async (): Promise<void> => {
        this.bytes = copy;
      },
    };
  }
}

class FakeFolder {
  private readonly entries = new Map<string, FakeFile | FakeFolder>();

  async getDirectoryHandle(name: string): Promise<FakeFile | FakeFolder> {
    return this.entry(name, () => new FakeFolder());
  }

  async getFileHandle(name: string): Promise<FakeFile | FakeFolder> {
    return this.entry(name, () => new FakeFile());
  }

  private entry(name: string, make: () => FakeFile | FakeFolder): FakeFile | FakeFolder {
    const entry = this.entries.get(name) ?? make();
    this.entries.set(name, entry);
    return entry;
  }
}

afterEach(() => vi.unstubAllGlobals());

it('keep every appended line once, even if a log is read while it is saved', async () => {
  const root = new FakeFolder();
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  vi.stubGlobal('FileSystemFileHandle', FakeFile);
  const files = await privateFiles.open('run');
  const lines = ['1\n', '2\n', '3\n', '4\n'];
  const calls = lines.flatMap((line) => {
    files.append('log', line);
    return [files.flush('log'), files.read('log')];
  });
  files.append('log', '5\n');
  await Promise.all(calls);
  files.append('log', '6\n');
  expect(new TextDecoder().decode(await files.read('log'))).toBe([...lines, '5\n', '6\n'].join(''));
});

it('are read again if another page replaces one meanwhile', async () => {
  const root = new FakeFolder();
  vi.stubGlobal('navigator', { storage: { getDirectory: async () => root } });
  vi.stubGlobal('FileSystemFileHandle', FakeFile);
  const files = await privateFiles.open('run');
  await files.write('log', 'kept');
  const { getFile } = FakeFile.prototype;
  const replaced = vi.spyOn(FakeFile.prototype, 'getFile').mockImplementationOnce(async function (
    this: FakeFile,
  ) {
    const gone = async () => Promise.reject(new DOMException('replaced', 'NotReadableError'));
    return Object.assign(await getFile.call(this), {
      slice: () => ({ arrayBuffer: gone }),
    }) as unknown as File;
  });
  expect(new TextDecoder().decode(await files.read('log'))).toBe('kept');
  expect(replaced).toHaveBeenCalledTimes(2);
  replaced.mockRestore();
});
