// The names and texts of the library's mixings, without the layers' code.
import type { Plugin } from 'vite';
import { mixings } from '../src/models/mixing.ts';

const MODULE = 'virtual:mixings';

/** Mixings' texts by name, as the module `virtual:mixings`. */
export const mixingTexts: Plugin = {
  name: 'mixings',
  resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
  load: (id) =>
    id === `\0${MODULE}`
      ? `export default ${JSON.stringify(Object.fromEntries(Object.entries(mixings).map(([name, { text }]) => [name, text])))}`
      : null,
};
