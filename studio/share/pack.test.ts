// Bytes in links, which users may damage.
import { expect, it } from 'vitest';
import { MOST_PACKED, packBytes, unpackBytes } from './pack.ts';

const drawing = Uint8Array.from({ length: 784 }, (_, index) => (index % 28 === 14 ? 200 + (index % 56) : 0));

it('reads back what it packs, in letters that addresses keep', async () => {
  const text = (await packBytes(drawing))!;
  expect(text).toMatch(/^[\w-]+$/);
  expect(text.length).toBeLessThan(200);
  expect(await unpackBytes(text, 784)).toEqual(drawing);
});

it('refuses damaged and oversized text', async () => {
  const text = (await packBytes(drawing))!;
  const damaged = [
    '',
    '%',
    'AAAA',
    text.slice(0, -3),
    `${text.slice(0, 10)}A${text.slice(11)}`,
    'A'.repeat(7000),
  ];
  for (const wrong of damaged) {
    expect(await unpackBytes(wrong, 784), wrong).not.toEqual(drawing);
  }
  expect(await unpackBytes('%', 784)).toBeUndefined();
  expect(await unpackBytes(text.slice(0, -3), 784)).toBeUndefined();
  expect(await unpackBytes(text, 783)).toBeUndefined();
  // A small text that would fill the memory.
  const bomb = (await packBytes(new Uint8Array(1_000_000)))!;
  expect(bomb.length).toBeLessThan(MOST_PACKED);
  expect(await unpackBytes(bomb, 784)).toBeUndefined();
});

it('packs no more than a link holds', async () => {
  const noise = Uint8Array.from({ length: 10_000 }, (_, index) => (index * 7919 * (index % 251)) >> 3);
  expect(await packBytes(noise)).toBeUndefined();
});
