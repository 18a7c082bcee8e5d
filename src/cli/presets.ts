// `emerging presets`: the experiments that have a name, their size and the results reported for them.
import type { Command } from 'commander';
import type { Config } from '../experiments/config.ts';
import { type Preset, presets, type ReportedResult } from '../experiments/presets.ts';
import { resolveConfig } from '../experiments/resolve.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { formatCount } from './format.ts';
import { formatTable } from './table.ts';

/** What the command `presets` needs from the models. */
export interface PresetsDependencies {
  /** The number of trained parameters of a model for images of this shape. */
  readonly countParameters: (model: Config['model'], imageShape: ImageShape) => number;
}

/** Adds the command `presets [--json]` to the program. */
export function registerPresets(program: Command, { countParameters }: PresetsDependencies): void {
  program
    .command('presets')
    .description('list the experiments that have a name')
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExample:\n  emerging presets --json')
    .action((options: { json?: true }) => {
      const entries = presets.map((preset) => describe(preset, countParameters));
      process.stdout.write(`${options.json ? JSON.stringify(entries, null, 2) : tableOf(entries)}\n`);
    });
}

interface Entry {
  readonly name: string;
  readonly description: string;
  readonly config: Config;
  readonly parameters: number;
  /** Only what the paper itself reports; `reported` says what others do. */
  readonly paperBitsPerDim: number | null;
  readonly reported: ReportedResult | null;
}

function describe(preset: Preset, countParameters: PresetsDependencies['countParameters']): Entry {
  const { name, description, imageShape, reported = null } = preset;
  const config = resolveConfig({ preset: name });
  return {
    name,
    description,
    config,
    parameters: countParameters(config.model, imageShape),
    paperBitsPerDim: reported?.source === 'paper' ? reported.bitsPerDim : null,
    reported,
  };
}

function tableOf(entries: readonly Entry[]): string {
  return formatTable(
    [
      { title: 'PRESET' },
      { title: 'DATASET' },
      { title: 'LAYERS' },
      { title: 'PARAMETERS', align: 'right' },
      { title: 'PAPER BITS/DIM' },
    ],
    entries.map(({ name, config, parameters, reported }) => [
      name,
      config.data.name,
      `${config.model.levels} levels x ${config.model.depth} ${config.model.mixing}, width ${config.model.width}`,
      formatCount(parameters),
      resultText(reported),
    ]),
  );
}

function resultText(reported: ReportedResult | null): string {
  if (reported === null) {
    return '-';
  }
  const { bitsPerDim, deviation, source } = reported;
  const spread = deviation === undefined ? '' : ` ± ${deviation}`;
  return `${bitsPerDim.toFixed(2)}${spread}${source === 'others' ? ' (others)' : ''}`;
}
