// The memory of a container: files that it keeps in memory are given up when it is needed.
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { afterEach, expect, it, vi } from 'vitest';
import { availableBytes } from './machine.node.ts';

vi.mock('node:fs', async (original) => ({
  ...(await original<typeof import('node:fs')>()),
  readFileSync: vi.fn(),
}));
afterEach(() => vi.restoreAllMocks());

it.skipIf(process.platform !== 'linux').each([
  [{ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.stat': 'anon 5\ninactive_file 7000\n' }, 8000],
  [
    { '/proc/self/cgroup': '0::/a.service\n', '/sys/fs/cgroup/a.service/memory.stat': 'inactive_file 10\n' },
    1010,
  ],
  // Version 1, where the path is the one outside of the container.
  [
    {
      '/proc/self/cgroup': '9:memory:/docker/1\n',
      '/sys/fs/cgroup/memory/memory.stat': 'inactive_file 20\n',
    },
    1020,
  ],
  [{}, 1000],
])('counts cached files as available: %j', (files: Readonly<Record<string, string>>, bytes) => {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(totalmem() / 2);
  vi.spyOn(process, 'availableMemory').mockReturnValue(1000);
  vi.mocked(readFileSync).mockImplementation((path) => {
    const text = files[String(path)];
    if (text === undefined) {
      throw new Error('ENOENT');
    }
    return text;
  });
  expect(availableBytes()).toBe(bytes);
});

it.skipIf(process.platform !== 'linux')(
  'leaves them out without a limit, where they are counted already',
  () => {
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(2 ** 64);
    vi.spyOn(process, 'availableMemory').mockReturnValue(1000);
    expect(availableBytes()).toBe(1000);
  },
);
