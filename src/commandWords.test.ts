// The library talks about options and functions; only the command line talks about flags and commands.
import { describe, expect, it } from 'vitest';
import { sourcesIn, textsIn } from './testing/sources.ts';

/** Files that write documents for users of the command: model cards, and the schema next to a configuration. */
const documents = [
  'evaluation/export/exportModel.ts',
  'evaluation/reports/cardCommands.ts',
  'evaluation/reports/runCard.ts',
  'experiments/configReference.ts',
];

/** A flag, or `emerging` followed by a command; `emerging convolutions` does not match. */
const commandWords =
  /(^|\s)--[a-z]|\bemerging (compare|compress|config|datasets|decode|decompress|devices|doctor|edit|encode|evaluate|export|interpolate|presets|runs|sample|score|studio|train)\b/;

/** The texts in a source that mention flags or commands. */
function textsWithCommandWords(source: string): string[] {
  return textsIn(source).filter((text) => commandWords.test(text));
}

describe('flags and commands', () => {
  it('are mentioned only in the command line', () => {
    const found = [...sourcesIn('src')]
      .filter(([file]) => !/^(cli|testing)\/|\.test\.ts$/.test(file) && !documents.includes(file))
      .flatMap(([file, source]) => textsWithCommandWords(source).map((text) => `${file}: ${text}`));
    expect(found).toEqual([]);
  });

  it.each([
    "throw new Error('use --device cpu');",
    `const text = \`run emerging datasets get \${name}\`;`,
    `const text = \`\${name} is missing: --size\`;`,
  ])('are found in %s', (source) => {
    expect(textsWithCommandWords(source)).toHaveLength(1);
  });

  it('are not found in comments or in the name of the convolution', () => {
    const source = "// Use --device cpu.\nconst text = 'an emerging convolution -- or two';";
    expect(textsWithCommandWords(source)).toEqual([]);
  });
});
