// Model cards as text, and the runs that an address names.
import { expect, it } from 'vitest';
import { blocksOf } from './markdown.ts';
import { runsSettings, shownText } from './runsSettings.ts';
import type { FoundRun } from './watch.ts';

it('takes a card apart, and leaves everything else as text', () => {
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
  expect(blocksOf(card)).toEqual([
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
  // It ends, whatever a text ends with.
  expect(blocksOf('```\nnever closed')).toEqual([{ kind: 'code', text: 'never closed' }]);
});

it('opens the run that changed last, and reads back the paths that it wrote', () => {
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
