// The parts in the page's menus: from their definitions alone, also those that somebody else has registered.
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { choice, fraction, option, registerPart, wholeNumber } from '../src/core/parts/index.ts';
import { defineMixing } from '../src/flows/contract/mixing.ts';
import { reverse } from '../src/flows/layers/permutation.ts';
import { defineScore } from '../src/uses/odd/scores/index.ts';
import { partsModule } from './partMenus.ts';

const load = async () => import(`data:text/javascript,${encodeURIComponent(partsModule())}`);

it('lists a part and its options of every kind without another change', async () => {
  const options = {
    turns: option('How often it turns.', wholeNumber(1, 7), 1),
    share: option('How much of it.', fraction(), 0.5),
    way: option('Which way.', choice(['left', 'right']), 'left'),
    twice: option('Whether it does so twice.', z.boolean('true or false'), false),
    places: option('Where.', z.array(z.string('a name'), 'a list of names'), []),
  };
  const summary = 'Turns the channels.';
  registerPart(
    defineMixing({ name: 'turning', summary, options, build: (shape) => ({ a: reverse(shape) }) }),
  );
  registerPart(
    defineScore({
      name: 'lightness',
      summary: 'Brightness.',
      trust: 'None.',
      from: ['brightness'],
      build: () => () => (images) => images.brightness!,
    }),
  );
  const { menus } = await load();
  expect(menus['model.mixing'].parts.at(-1)).toEqual({
    name: 'turning',
    summary,
    options: [
      { kind: 'whole', least: 1, most: 7, default: 1, range: 'a whole number from 1 to 7' },
      {
        kind: 'number',
        least: 0,
        most: 1,
        excluded: [1],
        default: 0.5,
        range: 'a number of at least 0 and below 1',
      },
      { kind: 'choice', choices: ['left', 'right'], default: 'left', range: 'one of left, right' },
      { kind: 'boolean', default: false, range: 'true or false' },
      { kind: 'text', default: [], range: 'a list of names' },
    ].map((field, index) => ({
      name: Object.keys(options)[index],
      meaning: [
        'How often it turns.',
        'How much of it.',
        'Which way.',
        'Whether it does so twice.',
        'Where.',
      ][index],
      ...field,
    })),
  });
  expect(menus.score.parts.at(-1)).toEqual({
    name: 'lightness',
    summary: 'Brightness.',
    trust: 'None.',
    from: ['brightness'],
    options: [],
  });
});

it('has the parts that the preset of the page chooses', async () => {
  const { menus, chosen } = await load();
  expect(Object.keys(menus)).toEqual([...Object.keys(chosen), 'score']);
  expect(chosen).toMatchObject({
    'model.mixing': { name: 'emerging', kernelSize: 3 },
    'training.optimizer': { name: 'muon', biasCorrection: 'standard' },
  });
});
