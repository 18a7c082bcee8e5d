// Definitions that are registered before the registry of their kind is loaded.
import { expect, it } from 'vitest';
import { registerPart } from './registry.ts';

const definition = {
  kind: 'score',
  name: 'dark',
  summary: 'How dark.',
  options: {},
  build: () => {},
} as const;

it.each([
  ['the name of a score consists of at most 40 letters', { name: 'a b' }],
  ['the score dark: summary must be a sentence', { summary: '' }],
])('are checked at once: %s', (message, change) => {
  expect(() => registerPart({ ...definition, ...change } as never)).toThrow(message);
});
