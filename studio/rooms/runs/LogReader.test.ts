// The reader of growing logs: its requests, and hostile logs.
import { afterEach, expect, it, vi } from 'vitest';
import { LogReader } from './LogReader.ts';

afterEach(() => vi.unstubAllGlobals());

/** Serves parts of a log as the studio does. */
function serve(log: () => Uint8Array): string[] {
  const ranges: string[] = [];
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: { range: string } }) => {
    ranges.push(headers.range);
    const [start, end] = /(\d+)-(\d+)/.exec(headers.range)!.slice(1).map(Number) as [number, number];
    const part = log().subarray(start, end + 1);
    return part.length === 0
      ? new Response(null, { status: 416 })
      : new Response(Uint8Array.from(part), { status: 206 });
  });
  return ranges;
}

/** Reads the new part: the number of lines by part, and the number of replacements. */
async function read(reader: LogReader): Promise<{ parts: number[]; replaced: number }> {
  const parts: number[] = [];
  let replaced = 0;
  await reader.read(new AbortController().signal, {
    onLines: (lines) => parts.push(lines.length),
    onReplaced: () => {
      replaced++;
    },
  });
  return { parts, replaced };
}

it('delivers short lines in parts', async () => {
  // Half a million lines per part: more than a call accepts as arguments.
  const log = Buffer.from('{"a":1}\n'.repeat(2 ** 20));
  const ranges = serve(() => log);
  const { parts } = await read(new LogReader('http://studio/metrics.jsonl'));
  expect(parts[0]).toBeGreaterThan(500_000);
  expect(parts.length).toBeLessThanOrEqual(ranges.length);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(2 ** 20);
});

it('stops at 64 MiB of a long log', async () => {
  const line = `"${'a'.repeat(2 ** 16 - 3)}"\n`;
  const log = Buffer.from(line.repeat(72 * 16));
  const ranges = serve(() => log);
  const reader = new LogReader('http://studio/metrics.jsonl');
  const { parts } = await read(reader);
  expect(parts.length).toBe(ranges.length);
  expect(reader.isFull).toBe(true);
  expect(parts.reduce((sum, part) => sum + part, 0) * line.length).toBeLessThan(69 * 2 ** 20);
});

it('requests only one part of an endless line', async () => {
  const log = new Uint8Array(20 * 2 ** 20);
  const ranges = serve(() => log);
  const reader = new LogReader('http://studio/metrics.jsonl');
  expect(await read(reader)).toEqual({ parts: [0], replaced: 0 });
  expect(ranges).toEqual(['bytes=0-4194303']);
});

it('continues where it stopped, and starts again when the log was replaced', async () => {
  let log = Buffer.from('{"step":1}\n{"step":2}\n{"st');
  serve(() => log);
  const reader = new LogReader('http://studio/metrics.jsonl');
  expect(await read(reader)).toEqual({ parts: [2], replaced: 0 });
  log = Buffer.from('{"step":1}\n{"step":2}\n{"step":3}\n');
  expect(await read(reader)).toEqual({ parts: [1], replaced: 0 });
  log = Buffer.from('{"step":1}\n');
  expect(await read(reader)).toEqual({ parts: [1], replaced: 1 });
});
