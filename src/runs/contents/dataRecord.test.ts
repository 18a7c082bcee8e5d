// The record of a run's images: reads back what was written, and names each damage with the expected value.
import { expect, it } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { type DataRecord, dataRecordText, parseDataRecord } from './dataRecord.ts';

const split = { images: 3, sha256: '0123456789abcdef'.repeat(4) };
const record: DataRecord = {
  name: 'photos',
  train: split,
  validation: split,
  test: split,
  holdOut: { by: 'name', below: 0.1 },
  heldOut: ['a.png', 'b.png'],
};

it.each<[string, Partial<DataRecord>]>([
  ['held out by name', {}],
  ['held out by position', { holdOut: { by: 'position' } }],
  ['not held out', { holdOut: null }],
])('reads back what was written, with images %s', (_, change) => {
  const written = { ...record, ...change };
  expect(parseDataRecord(dataRecordText(written), 'data.json')).toEqual(written);
});

it.each<[object, string]>([
  [{ name: undefined }, 'name: expected a name'],
  [{ train: null }, 'train: expected an object with images and sha256'],
  [{ validation: { ...split, images: -1 } }, 'validation.images: expected a whole number of 0 or more'],
  [{ validation: { ...split, images: 0.5 } }, 'validation.images: expected a whole number of 0 or more'],
  [{ test: { ...split, sha256: 'ABC' } }, 'test.sha256: expected 64 hexadecimal digits'],
  [{ test: { images: 3 } }, 'test.sha256: expected 64 hexadecimal digits'],
  [{ holdOut: 3 }, 'holdOut: expected a way to hold images out, by position or by name'],
  [{ holdOut: { by: 'size' } }, 'holdOut.by: expected a way to hold images out, by position or by name'],
  [{ holdOut: { by: 'name', below: 2 } }, 'holdOut.below: expected a number from 0 to 1'],
  [{ heldOut: 'a.png' }, 'heldOut: expected a list of names'],
  [{ heldOut: ['a.png', 3] }, 'heldOut.1: expected a name'],
])('is refused with %j', (damage, problem) => {
  expect(() => parseDataRecord(JSON.stringify({ ...record, ...damage }), 'runs/a/data.json')).toThrow(
    new UserError('invalid-data', `runs/a/data.json: ${problem}; restore it from a copy of the run`),
  );
});
