// The update in the host's memory: which weights decay, which moments it rejects, and updates by several rules.

import { describe, expect, it } from 'vitest';
import { countElements, type NdArray } from '../../core/numeric/arrays.ts';
import { RandomStream } from '../../core/numeric/random.ts';
import { Glow } from '../../flows/models/glow.ts';
import { ParameterLayout } from '../../flows/models/parameterLayout.ts';
import type { Mixing } from '../../flows/models/partRegistries.ts';
import { momentLayouts } from '../../runs/contents/checkpoint.ts';
import { newGuard } from '../../runs/contents/guardState.ts';
import { onHost } from '../../tensor/engine/arrays.ts';
import { compile } from '../../tensor/engine/program.ts';
import { releaseAfter } from '../../tensor/engine/resources.ts';
import { adamax } from '../../tensor/optimizers/adamax.ts';
import { adamw } from '../../tensor/optimizers/adamw.ts';
import { averageShare, withAverage } from '../../tensor/optimizers/average.ts';
import { muon } from '../../tensor/optimizers/muon.ts';
import { ruleFor } from '../../tensor/optimizers/optimizer.ts';
import { updateProgram } from '../../tensor/optimizers/programs.ts';
import { expectClose } from '../../testing/golden.ts';
import { smallMixing } from '../../testing/layers.ts';
import { onLocalRanks } from '../../testing/localRanks.ts';
import { HostArrays } from './hostArrays.ts';

const averageDecay = 0.9;
const decaying = adamw({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.5 });

function createLayout(mixing: Mixing, width: number): ParameterLayout {
  const options = { levels: 2, depth: 1, conditioner: { width }, mixing: smallMixing(mixing, 8) };
  return new ParameterLayout(new Glow([8, 8, 1], options).parameters);
}

/** A state with all weights 2. */
function twos(layout: ParameterLayout) {
  const weights = layout.initial(0);
  for (const { data } of Object.values(weights)) {
    data.fill(2);
  }
  return { step: 0, updates: 0, guard: newGuard(0), weights, average: {} };
}

const options = { averageDecay, batchSize: 2 };

describe('the weight decay', () => {
  // At this width some kernels are packed with the small parameters, and others have their own array.
  it.each<Mixing>(['emerging', 'maf', '1x1-plu'])(
    'applies only to the kernels of couplings (%s)',
    async (mixing) => {
      const layout = createLayout(mixing, 136);
      expect(layout.trained.filter((group) => group.includes('coupling')).length).toBeGreaterThan(0);
      const arrays = await HostArrays.open(layout, { optimizer: decaying, ...options });
      await arrays.take(twos(layout));
      await arrays.update(1, 0.25);
      for (const [path, { data }] of Object.entries(layout.unpack(arrays.weights))) {
        const decays = /\/coupling\/conv\d\/kernel$/.test(path);
        expect(new Set(data), path).toEqual(new Set([decays ? 2 - 0.25 * 0.5 * 2 : 2]));
      }
    },
  );
});

it('an update rejects the moments of another optimiser', async () => {
  const layout = createLayout('emerging', 4);
  const arrays = await HostArrays.open(layout, { optimizer: decaying, ...options });
  const optimizer = { name: 'adamax', moments: { first: layout.zeros(), second: layout.zeros() } };
  await expect(arrays.take({ ...twos(layout), optimizer })).rejects.toThrow(
    'the moments belong to adamax, but the optimiser is adamw',
  );
});

describe('an update of matrices and other parameters by different rules', () => {
  const optimizer = muon({
    momentum: 0.9,
    weightDecay: 0.5,
    rest: adamax({ beta2: 0.9, biasCorrection: 'standard' }),
    restRate: 4,
  });

  it('is computed by the GPU that was chosen', async () => {
    // The CPU has no number: it is refused only if it is passed on.
    const opening = HostArrays.open(createLayout('1x1', 8), { optimizer, ...options, deviceIndex: 1 });
    await expect(opening).rejects.toThrow('deviceIndex chooses');
  });

  // At the second width, some matrices have their own array, and others are packed with others of their shape.
  it.each([8, 136])('equals every parameter’s own, at width %i', async (width) => {
    const layout = createLayout('emerging', width);
    const matrices = Object.entries(layout.specs).filter(
      ([, spec]) => ruleFor(optimizer, spec).item.length > 0,
    );
    expect(matrices.map(([path]) => path)).toEqual(
      expect.arrayContaining([
        'levels/0/steps/0/coupling/conv1/kernel',
        'levels/0/steps/0/coupling/conv2/kernel',
        'levels/1/steps/0/coupling/conv3/kernel',
        'prior/edgeKernel',
      ]),
    );
    for (const [path, { shape }] of matrices) {
      expect(path).toMatch(/(\/coupling\/conv\d\/kernel|\/split\/kernel|^prior\/edgeKernel)$/);
      expect(Math.min(countElements(shape.slice(0, -1)), shape.at(-1)!)).toBeGreaterThanOrEqual(8);
    }
    const random = new RandomStream(0, 'update', width);
    const draw = () => {
      const groups = layout.zeros();
      for (const { data } of Object.values(groups)) {
        data.set(random.normals(data.length));
      }
      return groups;
    };
    const start = { step: 0, updates: 0, guard: newGuard(0), weights: draw(), average: {} };
    const gradients = [draw(), draw()];
    const states = await onLocalRanks(2, (ranks) =>
      releaseAfter(async (keep) => {
        const arrays = keep(await HostArrays.open(layout, { optimizer, ...options, ranks }));
        await arrays.take(start);
        for (const [index, batchGradients] of gradients.entries()) {
          const converted = Object.entries(layout.convert(batchGradients, arrays.layout));
          for (const [group, { data }] of converted) {
            onHost(arrays.target(0).gradients)[group]!.data.set(data);
          }
          await arrays.update(index + 1, 0.01);
        }
        const { weights, average, optimizer: remembered } = await arrays.read();
        const layouts = momentLayouts(layout, optimizer);
        return {
          weights: layout.unpack(weights),
          average: layout.unpack(average),
          first: layouts.first!.unpack(remembered.moments.first!),
          second: layouts.second!.unpack(remembered.moments.second!),
        };
      }),
    );
    const [state, otherState] = states as [(typeof states)[0], (typeof states)[0]];
    expect(otherState).toEqual(state);
    expect(Object.keys(state.first)).toEqual(Object.keys(layout.specs));
    expect(Object.keys(state.second)).toEqual(
      Object.keys(layout.specs).filter((path) => !matrices.some(([matrix]) => matrix === path)),
    );
    const before = layout.unpack(start.weights);
    for (const [path, spec] of Object.entries(layout.specs)) {
      const { rule, item } = ruleFor(optimizer, spec);
      const length = countElements(spec.shape);
      const section = { rule, item, count: length / countElements(item) };
      const vector = (data: NdArray['data']): NdArray => ({ shape: [length], data: Float64Array.from(data) });
      const expected = await releaseAfter(async (keep) => {
        const definition = withAverage(updateProgram(optimizer, [section]));
        const program = keep(await compile(definition, { precision: 'float64', threads: 1 }));
        const zeros = ['average', ...rule.moments].map((name) => [name, vector(new Float64Array(length))]);
        let arrays: Record<string, NdArray> = {
          weights: vector(before[path]!.data),
          ...Object.fromEntries(zeros),
        };
        for (const [index, batchGradients] of gradients.entries()) {
          const scalars = {
            ...optimizer.scalars(index + 1, 0.01),
            share: averageShare(index + 1, averageDecay),
          };
          const feeds = Object.entries(scalars).map(([name, value]) => [
            name,
            { shape: [], data: Float64Array.of(value) },
          ]);
          arrays = await program.run({
            ...arrays,
            gradients: vector(layout.unpack(batchGradients)[path]!.data),
            ...Object.fromEntries(feeds),
          });
        }
        return arrays;
      });
      for (const [name, { data }] of Object.entries(expected)) {
        const actual = state[name as keyof typeof state][path]!;
        expectClose(`${name} of ${path}`, actual.data, data, 'float32');
      }
    }
  });
});
