// Neighbours found in blocks equal a plain search's.
import { expect, it } from 'vitest';
import { RandomStream } from '../../../core/numeric/random.ts';
import { NEIGHBOURS, nearestNeighbours } from './neighbours.ts';

const width = 6;

function createRows(count: number): Float32Array {
  // Far from zero, where differences lose digits.
  return Float32Array.from(new RandomStream(3, 'rows').normals(count * width), (value) => 100 + value);
}

function distancesTo(rows: Float32Array, row: number): { other: number; distance: number }[] {
  return Array.from({ length: rows.length / width }, (_, candidate) => ({
    other: candidate,
    distance: Math.hypot(
      ...Array.from(
        { length: width },
        (__, column) => rows[row * width + column]! - rows[candidate * width + column]!,
      ),
    ),
  }))
    .filter(({ other: candidate }) => candidate !== row)
    .sort((a, b) => a.distance - b.distance);
}

it.each([12, 700, 4500])('of %i rows, also of each class', async (count) => {
  const rows = createRows(count);
  const labels = { classes: 3, of: Uint16Array.from({ length: count }, (_, row) => row % 3) };
  const { nearest, distances, ofClass } = await nearestNeighbours(rows, width, {
    labels,
    engine: { threads: 1 },
  });
  for (const row of [0, 7, count - 1]) {
    const expected = distancesTo(rows, row);
    const start = row * NEIGHBOURS;
    expect([...nearest.subarray(start, start + NEIGHBOURS)]).toEqual(
      expected.slice(0, NEIGHBOURS).map(({ other: candidate }) => candidate),
    );
    expect(distances[start + NEIGHBOURS - 1]).toBeCloseTo(expected[NEIGHBOURS - 1]!.distance, 3);
    for (let number = 0; number < labels.classes; number++) {
      const ofThis = expected.filter(({ other: candidate }) => labels.of[candidate] === number);
      expect(ofClass![row * labels.classes + number]).toBeCloseTo(ofThis[2]!.distance, 3);
    }
  }
});

it('of fewer rows than neighbours are missing', async () => {
  const { nearest, distances } = await nearestNeighbours(createRows(3), width, { engine: { threads: 1 } });
  expect([...nearest.subarray(2, NEIGHBOURS)]).toEqual([-1, -1, -1]);
  expect(distances[2]).toBe(Number.POSITIVE_INFINITY);
});
