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

/** The vertices of the lines of an SVG, one list per line. */
function linesOf(svg: string): number[][][] {
  const lines = [
    ...svg.matchAll(
      /<path aria-label="[^"]*" role="graphics-symbol" aria-roledescription="line mark" d="([^"]*)"/g,
    ),
  ];
  return lines.map(([, path]) =>
    path!
      .split(/[MLZ]/)
      .filter((corner) => corner !== '')
      .map((corner) => corner.split(',').map(Number)),
  );
}

describe('plotSvg', () => {
  it('shows the title, the axes with units, and every series in the legend', async () => {
    const svg = await plotSvg(plot([line('first', [1, 2]), line('second', [2, 3])]));
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts).toEqual(expect.arrayContaining(['A title', 'step', 'time (ms)', 'first', 'second']));
    expect(svg).toContain('width="720" height="400"');
  });

  it('has no legend for one series', async () => {
    expect(await plotSvg(plot([line('alone', [1, 2])]))).not.toContain('>alone<');
  });

  it('shows the symbol of each series in the legend', async () => {
    const symbolsOf = async (kinds: readonly PlotSeries['kind'][]): Promise<string[]> => {
      const points = ['a', 'b'].map((x) => ({ x, y: 1 }));
      const series = kinds.map((kind, index) => ({ name: `${kind} ${index}`, kind, points }));
      const svg = await plotSvg(plot(series));
      const symbols = [...svg.matchAll(/role-legend-symbol[^>]*>.*?<path[^>]* d="([^"]*)"/gs)];
      // The drawing commands of the path: lines, arcs as curves, and the closing of an outline.
      return symbols.map(([, path]) => path!.replace(/[^LACZ]/g, ''));
    };
    expect(await symbolsOf(['line', 'points', 'line and points'])).toEqual(['L', 'CCCC', 'LCCCC']);
    expect(await symbolsOf(['bars', 'bars'])).toEqual(['LLLZ', 'LLLZ']);
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
    const svg = await plotSvg(
      plot([{ name: 'a', kind: 'points', points }], { x: { label: 'x', log: true }, y: { label: 'y' } }),
    );
    const [, axis] = /X-axis[^>]*>(.*?)role-axis-title/s.exec(svg)!;
    expect([...axis!.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual(wanted);
  });

  it('has ticks at the x values of the points if requested', async () => {
    const own = plot([line('a', [1, 2, 3])], { x: { label: 'x', log: true, ticks: 'own' } });
    const [, axis] = /X-axis[^>]*>(.*?)role-axis-title/s.exec(await plotSvg(own))!;
    expect([...axis!.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text)).toEqual(['1', '2', '3']);
  });

  it('spaces equal steps equally, and equal factors on a logarithmic axis', async () => {
    const [linear] = linesOf(await plotSvg(plot([line('a', [1, 2, 3])])));
    const [x, y] = [0, 1].map((axis) => linear!.map((corner) => corner[axis]!));
    expect(x![1]! - x![0]!).toBeCloseTo(x![2]! - x![1]!, 1);
    expect(y![0]! - y![1]!).toBeCloseTo(y![1]! - y![2]!, 1);
    expect(y![0]! - y![2]!).toBeGreaterThan(100);
    const log = plot([line('a', [1, 10, 100])], { y: { label: 'time', log: true } });
    const heights = linesOf(await plotSvg(log))[0]!.map(([, height]) => height!);
    expect(heights[0]! - heights[1]!).toBeCloseTo(heights[1]! - heights[2]!, 1);
  });

  it('breaks a line at a non-finite value', async () => {
    const [corners] = linesOf(await plotSvg(plot([line('a', [1, 2, Number.NaN, 4, 5])])));
    expect(corners).toHaveLength(4);
    const svg = await plotSvg(plot([line('a', [1, 2, Number.POSITIVE_INFINITY, 4, 5])]));
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('draws error bars from value − error to value + error, also on bars side by side', async () => {
    const points = [
      { x: 'a', y: 2, error: 1 },
      { x: 'b', y: 4 },
    ];
    const svg = await plotSvg(
      plot([
        { name: 'bars', kind: 'bars', points },
        { name: 'more', kind: 'bars', points },
      ]),
    );
    expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(4);
    const rules = [
      ...svg.matchAll(
        /aria-roledescription="rule mark" transform="translate\(([^,]*),([^)]*)\)" x2="0" y2="([^"]*)"/g,
      ),
    ];
    expect(rules).toHaveLength(2);
    expect(rules[0]![1]).not.toBe(rules[1]![1]);
    const heights = [...svg.matchAll(/bar" d="M[^v]*v(-?[\d.]+)/g)].map(([, height]) =>
      Math.abs(Number(height)),
    );
    const perUnit = heights[1]! / 4;
    expect(Math.abs(Number(rules[0]![3]))).toBeCloseTo(2 * perUnit, 0);
  });

  it('refuses what cannot be drawn', async () => {
    await expect(plotSvg(plot([line('a', [Number.NaN])]))).rejects.toThrow('a point whose value is finite');
    const log = { y: { label: 'y', log: true } };
    await expect(plotSvg(plot([line('a', [1, 0])], log))).rejects.toThrow('logarithmic axis cannot show 0');
  });
});

describe('values outside the range of an axis', () => {
  const range = [2, 9] as const;
  const wild = fc.oneof(
    fc.double({ min: 2, max: 9, noNaN: true }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, 1.7e308, 1e9, 2, 9, 9.5, 0),
  );

  it('do not appear in the SVG, however large they are', async () => {
    const kinds = fc.constantFrom<PlotSeries['kind']>('line', 'points', 'line and points', 'bars');
    const points = fc.array(fc.record({ y: wild, error: wild }), { minLength: 1, maxLength: 8 });
    const property = fc.asyncProperty(fc.array(fc.tuple(kinds, points), { maxLength: 3 }), async (drawn) => {
      const isNamed = drawn.some(([kind]) => kind === 'bars');
      const series = [['line', [{ y: 3 }, { y: 4 }]] as const, ...drawn].map(([kind, points], index) => ({
        name: `series ${index}`,
        kind,
        points: points.map((point, x) => ({ x: isNamed ? `name ${x}` : x, ...point })),
      }));
      const svg = await plotSvg(plot(series, { y: { label: 'y', range } }));
      const places = [
        ...linesOf(svg).flat(),
        ...[...svg.matchAll(/(?:point|rule mark)" transform="translate\(([^,]*),([^)]*)\)/g)].map(
          ([, x, y]) => [Number(x), Number(y)],
        ),
      ];
      expect(places.filter(([x, y]) => !(x! >= 0 && x! <= 720 && y! >= 0 && y! <= 400))).toEqual([]);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('are clipped from a line at the end of the axis, and split it', async () => {
    const [corners] = linesOf(await plotSvg(plot([line('a', [3, 15, 3])], { y: { label: 'y', range } })));
    // Up to 9 halfway to the second point, and down again from there.
    expect(corners).toHaveLength(4);
    const [first, up, down, last] = corners!.map(([x]) => x!);
    expect(up! - first!).toBeCloseTo((last! - first!) / 4, 1);
    expect(last! - down!).toBeCloseTo((last! - first!) / 4, 1);
    expect(corners![1]![1]).toBe(0);
  });

  it('are clipped on a logarithmic axis where the line crosses its end', async () => {
    const y = { label: 'y', log: true, range: [1, 10] as const };
    const [corners] = linesOf(await plotSvg(plot([line('a', [1, 100])], { y })));
    const [[left], [right]] = corners as [[number, number], [number, number]];
    const [whole] = linesOf(await plotSvg(plot([line('a', [1, 10])], { y })));
    const [[start], [end]] = whole as [[number, number], [number, number]];
    expect(right - left).toBeCloseTo((end - start) / 2, 0);
  });

  it('keep their positions on the other axis', async () => {
    const numbers = async (last: number): Promise<string[]> => {
      const svg = await plotSvg(plot([line('a', [3, 4, 5, last])], { y: { label: 'y', range } }));
      const [, axis] = /X-axis[^>]*>(.*?)role-axis-title/s.exec(svg)!;
      return [...axis!.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);
    };
    expect(await numbers(1e9)).toEqual(await numbers(6));
  });

  it('are clipped from bars and error bars, which are omitted if entirely outside', async () => {
    const points = [
      { x: 'a', y: 12, error: 1 },
      { x: 'b', y: 1 },
      { x: 'c', y: 8, error: 3 },
    ];
    const svg = await plotSvg(plot([{ name: 'a', kind: 'bars', points }], { y: { label: 'y', range } }));
    expect(svg.match(/aria-roledescription="bar"/g)).toHaveLength(2);
    expect(svg.match(/aria-roledescription="rule mark"/g)).toHaveLength(1);
  });

  it('are refused if nothing is in range', async () => {
    const beyond = plot([line('a', [10, 11])], { y: { label: 'y', range } });
    await expect(plotSvg(beyond)).rejects.toThrow('a point within the range');
  });

  it('do not crash the process that draws them', async () => {
    const training = line('training', [8, 7, 6]);
    const validation = line('validation', [1e9, 1e9, 1e9], { kind: 'line and points' });
    const png = decode(await plotPng(plot([training, validation], { y: { label: 'bits/dim', range } })));
    expect([png.width, png.height]).toEqual([1440, 800]);
  });
});

describe('texts', () => {
  const name = 'a\u001b[31m\u0000\n\u2028\ud800\uffff<b>&';
  const shown = 'a\\u001b[31m\\u0000\\u000a\\u2028\\ud800\\uffff&lt;b&gt;&amp;';

  it('are escaped where an SVG requires it, and drawn', async () => {
    const points = [{ x: name, y: 1 }];
    const named = plot(
      [
        { name, kind: 'bars', points },
        { name: 'b', kind: 'bars', points },
      ],
      { title: name, subtitle: name, x: { label: name }, y: { label: name, unit: name } },
    );
    const texts = [...(await plotSvg(named)).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
    expect(texts.filter((text) => text!.includes(shown))).toHaveLength(5);
    // The name below the bars is shortened.
    expect(texts.filter((text) => text!.startsWith(shown.slice(0, 15)))).toHaveLength(6);
    expect(decode(await plotPng(named)).width).toBe(1440);
  });
});

describe('plotPng', () => {
  it('is twice the size, the same each time, and contains text', async () => {
    const wanted = { width: 300, height: 200 };
    const [one, same] = [
      await plotPng(plot([line('a', [1, 2])], wanted)),
      await plotPng(plot([line('a', [1, 2])], wanted)),
    ];
    expect(Buffer.compare(one, same)).toBe(0);
    const { width, height, data, channels } = decode(one);
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
    const blueOf = async (values: readonly number[]): Promise<number> => {
      const { data, channels } = decode(await plotPng(plot([line('a', values)], { y })));
      let count = 0;
      for (let at = 0; at < data.length; at += channels) {
        count += data[at]! < 100 && data[at + 2]! > 150 ? 1 : 0;
      }
      return count;
    };
    const [before, after] = [[8, 7, 6].map(scaled), [5, 4, 4].map(scaled)];
    const whole = await blueOf([...before, scaled(5), ...after]);
    expect(await blueOf([...before, huge, ...after])).toBeGreaterThan(0.6 * whole);
  });
});
