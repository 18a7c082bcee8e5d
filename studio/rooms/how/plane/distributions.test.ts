// Points and drawings of the figure of a flow in two dimensions.
import { expect, it } from 'vitest';
import {
  type DistributionName,
  type Drawing,
  decodeDrawing,
  distributionPoints,
  distributions,
  drawnPoints,
  encodeDrawing,
  isFull,
} from './distributions.ts';

it.each(Object.keys(distributions) as DistributionName[])('%s are in the picture, around 0', (name) => {
  const points = distributionPoints(name);
  expect(Math.max(...points.map(Math.abs))).toBeLessThan(3);
  for (const coordinate of [0, 1]) {
    const values = points.filter((_, index) => index % 2 === coordinate);
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(0.5);
  }
});

const drawing: Drawing = [
  [
    [-2, 1],
    [1, 1],
    [1, 0],
  ],
  [[2, -2]],
];

it('scatters points along all strokes by their length', () => {
  const points = drawnPoints(drawing);
  const pairs = Array.from({ length: points.length / 2 }, (_, index) => [
    points[2 * index]!,
    points[2 * index + 1]!,
  ]);
  const share = (isInside: (x: number, y: number) => boolean): number =>
    pairs.filter(([x, y]) => isInside(x!, y!)).length / pairs.length;
  // Lengths 3 and 1, and a dot as long as the brush is wide.
  expect(share((x, y) => Math.abs(y - 1) < 0.3 && x < 0.7)).toBeCloseTo(2.7 / 4.07, 1);
  expect(share((x, y) => Math.abs(x - 1) < 0.3 && y < 0.7)).toBeCloseTo(0.7 / 4.07, 1);
  expect(share((x, y) => Math.hypot(x - 2, y + 2) < 0.5)).toBeCloseTo(0.07 / 4.07, 1);
  expect(share((x, y) => Math.hypot(x - 2, y + 2) < 0.5)).toBeGreaterThan(0);
  expect(drawnPoints([])).toHaveLength(0);
});

it('keeps drawings as text, up to a sixty-fourth of the picture', () => {
  const back = decodeDrawing(encodeDrawing(drawing))!;
  expect(back.map((stroke) => stroke.length)).toEqual([3, 1]);
  back.flat().forEach(([x, y], index) => {
    const [a, b] = drawing.flat()[index]!;
    expect(Math.hypot(x - a, y - b)).toBeLessThan(6 / 63);
  });
  expect(decodeDrawing('')).toEqual([]);
});

it('is full before its text is refused', () => {
  const drawn: Drawing[number][number][] = [];
  while (!isFull([drawn])) {
    drawn.push([0, 0]);
  }
  expect(drawn.length).toBeGreaterThan(700);
  expect(decodeDrawing(encodeDrawing([drawn]))).toHaveLength(1);
});

it.each(['A', 'AB.', '.AB', 'AB..CD', 'A b', 'ÄB', 'AB'.repeat(800)])('is not a drawing: %s', (text) => {
  expect(decodeDrawing(text)).toBeUndefined();
});
