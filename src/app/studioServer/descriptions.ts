// Describes a studio's models and runs without loading their weights.
import { basename } from 'node:path';
import * as z from 'zod/mini';
import { problemText, UserError } from '../../core/errors.ts';
import { exists, isWithin, lastWritten, listFolder, pathIn, readText } from '../../data/files/index.node.ts';
import { parseJsonObject } from '../../data/files/index.ts';
import { foreignParts, type ModelParts, partKeys } from '../../flows/models/index.ts';
import { isExported, readManifest } from '../../model/loading/index.node.ts';
import { MANIFEST_FILE, WEIGHTS_FILE } from '../../model/loading/index.ts';
import { SCORES_FILE } from '../../model/referenceScores.ts';
import { checkpointFile, runFileNames } from '../../runs/contents/index.ts';
import { isRunFolder, type RunPaths, runFiles, runPaths, savedSteps } from '../../runs/folder/index.ts';
import { parseYaml } from '../../runs/settings/yaml.ts';
import {
  configReader,
  type RunOverview,
  runOverview,
  unknownProgress,
} from '../../training/reports/index.ts';
import type { FoundRun, OfferedModel } from './lists.ts';
import type { Place } from './search.ts';

/** The models in these places. An error in one becomes its `problem` and doesn't affect the others. */
export function offeredModels(places: readonly Place[], overviewOf: OverviewReader): OfferedModel[] {
  return places.map((candidate) => {
    const { path, folder } = candidate;
    const unknown = { path, files: [], preset: null, data: null, step: null, test: null } as const;
    let kind: OfferedModel['kind'] = 'run';
    try {
      kind = isExported(folder) ? 'export' : 'run';
      requireOwnFiles(folder);
      requireUsable(folder, kind);
      const model = kind === 'export' ? exportIn(folder) : runIn(folder, overviewOf);
      requireOwnFiles(folder, model.files);
      return { ...unknown, kind, ...model };
    } catch (error) {
      return { ...unknown, kind, problem: problemText(error) };
    }
  });
}

/**
 * Checks that the page can use the model: it has only the library's own parts, whatever the server has registered, is for
 * images of 8 bits, and depends on nothing but classes.
 */
function requireUsable(folder: string, kind: OfferedModel['kind']): void {
  const model = kind === 'export' ? modelOfExport(folder) : modelOfRun(folder);
  const remedy = 'use the model in a terminal or from code';
  const foreign = foreignParts(Object.fromEntries(partKeys.map((key) => [key, model[key]])) as ModelParts);
  if (foreign.length > 0) {
    throw new UserError(
      'unsupported',
      `its ${foreign.join(' and ')} ${foreign.length === 1 ? 'is' : 'are'} not part of the library, and the studio runs no other code: ${remedy}`,
    );
  }
  const values = model.continuous
    ? 'real numbers'
    : model.bits > 8
      ? `integers of ${model.bits} bits`
      : undefined;
  if (values !== undefined) {
    throw new UserError(
      'unsupported',
      `its images are ${values}, and the studio shows models of 8-bit images: ${remedy}; the Runs page has the samples of a run`,
    );
  }
  if (model.condition !== undefined) {
    throw new UserError('unsupported', `it depends on conditions, which the studio can't give: ${remedy}`);
  }
}

/** A chosen part, of which only the name is read. */
const chosenPart = z.union([z.string(), z.looseObject({ name: z.optional(z.string()) })]);

/** What is read of a model's options. */
const optionsSchema = z.object({
  ...Object.fromEntries(partKeys.map((key) => [key, z.optional(chosenPart)])),
  continuous: z._default(z.unknown(), false),
  bits: z._default(z.number(), 8),
  condition: z.optional(z.unknown()),
});
type Options = z.infer<typeof optionsSchema> & Readonly<Record<string, unknown>>;

/** The options of the model in a manifest; a damaged manifest is reported elsewhere. */
function modelOfExport(folder: string): Options {
  const path = pathIn(folder, MANIFEST_FILE);
  return optionsIn(parseJsonObject(readText(path), path, '; export it again'));
}

/** The options of the model in a run's configuration. */
function modelOfRun(folder: string): Options {
  const parsed = parseYaml(readText(runPaths(folder).config));
  return optionsIn('value' in parsed ? parsed.value : undefined);
}

function optionsIn(value: unknown): Options {
  const options = z.object({ model: optionsSchema }).safeParse(value).data?.model;
  return options ?? optionsSchema.parse({});
}

type Found = Omit<OfferedModel, 'path' | 'kind'>;

function runIn(folder: string, overviewOf: OverviewReader): Found {
  const { preset, data, test, problem } = overviewOf(folder);
  if (problem !== null) {
    throw new UserError('invalid-data', problem);
  }
  const paths = runPaths(folder);
  const last = savedSteps(paths).at(-1);
  if (last === undefined) {
    throw new UserError('not-ready', 'no checkpoint yet: wait for the first one');
  }
  const files = [runFileNames.config, checkpointFile(last), ...scoresIn(folder)];
  return { files, preset, data, step: last, test, problem: null };
}

function exportIn(folder: string): Found {
  const { path, trained } = readManifest(folder);
  if (trained === undefined) {
    throw new UserError('invalid-data', `${path} does not say what the model was trained on; export again`);
  }
  const { preset, dataset, step, test } = trained;
  const files = [WEIGHTS_FILE, MANIFEST_FILE, ...scoresIn(folder)];
  return { files, preset, data: dataset, step, test, problem: null };
}

/** The file with the scores of validation images, if there is one. */
function scoresIn(folder: string): string[] {
  const path = pathIn(folder, SCORES_FILE);
  return exists(path) && isWithin(folder, path) ? [SCORES_FILE] : [];
}

/** The files that a description is read from. */
const described = [
  MANIFEST_FILE,
  runFileNames.config,
  runFileNames.metrics,
  runFileNames.timings,
  runFileNames.summary,
  runFileNames.checkpoints,
  runFileNames.samples,
];

/**
 * Checks that the files of a model or run are in its folder.
 *
 * @param names of the files; by default those that a description is read from
 * @throws UserError (`invalid-data`) if one is a link out of the folder, which isn't followed
 */
function requireOwnFiles(folder: string, names: readonly string[] = described): void {
  for (const path of names.map((name) => pathIn(folder, name))) {
    if (exists(path) && !isWithin(folder, path)) {
      throw new UserError('invalid-data', `${path} is a link out of its folder: replace it with a copy`);
    }
  }
}

/** The most sheets of samples listed per run; training draws five. */
const MOST_SAMPLES = 100;

/** The runs in these places. An error in one becomes its `problem` and doesn't affect the others. */
export function foundRuns(places: readonly Place[], overviewOf: OverviewReader): FoundRun[] {
  return places.filter(({ folder }) => isRunFolder(folder)).map((place) => describeRun(place, overviewOf));
}

function describeRun({ path, folder }: Place, overviewOf: OverviewReader): FoundRun {
  const paths = runPaths(folder);
  try {
    requireOwnFiles(folder);
    const { run: _, settings, ...overview } = overviewOf(folder);
    const last = savedSteps(paths).at(-1);
    const files = last === undefined ? [] : [runFileNames.config, checkpointFile(last)];
    return {
      path,
      ...overview,
      files,
      samples: samplesIn(paths),
      isTraining: runFiles(paths).isLocked(),
      texts: [paths.card, paths.summary].filter(exists).map((file) => basename(file)),
      settings: Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : JSON.stringify(value),
        ]),
      ),
    };
  } catch (error) {
    return {
      ...unknownProgress,
      path,
      files: [],
      samples: [],
      isTraining: false,
      texts: [],
      settings: {},
      problem: problemText(error),
    };
  }
}

function samplesIn({ samples }: RunPaths): string[] {
  return exists(samples)
    ? listFolder(samples)
        .filter((name) => /^step-\d{8,}\.png$/.test(name))
        .slice(-MOST_SAMPLES)
        .map((name) => `samples/${name}`)
    : [];
}

/** Reads the overview of the run in a folder. */
type OverviewReader = (folder: string) => RunOverview;

/** Reads overviews, and reads a run again only if its files have changed. */
export function overviewReader(): OverviewReader {
  const configIn = configReader();
  const cache = new Map<string, { readonly stamp: string; readonly overview: RunOverview }>();
  return (folder) => {
    const stamp = fileTimes(runPaths(folder));
    const earlier = cache.get(folder);
    if (earlier?.stamp === stamp) {
      return earlier.overview;
    }
    const overview = runOverview(folder, configIn);
    cache.set(folder, { stamp, overview });
    return overview;
  };
}

/** When each file behind an overview was last written. */
function fileTimes({ config, metrics, timings, summary }: RunPaths): string {
  return [config, metrics, timings, summary].map((file) => lastWritten(file) ?? 0).join(' ');
}
