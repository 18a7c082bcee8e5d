// What identifies the images of a run, as stored in its `data.json`: its text, and the comparison with images found.
import * as z from 'zod/mini';
import { UserError } from '../../core/errors.ts';
import type { HoldOut, Split } from '../../data/contract/index.ts';
import { parseJsonObject, stringifyJson } from '../../data/files/index.ts';
import type { DatasetIdentity, SplitIdentity } from '../../data/index.ts';

/** What identifies the images of a run, and the name or path they were opened by. */
export interface DataRecord extends DatasetIdentity {
  readonly name: string;
}

// Each error text completes the sentence 'train.images: expected …'.
const countText = 'a whole number of 0 or more';
const sha256Text = '64 hexadecimal digits';
const belowText = 'a number from 0 to 1';
const sha256Schema = z.string(sha256Text).check(z.regex(/^[0-9a-f]{64}$/, sha256Text));
const splitSchema = z.object(
  {
    images: z.int(countText).check(z.minimum(0, countText)),
    sha256: sha256Schema,
    labels: z.exactOptional(sha256Schema),
    conditions: z.exactOptional(z.record(z.string(), sha256Schema, 'checksums by name')),
  },
  'an object with images and sha256',
);
const recordSchema = z.object({
  name: z.string('a name'),
  train: splitSchema,
  validation: splitSchema,
  test: splitSchema,
  holdOut: z.nullable(
    z.discriminatedUnion(
      'by',
      [
        z.object({ by: z.literal('position') }),
        z.object({
          by: z.literal('name'),
          below: z.number(belowText).check(z.minimum(0, belowText), z.maximum(1, belowText)),
        }),
      ],
      'a way to hold images out, by position or by name',
    ),
  ),
  heldOut: z.optional(z.array(z.string('a name'), 'a list of names')),
});

/** The most bytes of a record, which may name every held-out image. */
export const largestRecord = 2 ** 26;

/**
 * The record in the text of a `data.json`.
 *
 * @param path the file, for errors
 * @throws UserError with its name if it is damaged
 */
export function parseDataRecord(text: string, path: string): DataRecord {
  const remedy = 'restore it from a copy of the run';
  const { data, error } = recordSchema.safeParse(parseJsonObject(text, path, `; ${remedy}`));
  if (error) {
    const [{ path: where, message }] = error.issues as [z.core.$ZodIssue];
    throw new UserError('invalid-data', `${path}: ${where.join('.')}: expected ${message}; ${remedy}`);
  }
  const { heldOut, ...record } = data;
  return heldOut === undefined ? record : { ...record, heldOut };
}

/** The text of a `data.json`. */
export function dataRecordText({ name, ...identity }: DataRecord): string {
  return `${stringifyJson({ name, ...identity }, 2)}\n`;
}

/** How the validation images of a run are held out; undefined if it has not recorded this. */
export function holdOutIn(record: DataRecord | undefined): HoldOut | undefined {
  return record?.holdOut ?? undefined;
}

/** What differs between the images that a run recorded and those found; undefined if nothing does. */
export function differenceBetween(recorded: SplitIdentity, actual: SplitIdentity): string | undefined {
  if (recorded.images !== actual.images) {
    return `${actual.images.toLocaleString('en-US')} images instead of ${recorded.images.toLocaleString('en-US')}`;
  }
  if (recorded.sha256 !== actual.sha256) {
    return 'the same number of images, but different ones or in another order';
  }
  if (recorded.labels !== actual.labels) {
    return 'the same images, but with other labels';
  }
  const changed = Object.entries(recorded.conditions ?? {}).find(
    ([name, checksum]) => actual.conditions?.[name] !== checksum,
  );
  return changed && `the same images, but the condition ${changed[0]} has other values`;
}

/** The first split whose images differ from the recorded ones, and how, in words; undefined if none does. */
export function changedSplit(recorded: DatasetIdentity, actual: DatasetIdentity): string | undefined {
  const words: Readonly<Record<Split, string>> = {
    train: 'training',
    validation: 'validation',
    test: 'test',
  };
  for (const split of ['train', 'validation', 'test'] as const) {
    const difference = differenceBetween(recorded[split], actual[split]);
    if (difference !== undefined) {
      return `its ${words[split]} images are not the ones the run was trained with: ${difference}`;
    }
  }
  return undefined;
}
