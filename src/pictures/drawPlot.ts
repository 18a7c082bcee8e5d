// Plots as SVG and PNG: Vega lays them out, resvg turns them into pixels.
import type { LoggerInterface } from 'vega';
import { visibleLines } from '../visibleText.ts';
import type { Plot } from './plot.ts';
import { plotSpec } from './plotSpec.ts';
import { rasterise } from './rasterise.node.ts';

/** The width of an average character of the font, in em. */
const meanGlyphWidth = 0.62;

/** How Vega measures text. */
interface TextMetrics {
  /** The width of a text mark in pixels. */
  width: (item: { fontSize?: number }, text: unknown) => number;
}

/**
 * A plot as the text of an SVG.
 *
 * @throws RangeError if no point is finite and within the range of its axes, or a logarithmic axis would have to show a
 * value that is not above 0
 */
export async function plotSvg(plot: Plot): Promise<string> {
  const written = plotSpec(plot);
  // Imported only when something is plotted: both are large, and most commands never plot.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  // Vega would measure text with a canvas if one is installed; the layout should not depend on that.
  // Vega's types do not include textMetrics.
  const { textMetrics } = vega as unknown as { textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) => meanGlyphWidth * String(text).length * fontSize;
  const warnings: string[] = [];
  const { spec } = compile(written, { logger: collector(warnings) });
  if (warnings.length > 0) {
    throw new Error(`the plot cannot be drawn as it is: ${warnings.join('; ')}`);
  }
  const view = new vega.View(vega.parse(spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  // Vega evaluates axis descriptions as expressions, which turns the escapes back into control characters.
  return visibleLines(svg);
}

/**
 * A plot as the bytes of a PNG, the same on every machine.
 *
 * @throws RangeError as `plotSvg` does; Error if the renderer crashes, refuses it or takes too long
 */
export async function plotPng(plot: Plot): Promise<Uint8Array> {
  return rasterise(await plotSvg(plot));
}

/** A logger that collects the warnings of Vega-Lite. */
function collector(warnings: string[]): LoggerInterface {
  const collect = (...texts: readonly unknown[]): LoggerInterface => {
    warnings.push(texts.join(' '));
    return logger;
  };
  const ignore = (): LoggerInterface => logger;
  const logger = {
    level: ignore,
    error: collect,
    warn: collect,
    info: ignore,
    debug: ignore,
  } as LoggerInterface;
  return logger;
}
