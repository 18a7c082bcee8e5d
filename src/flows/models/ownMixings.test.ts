// User-defined mixings: registration, use in a model, and the error for a missing one.
import { expect, it } from 'vitest';
import {
  option,
  type PartDefinition,
  registerExports,
  registerPart,
  wholeNumber,
} from '../../core/parts/index.ts';
import { defineMixing, type MixingDefinition } from '../contract/mixing.ts';
import { countTrained } from '../contract/parameters.ts';
import { defineMask } from '../coupling/parts.ts';
import { reverse } from '../layers/permutation.ts';
import { definePrior, gaussian } from '../priors/baseDistribution.ts';
import { countParameters } from './flowRegistry.ts';
import { Glow } from './glow.ts';
import { listLayers } from './layers.ts';
import type { ModelOptions } from './options.ts';
import { partModules, partsWithoutModule } from './parts.ts';

const module = 'file:///mine.mjs';
const summary = 'Reverses twice.';
const mixing = (name: string, changes: Partial<MixingDefinition> = {}) =>
  defineMixing({
    name,
    summary,
    module,
    build: (shape) => ({ one: reverse(shape), two: reverse(shape) }),
    ...changes,
  });
const options = (chosen: ModelOptions['mixing']): Partial<ModelOptions> => ({
  levels: 1,
  depth: 1,
  conditioner: { width: 2 },
  mixing: chosen,
  learnedPrior: false,
});

it('are what a model has between actnorm and coupling, under their own keys', () => {
  registerPart(mixing('twice'));
  const paths = listLayers(new Glow([4, 6, 1], options('twice'))).map(({ path }) => path);
  expect(paths.filter((path) => path.includes('steps'))).toEqual(
    ['actnorm', 'one', 'two', 'coupling'].map((key) => `levels/0/steps/0/${key}`),
  );
});

it('are given the shape and their own options, by name or as a value', () => {
  const seen: unknown[] = [];
  const seeing = defineMixing({
    name: 'seeing',
    summary: 'Notes what it is given.',
    options: { strength: option('How strong it is.', wholeNumber(0, 9), 3) },
    build: (shape, { strength }) => {
      seen.push([...shape], strength);
      return { reverse: reverse(shape) };
    },
  });
  const { options: stored } = new Glow([4, 6, 1], options({ name: seeing, strength: 5 }));
  expect(stored.mixing).toEqual({ name: 'seeing', strength: 5 });
  new Glow([4, 6, 1], options('seeing'));
  new Glow([4, 6, 1], options(seeing));
  expect(seen).toEqual([[2, 3, 4], 5, [2, 3, 4], 3, [2, 3, 4], 3]);
  expect(() => new Glow([4, 6, 1], options({ name: 'seeing', strength: 10 }))).toThrow(
    'model.mixing.strength must be a whole number from 0 to 9, not 10',
  );
});

it('are replaced by their own module, and by no other', () => {
  registerPart(mixing('again'));
  registerPart(mixing('again', { build: (shape) => ({ only: reverse(shape) }) }));
  expect(Object.keys(listLayers(new Glow([2, 2, 1], options('again'))))).toHaveLength(5);
  expect(() => registerPart(mixing('again', { module: 'file:///other.mjs' }))).toThrow(
    'file:///mine.mjs already has another mixing again: register yours under another name',
  );
  const { module: _, ...without } = mixing('here');
  registerPart(without);
  registerPart({ ...without });
  expect(() => registerPart({ ...without, build: () => ({}) } as PartDefinition)).toThrow(
    'this program already has another mixing here: register yours under another name',
  );
});

it('are registered by their module for all that import it', () => {
  const { module: _, ...exported } = mixing('exported');
  registerPart(exported);
  registerExports({ exported, other: 3, nothing: undefined }, module);
  expect(() =>
    registerExports({ exported: mixing('exported', { module: undefined! }) }, 'file:///b.mjs'),
  ).toThrow('file:///mine.mjs already has another mixing exported');
});

it.each([
  ['emerging', 'the library already has another mixing emerging: register yours under another name'],
  ...['', 'a/b', '-a', 'two words', 'ä', 'a'.repeat(41)].map((name) => [
    name,
    `the name of a mixing consists of at most 40 letters, digits and single hyphens, not '${name}'`,
  ]),
])('are not registered as %j', (name, message) => {
  expect(() => registerPart(mixing(name))).toThrow(message);
});

it('are unknown until they are registered, names of every object too', () => {
  for (const name of ['hasOwnProperty', 'toString', '__proto__', 'mine']) {
    expect(() => new Glow([2, 2, 1], options(name))).toThrow(`unknown model.mixing '${name}': `);
  }
  expect(() => new Glow([2, 2, 1], options('mine'))).toThrow(
    /Register your own first: registerPart\('mine'\)$/,
  );
});

it('masks in turn may keep different numbers of channels, which parameters are counted for', () => {
  const mask = defineMask({
    name: 'first-or-others',
    summary: 'Keeps the first channel, then the others.',
    turns: 2,
    build:
      (_, turn) =>
      ([, , channels]) =>
        Array.from({ length: channels }, (_, channel) => (channel === 0 ? 1 - turn : turn)),
  });
  const chosen = { ...options('reverse'), mask, depth: 3 };
  expect(countParameters([4, 4, 1], chosen)).toBe(countTrained(new Glow([4, 4, 1], chosen).parameters));
});

it('cannot take the key of a layer that every step has', () => {
  const taking = mixing('taking', { build: (shape) => ({ actnorm: reverse(shape) }) });
  expect(() => new Glow([2, 2, 1], options(taking))).toThrow(
    "mixing 'taking': the layer 'actnorm' needs another key: every flow step already uses this one",
  );
});

it.each<[string, object, string]>([
  ['a name for a module', { module: 'mine' }, 'module must be the URL of the module that exports it'],
  ['no builder', { build: undefined }, 'build must be a function'],
  ['no sentence', { summary: '' }, 'summary must be a sentence'],
  ['an option that is none', { options: { kernel: 3 } }, 'its option kernel must come from option('],
  [
    'an option without a default',
    { options: { kernel: wholeNumber(1) } },
    'its option kernel must come from',
  ],
  [
    'an option called name',
    { options: { name: 3 } },
    "options must be an object of options by name, none of which is called 'name'",
  ],
])('are not registered with %s', (_, changes, message) => {
  expect(() => registerPart(mixing('wrong', changes))).toThrow(`the mixing wrong: ${message}`);
  expect(() => new Glow([2, 2, 1], options('wrong'))).toThrow("unknown model.mixing 'wrong'");
});

it.each([undefined, null, 'mine', { kind: 'toString' }])('are not definitions: %j', (value) => {
  expect(() => registerPart(value as unknown as PartDefinition)).toThrow('registerPart needs a definition');
});

it.each([
  ['a promise', async () => ({ one: reverse([1, 1, 4]) }), 'build must return an object of bijections'],
  ['nothing', () => undefined, 'build must return an object of bijections'],
  ['a list', () => [reverse([1, 1, 4])], 'build must return an object of bijections'],
  ['no layer', () => ({}), 'build must return at least one bijection'],
  [
    'a layer',
    () => reverse([1, 1, 4]),
    "the layer 'name' is not a bijection: it has no name, no inputShape, no outputShape",
  ],
  [
    'a layer without an inverse',
    () => ({ one: { ...reverse([1, 1, 4]), inverse: undefined } }),
    "the layer 'one' is not a bijection: it has no inverse",
  ],
  [
    'a layer that changes the shape',
    () => ({ one: { ...reverse([1, 1, 4]), outputShape: [1, 1, 5] } }),
    'its layers take images 1x1x4 and return 1x1x5: the shapes must be equal',
  ],
])('cannot return %s', (_, build, message) => {
  registerPart(mixing('returning', { build: build as unknown as MixingDefinition['build'] }));
  expect(() => new Glow([2, 2, 1], options('returning'))).toThrow(`mixing 'returning': ${message}`);
});

it('threads import the modules of a model’s own mixing and own prior', () => {
  const prior = definePrior({
    name: 'mine',
    summary: 'A normal distribution.',
    module,
    build: () => gaussian,
  });
  registerPart(prior);
  registerPart(mixing('threaded', { module: 'file:///other.mjs' }));
  const parts = { mixing: 'threaded', prior: 'mine' };
  expect(partModules(parts).toSorted()).toEqual([module, 'file:///other.mjs']);
  registerPart(definePrior({ name: 'here', summary: 'A normal distribution.', build: () => gaussian }));
  expect(partsWithoutModule({ prior: 'here' })).toEqual(['prior "here"']);
});
