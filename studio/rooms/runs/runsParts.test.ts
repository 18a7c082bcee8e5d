// Model cards as text, runs named in an address, and the doctor's findings.
import { expect, it } from 'vitest';
import { parseBlocks } from './markdown.ts';
import { describeState, listDifferences, listed } from './runList.ts';
import { runsSettings, shownText } from './runsSettings.ts';
import type { FoundRun } from './watch.ts';

it('splits a card into blocks, and leaves everything else as text', () => {
  const card = [
    '# a\\_name: a flow',
    '',
    '| images | bits/dim |',
    '| --- | :-: |',
    '| a\\|b | 1.5 |',
    '',
    'See [the page](javascript:alert(1)), `code` and <b>this</b>',
    'and that. ![x](x.png)',
    '- one',
    '- *two*',
    '```',
    '# no heading <script>',
    '```',
    '![only](a.png)',
  ].join('\n');
  expect(parseBlocks(card)).toEqual([
    { kind: 'heading', text: 'a_name: a flow' },
    {
      kind: 'table',
      rows: [
        ['images', 'bits/dim'],
        ['a|b', '1.5'],
      ],
    },
    { kind: 'text', text: 'See the page), code and <b>this</b> and that.' },
    { kind: 'list', items: ['one', 'two'] },
    { kind: 'code', text: '# no heading <script>' },
  ]);
  // Terminates even if a block is never closed.
  expect(parseBlocks('```\nnever closed')).toEqual([{ kind: 'code', text: 'never closed' }]);
});

it('opens the run that changed last, and reads back the paths it wrote', () => {
  const run = (path: string, when: string, problem: string | null = null) =>
    ({ path, when, problem }) as FoundRun;
  const runs = [
    run('runs/a', '2024-01-02'),
    run('runs/b', '2024-01-03'),
    run('runs/c', '2024-01-04', 'broken'),
  ];
  expect(runsSettings({}, runs)).toEqual({ open: 'runs/b', shown: ['runs/b'] });
  const paths = ['runs/x, 50 %2C', 'runs/y'];
  expect(runsSettings({ run: 'runs/a', shown: shownText(paths) }, runs)).toEqual({
    open: 'runs/a',
    shown: paths,
  });
  expect(runsSettings({ shown: '' }, []).shown).toEqual([]);
});

it('lists runs by words in their name, images, preset and state, in an order', () => {
  const run = (path: string, about: Partial<FoundRun>) =>
    ({
      path,
      data: 'mnist',
      preset: null,
      complete: true,
      isTraining: false,
      validation: null,
      when: null,
      ...about,
    }) as FoundRun;
  const runs = [
    run('runs/a', { validation: 2, when: '2024-01-02' }),
    run('runs/b', { isTraining: true, complete: false, when: '2024-01-03' }),
    run('runs/c', { complete: false, validation: 1, data: 'data/Photos', preset: 'photos-32' }),
  ];
  const namesMatching = (text: string, order: Parameters<typeof listed>[2] = 'name') =>
    listed(runs, text, order).map(({ path }) => path.at(-1));
  expect(runs.map(describeState)).toEqual(['complete', 'training', 'stopped']);
  expect([
    namesMatching(''),
    namesMatching('stopped photos'),
    namesMatching('MNIST  training'),
    namesMatching('none'),
  ]).toEqual([['a', 'b', 'c'], ['c'], ['b'], []]);
  expect([namesMatching('', 'when'), namesMatching('', 'result')]).toEqual([
    ['b', 'a', 'c'],
    ['c', 'a', 'b'],
  ]);
});

it('finds the settings that differ between runs', () => {
  const [first, second] = [
    { seed: '0', 'model.mixing': 'emerging', 'model.conditioner.width': '8' },
    { seed: '0', 'model.mixing': '1x1', 'model.conditioner.width': '8', 'model.bits': '5' },
  ].map((settings) => ({ settings }) as unknown as Pick<FoundRun, 'settings'>) as [FoundRun, FoundRun];
  expect(listDifferences([first, second])).toEqual([
    { setting: 'model.mixing', values: ['emerging', '1x1'] },
    { setting: 'model.bits', values: [undefined, '5'] },
  ]);
  expect(listDifferences([first, first])).toEqual([]);
});
