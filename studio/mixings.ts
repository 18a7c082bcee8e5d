// The library's mixings for the page, without their layers: their names and texts when it is bundled.
import type { Plugin } from 'vite';
import { mixings } from '../src/models/mixing.ts';

const MODULE = 'virtual:mixings';

/** The texts of the mixings by name, as the module `virtual:mixings`. */
export const mixingTexts: Plugin = {
  name: 'mixings',
  resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
  load: (id) =>
    id === `\0${MODULE}`
      ? `export default ${JSON.stringify(Object.fromEntries(Object.entries(mixings).map(([name, { text }]) => [name, text])))}`
      : null,
};
