// Reads studies from a file.
import { parse } from 'yaml';
import * as z from 'zod';
import { UserError, unknownName } from '../../src/core/errors.ts';
import { readText, requireExists } from '../../src/data/files/files.ts';
import { mixingNames } from '../../src/flows/models/mixing.ts';
import { resolveConfig } from '../../src/runs/settings/resolve.ts';
import { changesOf, distinct, type Study, studySchema, variantsOf } from './studies.ts';

/**
 * The studies of a file: a list in YAML, or the results of a study in JSON, which contain it.
 *
 * @throws UserError that names the file, the study and what is wrong in it
 */
export function readStudies(file: string): Study[] {
  const contents = parseFile(file);
  const { study } = Object(contents) as { study?: unknown };
  const list = study === undefined ? contents : [study];
  const result = z.array(studySchema).min(1).safeParse(list);
  if (!result.success) {
    throw new UserError('invalid-config', `${file}: ${explain(result.error.issues[0]!, list)}`);
  }
  const studies = result.data;
  for (const study of studies) {
    requireConfig(study, [], file);
    requireKnownVariants(study, file);
  }
  if (!distinct(studies.map((study) => study.name))) {
    throw new UserError('invalid-config', `${file}: two studies have the same name`);
  }
  const shared = studies.find(({ seeds, search }) => seeds.includes(search.seed));
  if (shared !== undefined) {
    throw new UserError(
      'invalid-config',
      `${file}: ${shared.name}: the seed ${shared.search.seed} of the search is also a seed of the study: choose another`,
    );
  }
  return studies;
}

/** The problem, prefixed by the name of the study, or by its position in the list if it has none. */
function explain({ path: [index, ...path], message }: z.core.$ZodIssue, list: unknown): string {
  if (typeof index !== 'number') {
    return `expected a list of studies: ${message}`;
  }
  const { name } = Object((list as unknown[])[index]) as { name?: unknown };
  const study = typeof name === 'string' && name !== '' ? name : `study ${index + 1} of the list`;
  return [study, ...(path.length > 0 ? [path.join('.')] : []), message].join(': ');
}

/**
 * Builds the configuration of a study, so that a wrong preset or change is reported before anything begins.
 */
function requireConfig({ name, data, preset, changes }: Study, set: readonly string[], place: string): void {
  try {
    resolveConfig({ preset, set: [...changes, ...set], overrides: { data: { name: data.name } } });
  } catch (error) {
    throw error instanceof UserError
      ? new UserError('invalid-config', `${place}: ${name}: ${error.message}`, { cause: error })
      : error;
  }
}

/** Requires that each variant is a mixing or has an entry, and that its configuration is one. */
function requireKnownVariants(study: Study, place: string): void {
  const own = Object.keys(study.variants ?? {});
  for (const variant of new Set([...variantsOf(study), ...own])) {
    if (!own.includes(variant) && !mixingNames.some((mixing) => mixing === variant)) {
      const { message } = unknownName('variant', variant, [...own, ...mixingNames]);
      throw new UserError('invalid-config', `${place}: ${study.name}: ${message}`);
    }
    requireConfig(study, changesOf(study, variant), `${place}: ${variant}`);
  }
}

function parseFile(file: string): unknown {
  requireExists(file);
  const text = readText(file);
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(
      'invalid-config',
      `${file}: not valid YAML: ${(error as Error).message.split('\n')[0]}`,
      {
        cause: error,
      },
    );
  }
}
