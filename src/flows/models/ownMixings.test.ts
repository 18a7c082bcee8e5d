// Mixings of one's own: what may be registered, what a model makes of it, and what is said of one that is not there.
import { expect, it } from 'vitest';
import { reverse } from '../layers/permutation.ts';
import { Glow } from './glow.ts';
import { layersOf } from './layers.ts';
import { type MixingPart, mixingParts, registerMixing } from './mixing.ts';
import type { ModelOptions } from './options.ts';
import type { Own } from './partRegistry.ts';

type OwnMixing = Own<MixingPart>;

const module = 'file:///mine.mjs';
const twice: OwnMixing = { module, layers: (shape) => ({ one: reverse(shape), two: reverse(shape) }) };
const options = (mixing: string): ModelOptions => ({
  levels: 1,
  depth: 1,
  width: 2,
  mixing,
  kernelSize: 3,
  dilation: 1,
  learnedPrior: false,
  bits: 8,
});

it('are what a model has between actnorm and coupling, under their own keys', () => {
  registerMixing('twice', twice);
  const paths = layersOf(new Glow([4, 6, 1], options('twice'))).map(({ path }) => path);
  expect(paths.filter((path) => path.includes('steps'))).toEqual(
    ['actnorm', 'one', 'two', 'coupling'].map((key) => `levels/0/steps/0/${key}`),
  );
});

it('are given the shape and the options of the model', () => {
  const seen: unknown[] = [];
  registerMixing('seeing', {
    module,
    layers: (shape, { kernelSize, dilation, hiddenChannels }) => {
      seen.push([...shape], { kernelSize, dilation, hiddenChannels });
      return { reverse: reverse(shape) };
    },
  });
  new Glow([4, 6, 1], { ...options('seeing'), kernelSize: 5, dilation: 2, hiddenChannels: 7 });
  expect(seen).toEqual([[2, 3, 4], { kernelSize: 5, dilation: 2, hiddenChannels: 7 }]);
});

it('are replaced by their own module, and by no other', () => {
  registerMixing('again', twice);
  registerMixing('again', { ...twice, layers: (shape) => ({ only: reverse(shape) }) });
  expect(Object.keys(layersOf(new Glow([2, 2, 1], options('again'))))).toHaveLength(5);
  expect(() => registerMixing('again', { ...twice, module: 'file:///other.mjs' })).toThrow(
    'file:///mine.mjs has already registered a mixing again: register yours under another name',
  );
});

it.each([
  ['emerging', 'the library already has a mixing emerging: register yours under another name'],
  ...['', 'a/b', '-a', 'two words', 'ä', 'a'.repeat(41)].map((name) => [
    name,
    `the name of a mixing consists of at most 40 letters, digits and single hyphens, not '${name}'`,
  ]),
])('are not registered as %j', (name, message) => {
  expect(() => registerMixing(name, twice)).toThrow(message);
});

it('are unknown until they are registered, names of every object too', () => {
  expect(['hasOwnProperty', 'toString', '__proto__'].filter((name) => mixingParts.has(name))).toEqual([]);
  expect(() => new Glow([2, 2, 1], options('mine'))).toThrow(
    /^unknown model.mixing 'mine': .* Register your own first: registerMixing\('mine'\)$/,
  );
});

it('cannot take the key of a layer that every step has', () => {
  registerMixing('taking', { module, layers: (shape) => ({ actnorm: reverse(shape) }) });
  expect(() => new Glow([2, 2, 1], options('taking'))).toThrow(
    "mixing 'taking': the layer 'actnorm' needs another key: every flow step already uses this one",
  );
});

it.each([
  ['no module', { ...twice, module: undefined }, 'module must be the URL of the module that registers it'],
  ['a name for a module', { ...twice, module: 'mine' }, 'module must be the URL'],
  ['no layers', { module }, 'layers must be a function of the shape and the options'],
  ['nothing', undefined, 'module must be the URL'],
  ['an unknown option', { ...twice, options: ['kernel'] }, 'options must be a list of some of kernelSize, '],
  [
    'a name for a list',
    { ...twice, options: 'kernelSize' },
    'options must be a list of some of kernelSize, ',
  ],
])('are not registered with %s', (_, mixing, message) => {
  expect(() => registerMixing('wrong', mixing as OwnMixing)).toThrow(`the mixing wrong: ${message}`);
  expect(mixingParts.has('wrong')).toBe(false);
});

it.each([
  ['a promise', async () => ({ one: reverse([1, 1, 4]) }), 'layers must return an object of bijections'],
  ['nothing', () => undefined, 'layers must return an object of bijections'],
  ['a list', () => [reverse([1, 1, 4])], 'layers must return an object of bijections'],
  ['no layer', () => ({}), 'layers must return at least one bijection'],
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
])('cannot return %s', (_, layers, message) => {
  registerMixing('returning', { module, layers: layers as unknown as OwnMixing['layers'] });
  expect(() => new Glow([2, 2, 1], options('returning'))).toThrow(`mixing 'returning': ${message}`);
});
