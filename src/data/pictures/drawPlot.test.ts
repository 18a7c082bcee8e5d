// Plots as files: the contents of the SVG, the positions of points, and that the PNG has text in the bundled font.
import fc from 'fast-check';
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { plotPng, plotSvg } from './drawPlot.ts';
import type { Plot, PlotSeries } from './plot.ts';

const line = (name: string, ys: readonly number[], more: Partial<PlotSeries> = {}): PlotSeries => ({
  name,
  kind: 'line',
  points: ys.map((y, index) => ({ x: index + 1, y })),
  ...more,
});
const plot = (series: readonly PlotSeries[], more: Partial<Plot> = {}): Plot => ({
  title: 'A title',
  x: { label: 'step' },
  y: { label: 'time', unit: 'ms' },
  series,
  ...more,
});

/** The part of an SVG that shows values: what follows the axes. */
function valueMarks(svg: string): string {
  return svg.split('class="plot-axis"').at(-1)!;
}

/** The vertices of the lines of an SVG, one list per line. */
function lineVertices(svg: string): number[][][] {
  return [...valueMarks(svg).matchAll(/<path class="plot-way[^"]*" d="([^"]*)"/g)].map(([, path]) =>
    path!
      .split(/[ML]/)
      .filter((corner) => corner !== '')
      .map((corner) => corner.split(',').map(Number)),
  );
}

/** The texts of an SVG with this class, or of any. */
function svgTexts(svg: string, look = '[^"]*'): string[] {
  return [...svg.matchAll(new RegExp(`<text class="${look}"[^>]*>([^<]*)</text>`, 'g'))].map(
    ([, text]) => text!,
  );
}

/** The labels below the axis x. */
function xLabels(svg: string): string[] {
  const labels = svg.matchAll(/<text class="plot-tick"[^>]*text-anchor="middle"[^>]*>([^<]*)</g);
  return [...labels].map(([, text]) => text!);
}

/** The attributes of each element with a class that starts so. */
function elementAttributes(svg: string, look: string): Record<string, number>[] {
  return [...svg.matchAll(new RegExp(`<\\w+ class="${look}[^"]*"([^>]*)`, 'g'))].map(([, attributes]) =>
    Object.fromEntries(
      [...attributes!.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!, Number(value)]),
    ),
  );
}

describe('plotSvg', () => {
  it('shows the title, the axes with units, and every series in the legend', async () => {
    const svg = plotSvg(plot([line('first', [1, 2]), line('second', [2, 3])]));
    expect(svgTexts(svg)).toEqual(
      expect.arrayContaining(['A title', 'step', 'time (ms)', 'first', 'second']),
    );
    expect(svg).toContain('width="720" height="400"');
  });

  it('gives each of 24 series its own colour and form of points', () => {
    const series = Array.from({ length: 24 }, (_, index) => line(`${index}`, [index, 1], { kind: 'points' }));
    const marks = plotSvg(plot(series)).matchAll(/<path class="(plot-dot hue-\d)" d="([^"]*)"/g);
    expect(new Set([...marks].map(([, hue, form]) => `${hue} ${form}`)).size).toBe(24);
  });

  it.each([
    ['less than a decade', [0.32, 1.01], ['0.4', '0.5', '0.6', '0.8', '1']],
    ['about a decade', [5.3, 36], ['6', '8', '10', '15', '20', '30']],
    ['decades', [1, 200], ['1', '2', '5', '10', '20', '50', '100', '200']],
    ['a narrow range', [10, 15], ['10', '12', '14']],
    ['a range without a round one', [0.3204, 0.3407], ['0.3204', '0.3407']],
    ['one value', [0.3204, 0.3204], ['0.3204']],
  ])('has round numbers along a logarithmic axis that spans %s', async (_, ends, wanted) => {
    const points = ends.map((x) => ({ x, y: x }));
    const svg = plotSvg(
      plot([{ name: 'a', kind: 'points', points }], { x: { label: 'x', log: true }, y: { label: 'y' } }),
    );
    expect(xLabels(svg)).toEqual(wanted);
  });

  it('has ticks at the x values of the points if requested', async () => {
    const pointTicks = plot([line('a', [1, 2, 3])], { x: { label: 'x', log: true, ticks: 'own' } });
    expect(xLabels(plotSvg(pointTicks))).toEqual(['1', '2', '3']);
  });

  it('has round numbers with equally many digits along a linear axis, and exponents if they are extreme', () => {
    const tickLabels = (y: readonly number[]): string[] => {
      const svg = plotSvg(plot([line('a', y)]));
      return [...svg.matchAll(/<text class="plot-tick"[^>]*text-anchor="end"[^>]*>([^<]*)</g)].map(
        ([, text]) => text!,
      );
    };
    expect(tickLabels([1.93, 2.61])).toEqual(['2.0', '2.1', '2.2', '2.3', '2.4', '2.5', '2.6']);
    expect(tickLabels([-1700, 1700])).toEqual(['−1,500', '−1,000', '−500', '0', '500', '1,000', '1,500']);
    expect(tickLabels([0, 6e-7])).toEqual(['0', '1e−7', '2e−7', '3e−7', '4e−7', '5e−7', '6e−7']);
    expect(tickLabels([2, 2])).toContain('2.00');
  });

  it('leaves out labels that would overlap', () => {
    const close = plotSvg(plot([line('a', [1, 2])], { x: { label: 'x', ticks: 'own', range: [1, 1000] } }));
    expect(xLabels(close)).toEqual(['1']);
  });

  it('spaces equal steps equally, and equal factors on a logarithmic axis', async () => {
    const [linear] = lineVertices(plotSvg(plot([line('a', [1, 2, 3])])));
    const [x, y] = [0, 1].map((axis) => linear!.map((corner) => corner[axis]!));
    expect(x![1]! - x![0]!).toBeCloseTo(x![2]! - x![1]!, 1);
    expect(y![0]! - y![1]!).toBeCloseTo(y![1]! - y![2]!, 1);
    expect(y![0]! - y![2]!).toBeGreaterThan(100);
    const log = plot([line('a', [1, 10, 100])], { y: { label: 'time', log: true } });
    const heights = lineVertices(plotSvg(log))[0]!.map(([, height]) => height!);
    expect(heights[0]! - heights[1]!).toBeCloseTo(heights[1]! - heights[2]!, 1);
  });

  it('breaks a line at a non-finite value', async () => {
    const [corners] = lineVertices(plotSvg(plot([line('a', [1, 2, Number.NaN, 4, 5])])));
    expect(corners).toHaveLength(4);
    const svg = plotSvg(plot([line('a', [1, 2, Number.POSITIVE_INFINITY, 4, 5])]));
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('draws error bars from value − error to value + error', () => {
    const points = [
      { x: 1, y: 2, error: 1 },
      { x: 2, y: 4 },
    ];
    const svg = plotSvg(plot([{ name: 'a', kind: 'line and points', points }]));
    const [error, ...others] = elementAttributes(svg, 'plot-error');
    expect(others).toEqual([]);
    const [[, low], [, high]] = lineVertices(svg)[0] as [[number, number], [number, number]];
    expect(error!.y1! - error!.y2!).toBeCloseTo(low - high, 1);
    expect((error!.y1! + error!.y2!) / 2).toBeCloseTo(low, 1);
  });

  it('refuses what cannot be drawn', async () => {
    expect(() => plotSvg(plot([line('a', [Number.NaN])]))).toThrow('a point whose value is finite');
    const log = { y: { label: 'y', log: true } };
    expect(() => plotSvg(plot([line('a', [1, 0])], log))).toThrow('logarithmic axis cannot show 0');
  });
});

describe('values outside the range of an axis', () => {
  const range = [2, 9] as const;
  const wild = fc.oneof(
    fc.double({ min: 2, max: 9, noNaN: true }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, 1.7e308, 1e9, 2, 9, 9.5, 0),
  );

  it('do not appear in the SVG, however large they are', async () => {
    const kinds = fc.constantFrom<PlotSeries['kind']>('line', 'points', 'line and points');
    const points = fc.array(fc.record({ y: wild, error: wild }), { minLength: 1, maxLength: 8 });
    const property = fc.property(fc.array(fc.tuple(kinds, points), { maxLength: 3 }), (drawn) => {
      const series = [['line', [{ y: 3 }, { y: 4 }]] as const, ...drawn].map(([kind, points], index) => ({
        name: `series ${index}`,
        kind,
        points: points.map((point, x) => ({ x, ...point })),
      }));
      const svg = plotSvg(plot(series, { y: { label: 'y', range } }));
      const places = [
        ...lineVertices(svg).flat(),
        ...[...svg.matchAll(/class="plot-dot[^>]*translate\(([^,]*),([^)]*)\)/g)].map(([, x, y]) => [
          Number(x),
          Number(y),
        ]),
        ...elementAttributes(svg, 'plot-error').flatMap(({ x1, y1, y2 }) => [
          [x1, y1],
          [x1, y2],
        ]),
      ];
      expect(places.filter(([x, y]) => !(x! >= 0 && x! <= 720 && y! >= 0 && y! <= 400))).toEqual([]);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('are clipped from a line at the end of the axis, and split it', async () => {
    const svg = plotSvg(plot([line('a', [3, 15, 3])], { y: { label: 'y', range } }));
    const [corners] = lineVertices(svg);
    // Up to 9 halfway to the second point, and down again from there.
    expect(corners).toHaveLength(4);
    const [first, up, down, last] = corners!.map(([x]) => x!);
    expect(up! - first!).toBeCloseTo((last! - first!) / 4, 1);
    expect(last! - down!).toBeCloseTo((last! - first!) / 4, 1);
    expect(corners![1]![1]).toBe(elementAttributes(svg, 'plot-grid').at(-1)!.y2);
    expect(corners![2]![1]).toBe(corners![1]![1]);
  });

  it('are clipped on a logarithmic axis where the line crosses its end', async () => {
    const y = { label: 'y', log: true, range: [1, 10] as const };
    const [corners] = lineVertices(plotSvg(plot([line('a', [1, 100])], { y })));
    const [[clippedStart], [right]] = corners as [[number, number], [number, number]];
    const [fullLine] = lineVertices(plotSvg(plot([line('a', [1, 10])], { y })));
    const [[start], [end]] = fullLine as [[number, number], [number, number]];
    expect(right - clippedStart).toBeCloseTo((end - start) / 2, 0);
  });

  it('are clipped from error bars, which are omitted if entirely outside', () => {
    const points = [
      { x: 1, y: 12, error: 1 },
      { x: 2, y: 8, error: 3 },
    ];
    const svg = plotSvg(plot([{ name: 'a', kind: 'points', points }], { y: { label: 'y', range } }));
    const [error, ...others] = elementAttributes(svg, 'plot-error');
    expect(others).toEqual([]);
    expect(error!.y2).toBe(elementAttributes(svg, 'plot-grid').at(-1)!.y2);
    expect(elementAttributes(svg, 'plot-dot')).toHaveLength(1);
  });

  it('do not include the ends of the axes', () => {
    const numbers = fc.tuple(
      fc.double({ min: 1, max: 3, noNaN: true }),
      fc.double({ min: 5, max: 9, noNaN: true }),
    );
    const property = fc.property(numbers, fc.integer({ min: 300, max: 900 }), ([least, greatest], width) => {
      const points = [least, greatest].map((value) => ({ x: value, y: value }));
      const axis = { label: 'a', range: [least, greatest] as const };
      const svg = plotSvg({ x: axis, y: axis, width, series: [{ name: 'a', kind: 'points', points }] });
      expect(elementAttributes(svg, 'plot-dot')).toHaveLength(2);
    });
    fc.assert(property);
  });
});

describe('texts', () => {
  const name = 'a\u001b[31m\u0000\n\u2028\ud800\uffff<b>&';
  const shown = 'a\\u001b[31m\\u0000\\u000a\\u2028\\ud800\\uffff&#60;b&#62;&#38;';

  it('are escaped where an SVG requires it, and drawn', async () => {
    const points = [{ x: 1, y: 1 }];
    const named = plot(
      [
        { name, kind: 'points', points },
        { name: 'b', kind: 'points', points },
      ],
      { title: name, subtitle: name, x: { label: name }, y: { label: name, unit: name } },
    );
    const texts = svgTexts(plotSvg(named));
    expect(texts.filter((text) => text.startsWith(shown))).toHaveLength(4);
    // The label of the axis y has less room.
    expect(texts.filter((text) => text.startsWith(shown.slice(0, 15)))).toHaveLength(5);
    expect(decode(await plotPng(named)).width).toBe(1440);
  });
});

describe('plotPng', () => {
  it('is twice the size, the same each time, and contains text', async () => {
    const wanted = { width: 300, height: 200 };
    const [picture, repeated] = [
      await plotPng(plot([line('a', [1, 2])], wanted)),
      await plotPng(plot([line('a', [1, 2])], wanted)),
    ];
    expect(Buffer.compare(picture, repeated)).toBe(0);
    const { width, height, data, channels } = decode(picture);
    expect([width, height]).toEqual([600, 400]);
    // The title is in the upper left corner: black on white there, and only white if it is omitted.
    const dark = (pixels: typeof data): number => {
      let count = 0;
      for (let row = 0; row < 60; row++) {
        for (let column = 0; column < 300; column++) {
          count += pixels[(row * width + column) * channels]! < 100 ? 1 : 0;
        }
      }
      return count;
    };
    expect(dark(data)).toBeGreaterThan(300);
  });

  it.each([
    ['above', 1e14, false],
    ['below', -1e14, false],
    ['above a logarithmic axis', 1e300, true],
  ])('draws the part in range of a line with an enormous value %s', async (_, huge, log) => {
    // No logarithm is enormous in itself, but it can be compared with a narrow range.
    const scaled = (value: number): number => (log ? 1 + value / 1e6 : value);
    const y = { label: 'loss', range: [scaled(3), scaled(9)] as const, log };
    const countBlue = async (values: readonly number[]): Promise<number> => {
      const { data, channels } = decode(await plotPng(plot([line('a', values)], { y })));
      let count = 0;
      for (let offset = 0; offset < data.length; offset += channels) {
        count += data[offset]! < 100 && data[offset + 2]! > 150 ? 1 : 0;
      }
      return count;
    };
    const [before, after] = [[8, 7, 6].map(scaled), [5, 4, 4].map(scaled)];
    const blueCount = await countBlue([...before, scaled(5), ...after]);
    expect(await countBlue([...before, huge, ...after])).toBeGreaterThan(0.6 * blueCount);
  });
});
