// The room Inside's own arithmetic and words: differences, centred drawings, bits and stages in words, and its settings.
import { expect, it } from 'vitest';
import { insideSettings } from './insideSettings.ts';
import { centred, countDifferences } from './pixels.ts';
import { lineWords } from './words.ts';

it('counts and draws differing values', () => {
  const before = Uint8Array.of(10, 20, 30, 255);
  expect(countDifferences(before, Uint8Array.of(10, 24, 28, 255))).toEqual({
    wrong: 2,
    most: 4,
    drawn: Uint8Array.of(0, 255, 128, 0),
  });
  expect(countDifferences(before, before)).toEqual({ wrong: 0, most: 0, drawn: new Uint8Array(4) });
});

it('centres and scales a drawing like a digit, in every channel', () => {
  // A bar of 40 x 100 in a corner, and a foot to its right.
  const side = 200;
  const strokes = Uint8Array.from({ length: side ** 2 }, (_, index) => {
    const [x, y] = [index % side, Math.floor(index / side)];
    return (x < 40 && y < 100) || (x < 80 && y >= 80 && y < 100) ? 255 : 0;
  });
  const { pixels, shape } = centred(strokes, [28, 30, 3])!;
  expect(shape).toEqual([28, 30, 3]);
  const grey = pixels.filter((_, index) => index % 3 === 0);
  expect(pixels.filter((_, index) => index % 3 === 2)).toEqual(grey);
  const mass = grey.reduce((sum, level) => sum + level, 0);
  const meanPosition = (placeOf: (index: number) => number): number =>
    grey.reduce((sum, level, index) => sum + level * (placeOf(index) + 0.5), 0) / mass;
  expect(meanPosition((index) => index % 30)).toBeCloseTo(15, 1);
  expect(meanPosition((index) => Math.floor(index / 30))).toBeCloseTo(14, 1);
  // 4800 of 40,000 pixels at a fifth of the size: the mass is preserved, and the edges are grey.
  expect(mass / 255).toBeCloseTo(4800 / 25, 0);
  expect(grey.some((level) => level > 0 && level < 255)).toBe(true);
});

it('ignores an empty drawing', () => {
  expect(centred(new Uint8Array(100), [28, 28, 1])).toBeUndefined();
});

it('replaces impossible settings by defaults, and names them', () => {
  const sample = { place: 1, temperature: 1, sampled: '' };
  const usual = {
    image: 'sample',
    seed: 0,
    ...sample,
    digit: 1,
    drawing: '',
    precision: 'float32',
    class: '',
  };
  expect(
    insideSettings({
      seed: '-1',
      place: '0',
      temperature: '9',
      digit: '5001',
      precision: 'float16',
      image: 'x',
    }),
  ).toEqual({
    ...usual,
    unreadable: ['image=x', 'seed=-1', 'place=0', 'temperature=9', 'digit=5001', 'precision=float16'],
  });
  const chosen = { seed: '12', digit: '5000', precision: 'float64', image: 'digit', class: 'seven' };
  expect(insideSettings(chosen)).toEqual({
    image: 'digit',
    seed: 12,
    ...sample,
    digit: 5000,
    drawing: '',
    precision: 'float64',
    class: 'seven',
    unreadable: [],
  });
});

it('writes a stage as arithmetic', () => {
  const location = [2, 3, 0] as const;
  const words = (line: object): string => lineWords({ layer: 'layer', ...line } as never, location);
  expect(words({ kind: 'shift', value: -0.5, by: -0.25, result: -0.75 })).toBe(
    'Shift: −0.500 − 0.250 = −0.750',
  );
  expect(words({ kind: 'scale', value: 2, by: -0.5, result: -1 })).toBe('Scale: 2.000 · (−0.500) = −1.000');
  const terms = [
    { place: [2, 3, 1], weight: 2, value: 1 },
    { place: [3, 3, 0], weight: -3, value: 2 },
    { place: [2, 2, 1], weight: 1, value: -4 },
    { place: [2, 3, 0], weight: 0.5, value: 1 },
  ];
  expect(words({ kind: 'sum', terms, result: -7.5 })).toBe(
    'Weighted sum: 2.000 · (−3.000) (1 below) + (−4.000) · 1.000 (1 left, channel 2) + 1.000 · 2.000 (channel 2) + 0.500 (1 other value) = −7.500',
  );
  expect(words({ kind: 'moved', from: [4, 6, 0], result: 0.1 })).toBe(
    'From row 5, column 7, channel 1: 0.100',
  );
  expect(words({ kind: 'density', value: 1, mean: 0.5, deviation: 0.25, result: 2, bits: 1.5 })).toMatch(
    /^\(1\.000 − 0\.500\) \/ 0\.250 = 2\.000: .* adds 1\.500 bits\.$/,
  );
});
