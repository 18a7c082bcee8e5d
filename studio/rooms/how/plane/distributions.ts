// Distributions in the plane: a few known ones, and what the reader draws.
import { normals, uniforms } from '../maths/random.ts';

/** A point. */
export type Point = readonly [number, number];

/** Uniform and standard normal random numbers. */
interface Random {
  uniform(): number;
  normal(): number;
}

/** A distribution that the reader can choose. */
interface Distribution {
  readonly title: string;
  draw(random: Random): Point;
}

const circle = (angle: number, radius: number): Point => [radius * Math.cos(angle), radius * Math.sin(angle)];

const noisy = ([x, y]: Point, { normal }: Random, deviation: number): Point => [
  x + deviation * normal(),
  y + deviation * normal(),
];

/** The distributions by name. */
export const distributions = {
  moons: {
    title: 'two moons',
    draw(random) {
      const [x, y] = circle(Math.PI * random.uniform(), 1.5);
      const moon: Point = random.uniform() < 0.5 ? [x - 0.75, y - 0.4] : [0.75 - x, 0.4 - y];
      return noisy(moon, random, 0.1);
    },
  },
  spiral: {
    title: 'a spiral',
    draw(random) {
      // The root makes the points as dense outside as inside.
      const turn = Math.sqrt(random.uniform());
      return noisy(circle(3.5 * Math.PI * turn, 2.3 * turn), random, 0.08);
    },
  },
  rings: {
    title: 'two rings',
    draw(random) {
      const radius = random.uniform() < 1 / 3 ? 0.8 : 2;
      return noisy(circle(2 * Math.PI * random.uniform(), radius), random, 0.1);
    },
  },
  gaussians: {
    title: 'eight Gaussians',
    draw(random) {
      return noisy(circle((Math.PI / 4) * Math.floor(8 * random.uniform()), 1.9), random, 0.22);
    },
  },
  checkerboard: {
    title: 'a checkerboard',
    draw({ uniform }) {
      const [column, row] = [Math.floor(4 * uniform()), Math.floor(2 * uniform())];
      return [column + uniform() - 2, 2 * row + (column % 2) + uniform() - 2];
    },
  },
} as const satisfies Readonly<Record<string, Distribution>>;

/** The name of a known distribution. */
export type DistributionName = keyof typeof distributions;

/** The number of points that represent a distribution. */
const COUNT = 8000;

/** Drawn points scatter so much around the line. */
const BRUSH = 0.07;

/** The points of a known distribution, two numbers each. */
export function distributionPoints(name: DistributionName): Float32Array {
  const random = seededRandom(1);
  const { draw } = distributions[name];
  return Float32Array.from(Array.from({ length: COUNT }, () => draw(random)).flat());
}

/** A drawing: strokes, which are lines through points. */
export type Drawing = readonly (readonly Point[])[];

/** Points along the strokes of a drawing, equally dense everywhere; none for an empty drawing. */
export function drawnPoints(drawing: Drawing): Float32Array {
  const pieces = drawing.flatMap((stroke) =>
    stroke.length === 1
      ? [{ from: stroke[0]!, to: stroke[0]!, length: BRUSH }]
      : stroke.slice(1).map((to, index) => {
          const from = stroke[index]!;
          return { from, to, length: Math.hypot(to[0] - from[0], to[1] - from[1]) };
        }),
  );
  const ends: number[] = [];
  let totalLength = 0;
  for (const { length } of pieces) {
    totalLength += length;
    ends.push(totalLength);
  }
  if (pieces.length === 0) {
    return new Float32Array(0);
  }
  const random = seededRandom(2);
  const draw = (): Point => {
    const target = totalLength * random.uniform();
    const index = Math.min(
      ends.length - 1,
      ends.findIndex((end) => target <= end),
    );
    const { from, to, length } = pieces[index]!;
    const share = length === 0 ? 0 : 1 - (ends[index]! - target) / length;
    return noisy([from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])], random, BRUSH);
  };
  return Float32Array.from(Array.from({ length: COUNT }, draw).flat());
}

/** Coordinates of drawings in the address: from −3 to 3 in 64 steps, as one letter each. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The most letters of a drawing. */
const MOST_LETTERS = 1500;

/** Whether a drawing has no room for another stroke or point. */
export function isFull(drawing: Drawing): boolean {
  return encodeDrawing(drawing).length + 3 > MOST_LETTERS;
}

/** A drawing as text: two letters for each point, and strokes separated by full stops. */
export function encodeDrawing(drawing: Drawing): string {
  const letter = (value: number): string =>
    LETTERS[Math.min(63, Math.max(0, Math.round(((value + 3) / 6) * 63)))]!;
  return drawing.map((stroke) => stroke.map(([x, y]) => letter(x) + letter(y)).join('')).join('.');
}

/** The drawing encoded in a text; undefined if invalid. */
export function decodeDrawing(text: string): Drawing | undefined {
  if (!/^(([\w-]{2})+(\.([\w-]{2})+)*)?$/.test(text) || text.length > MOST_LETTERS) {
    return undefined;
  }
  const value = (letter: string): number => (LETTERS.indexOf(letter) / 63) * 6 - 3;
  return text === ''
    ? []
    : text
        .split('.')
        .map((stroke) => Array.from(stroke.matchAll(/(.)(.)/g), ([, x, y]): Point => [value(x!), value(y!)]));
}

function seededRandom(seed: number): Random {
  return { uniform: uniforms(seed), normal: normals(seed + 1) };
}
