// `emerging presets`: lists the predefined experiments with their sizes and published results.
import type { Command } from 'commander';
import { partName, partOptions } from '../../../core/parts/index.ts';
import { countParameters, networkWidth } from '../../../flows/models/index.ts';
import type { Config } from '../../../runs/settings/index.ts';
import { type Preset, presets } from '../../../runs/settings/presets.ts';
import { resolveConfig } from '../../../runs/settings/yaml.ts';
import { writeStdout } from '../terminal/output.ts';
import { formatTable, right } from '../terminal/table.ts';

/** Adds the options of `presets`, and what it does. */
export function registerPresets(command: Command): void {
  command
    .option('--json', 'print a JSON list')
    .addHelpText('after', '\nExample:\n  emerging presets --json')
    .action((options: { json?: true }) => {
      const entries = presets.map(describe);
      writeStdout(`${options.json ? JSON.stringify(entries, null, 2) : presetsText(entries)}\n`);
    });
}

/** A preset as listed; null for values that were not published. */
type Entry = ReturnType<typeof describe>;

function describe({ name, description, notes, imageShape, paper = {}, othersBitsPerDim }: Preset) {
  const config = resolveConfig({ preset: name });
  // Standardisation has no parameters, and is unknown until a run starts.
  const { continuous: _, ...model } = config.model;
  return {
    name,
    description,
    notes,
    config,
    parameters: countParameters(imageShape, model),
    paperBitsPerDim: paper.bitsPerDim ?? null,
    // Over repeated runs.
    paperDeviation: paper.deviation ?? null,
    paperApproximate: paper.approximate ?? false,
    paperMillisecondsPerSample: paper.millisecondsPerSample ?? null,
    // With weights that have no effect.
    paperParameters: paper.parameters ?? null,
    othersBitsPerDim: othersBitsPerDim ?? null,
  };
}

/** The table as text, with an explanation of its columns and the notes that the last column refers to. */
function presetsText(entries: readonly Entry[]): string {
  const notes = [...new Set(entries.flatMap((entry) => entry.notes))];
  const table = formatTable(
    ['PRESET', 'DATASET', 'LAYERS', right('PARAMETERS'), 'BITS/DIM', right('MS'), 'NOTES'],
    entries.map((entry) => [
      entry.name,
      entry.config.data.name,
      layersText(entry.config.model),
      `${(entry.parameters / 1e6).toFixed(2)} M`,
      bitsPerDimText(entry),
      entry.paperMillisecondsPerSample?.toString() ?? '',
      entry.notes.map((note) => notes.indexOf(note) + 1).join(', '),
    ]),
  );
  return [
    table,
    '',
    'L: levels, D: steps per level, W: channels of the coupling networks, C: checkerboards; last: the coupling.',
    'BITS/DIM and MS (milliseconds per sample): as published, in the paper unless marked.',
    ...notes.map((note, index) => `${index + 1}. ${note}`),
  ].join('\n');
}

/** The model in brief: `emerging 3x3, L2 D4 W64 C4 mixture`. */
function layersText(model: Config['model']): string {
  const { mixing, levels, depth, coupling, checkerboard = 0 } = model;
  const { kernelSize } = partOptions(mixing);
  const kernel = kernelSize === undefined ? '' : ` ${kernelSize}x${kernelSize}`;
  const checkerboards = checkerboard === 0 ? '' : ` C${checkerboard}`;
  return `${partName(mixing)}${kernel}, L${levels} D${depth} W${networkWidth(model)}${checkerboards} ${partName(coupling)}`;
}

function bitsPerDimText(entry: Entry): string {
  if (entry.othersBitsPerDim !== null) {
    return `${entry.othersBitsPerDim.toFixed(2)} (others)`;
  }
  if (entry.paperBitsPerDim === null) {
    return '-';
  }
  const spread = entry.paperDeviation === null ? '' : ` ± ${entry.paperDeviation.toFixed(3)}`;
  return `${entry.paperApproximate ? 'about ' : ''}${entry.paperBitsPerDim.toFixed(2)}${spread}`;
}
