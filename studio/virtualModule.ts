// Modules that are generated when the page is bundled.
import type { Plugin } from 'vite';

/**
 * Generates the module `virtual:NAME`.
 *
 * @param files what it is generated from: changes generate it again
 */
export function virtualModule(name: string, generate: () => string, files: readonly string[] = []): Plugin {
  const id = `virtual:${name}`;
  return {
    name,
    resolveId: (imported) => (imported === id ? `\0${id}` : null),
    load(loaded) {
      if (loaded !== `\0${id}`) {
        return null;
      }
      for (const file of files) {
        this.addWatchFile(file);
      }
      return generate();
    },
  };
}
