// The room Draw's settings in an address, which users may edit.
import { expect, it } from 'vitest';
import { drawSettings, sampleText } from './drawSettings.ts';

const usual = { temperature: 1, seed: 0, count: 64, class: '' };

it.each([
  [{}, usual, []],
  [
    { temperature: '0', seed: '12', count: '16', class: 'seven' },
    { temperature: 0, seed: 12, count: 16, class: 'seven' },
    [],
  ],
  [{ temperature: 'warm', seed: '-1', count: '' }, usual, ['temperature=warm', 'seed=-1']],
  [{ temperature: '-0.5', seed: '1.5', count: '2.5' }, usual, ['temperature=-0.5', 'seed=1.5', 'count=2.5']],
  [{ temperature: 'NaN', seed: 'Infinity' }, usual, ['temperature=NaN', 'seed=Infinity']],
  [{ temperature: '9', count: '1e9' }, usual, ['temperature=9', 'count=1e9']],
  [{ count: '0' }, usual, ['count=0']],
  [{ sed: '3', model: 'runs/a', class: '', smooth: '' }, usual, ['sed=3']],
  [{ seed: 'x'.repeat(99) }, usual, [`seed=${'x'.repeat(40)}…`]],
])('reads %o, and names what it can’t read', (settings, drawn, unreadable) => {
  expect(drawSettings(settings)).toMatchObject({ drawn, unreadable });
});

it('reads back the interpolations that it writes, and no others', () => {
  const from = { place: 3, seed: 12, temperature: 0.7, class: 'seven-ish' };
  const to = { place: 400, seed: 0, temperature: 1, class: '' };
  const ends = { from: sampleText(from), to: sampleText(to) };
  expect(drawSettings({ ...ends, step: '32' })).toMatchObject({
    interpolation: { ends: [from, to], step: 32 },
    unreadable: [],
  });
  const damaged = ['0-1-1', '401-1-1', '3-1-9', '3-1', '3-1-1.2.3', '-1-1-1', 'a-b-c', '3-1-0.7-'];
  for (const text of damaged) {
    expect(drawSettings({ from: text, step: '33' })).toMatchObject({
      interpolation: { ends: [undefined, undefined], step: 16 },
      unreadable: [`from=${text}`, 'step=33'],
    });
  }
});
