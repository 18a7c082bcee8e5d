// The studio's page may import only the public API, the doors below, its own parts, and the layout of plots.
import { describe, expect, it } from 'vitest';
import {
  importedValues,
  importGraph,
  listImports,
  nodeGlobalsIn,
  reachable,
  resolveImport,
  sourcesIn,
} from '../src/testing/sources.ts';

describe('the page of the studio', () => {
  // These run when the page is bundled.
  const bundlerFiles = ['vite.config.ts', 'excerpts.ts', 'glossary.ts', 'partMenus.ts', 'virtualModule.ts'];
  const sources = new Map(
    [...sourcesIn('studio')].filter(([file]) => !file.endsWith('.test.ts') && !bundlerFiles.includes(file)),
  );

  it('imports only the public API and a few doors, and no room but Explain imports another', () => {
    expect([...sources.keys()].some((file) => file.startsWith('rooms/'))).toBe(true);
    expect([...sources].flatMap(([file, source]) => pageViolations(file, source))).toEqual([]);
  });

  it('reaches no file for Node', () => {
    const { source } = importGraph('src');
    const entries = [...sources]
      .flatMap(([file, text]) => importedValues(text).map((specifier) => resolveImport(file, specifier)))
      .flatMap((target) => (target.startsWith('../src/') ? [target.slice('../src/'.length)] : []));
    const loads = (file: string): readonly string[] =>
      importedValues(source(file))
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => resolveImport(file, specifier));
    expect(entries).toContain('training/reports/curvePlot.ts');
    expect([...reachable(entries, loads)].filter((file) => file.endsWith('.node.ts'))).toEqual([]);
  });

  it('uses no Node globals', () => {
    expect(
      [...sources].flatMap(([file, source]) => nodeGlobalsIn(source).map((name) => `${file}: ${name}`)),
    ).toEqual([]);
  });
});

/** The imports of a file of the studio's page that it must not have; `file` is a path within `studio`. */
function pageViolations(file: string, source: string): string[] {
  // After `#`, files of the built package that are not public.
  const packages =
    /^(preact|@preact\/signals|fflate)$|^preact\/hooks$|^emerging-flows(\/(data|flows|pictures|tensor|training|worker))?$|^#(model\/trainedModel|uses\/codec\/index)$|^virtual:(glossary|parts)$|^onnxruntime-web\/[\w-]+\.wasm\?url$/;
  // Plots, results and defaults are the same in files, in commands and on the page.
  const plots =
    /^\.\.\/src\/(data\/pictures\/(plot\w*|svg)|training\/reports\/curvePlot|flows\/models\/unit|model\/temperature|uses\/odd\/limits)\.ts$/;
  // Formulas are set in one room; no other loads what sets them.
  const formulas = /^(katex(\/dist\/katex\.min\.css)?|virtual:excerpts)$/;
  const room = /^rooms\/[^/]+\//;
  const isImportedType = (specifier: string): boolean => !importedValues(source).includes(specifier);
  return listImports(source)
    .filter((specifier) => {
      if (!specifier.startsWith('.')) {
        return !(packages.test(specifier) || (file.startsWith('rooms/how/') && formulas.test(specifier)));
      }
      const target = resolveImport(file, specifier);
      if (target.startsWith('../')) {
        const isType = target === '../src/app/studioServer/lists.ts';
        return !(isType ? isImportedType(specifier) : plots.test(target));
      }
      const ownRoom = room.exec(file)?.[0];
      // The room Explain shows parts of the others.
      return (
        file !== 'rooms.ts' &&
        ownRoom !== 'rooms/explain/' &&
        room.test(target) &&
        room.exec(target)![0] !== ownRoom
      );
    })
    .map((specifier) => `${file} imports ${specifier}`);
}
