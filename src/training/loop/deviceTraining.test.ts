// Runs on a device, here a software one: trouble, interruptions, and changes between devices.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { savedSteps } from '../../runs/folder/runFolder.ts';
import { Session } from '../../tensor/engine/session.ts';
import { changeBatches } from '../../testing/changedBatches.ts';
import { tinyRunFolders } from '../../testing/tinyRunFolders.ts';
import { conditionedModels, labelledTinyDataset, tinyConfig } from '../../testing/tinyRuns.ts';
import { describeOnGpu, onGpu } from '../../testing/webgpu.ts';
import { DeviceArrays } from '../step/deviceArrays.ts';
import type { TrainingResult } from './trainingOptions.ts';

const { paths, begin, goOn, metrics, summary } = tinyRunFolders(labelledTinyDataset(8));
const [withClasses, variational, classesAndVariational] = conditionedModels.map(([, model]) =>
  tinyConfig({}, model),
);
const onCpu = { device: 'cpu', threads: 1, workers: 1 } as const;

afterEach(() => vi.restoreAllMocks());

/** The losses of two runs agree to 1e-4, and so do their weights. */
function expectSame(a: TrainingResult, b: TrainingResult, [first, second]: [string, string]): void {
  const losses = (name: string) =>
    metrics(name).map(({ bitsPerDim, validationBitsPerDim }) => Number(bitsPerDim ?? validationBitsPerDim));
  const [ours, theirs] = [losses(first), losses(second)];
  expect(ours).toHaveLength(theirs.length);
  for (const [step, loss] of ours.entries()) {
    expect(Math.abs(loss - theirs[step]!)).toBeLessThan(1e-4);
  }
  for (const [group, { data }] of Object.entries(a.state.weights)) {
    const otherData = b.state.weights[group]!.data;
    expect(Math.max(...Array.from(data, (value, index) => Math.abs(value - otherData[index]!)))).toBeLessThan(
      1e-4,
    );
  }
}

describeOnGpu('a run on a device', () => {
  it('has the same losses as on the CPU, and either resumes where the other stopped', async () => {
    const uninterrupted = await begin('cpu', onCpu, classesAndVariational);
    expectSame(await begin('gpu', onGpu, classesAndVariational), uninterrupted, ['gpu', 'cpu']);
    await begin('both', { ...onGpu, stopAt: 3 }, classesAndVariational);
    await goOn('both', { ...onCpu, stopAt: 4 });
    expectSame(await goOn('both', onGpu), uninterrupted, ['both', 'cpu']);
    expect(summary('both').changes).toEqual(
      expect.arrayContaining([
        { step: 3, setting: 'device', from: 'webgpu', to: 'cpu' },
        { step: 4, setting: 'device', from: 'cpu', to: 'webgpu' },
      ]),
    );
  });

  it('stops after the step of an interruption, with a checkpoint', async () => {
    const stop = new AbortController();
    const onStep = (step: number) => step === 3 && stop.abort();
    const options = { ...onGpu, signal: stop.signal, events: { onStep } };
    const result = await begin('stopped', options, withClasses);
    expect(result).toMatchObject({ interrupted: true, state: { step: 3 } });
    const uninterrupted = await begin('whole', onCpu, withClasses);
    expectSame(await goOn('stopped', onGpu), uninterrupted, ['stopped', 'whole']);
  });

  it('drops bad steps, names the layer, and rolls back', async () => {
    changeBatches(({ image }, step) => {
      if (step >= 3 && step <= 5) {
        image.data[7] = 1e30;
      }
    });
    const troubles: string[] = [];
    const events = { onTrouble: (_: number, text: string) => troubles.push(text) };
    const { state } = await begin('spoilt', { ...onGpu, events });
    expect(troubles.slice(0, 3)).toEqual(
      [3, 4, 5].map((step) =>
        expect.stringMatching(`^step ${step} was dropped: the loss is not finite: first in layer`),
      ),
    );
    expect(troubles[3]).toMatch(/^step 5: rolled back to the weights of step 2/);
    expect(state).toMatchObject({ step: 6, updates: 3, guard: { dropped: 3, rollbacks: 1 } });
  });

  it('ends in one line if the device is lost, and resumes on the CPU', async () => {
    const { run } = Session.prototype;
    vi.spyOn(Session.prototype, 'run').mockImplementation(function (this: Session, ...args) {
      if (isLost) {
        const lost = new Error('WebGPU device lost (2): gone\nmore');
        vi.spyOn(Reflect.get(this, 'session'), 'run').mockRejectedValueOnce(lost);
      }
      return run.apply(this, args);
    });
    let isLost = false;
    const events = {
      onStep(step: number) {
        isLost = step === 3;
      },
    };
    await expect(begin('lost', { ...onGpu, events }, variational)).rejects.toThrow(
      new RegExp(
        "^the device 'webgpu' failed: WebGPU device lost \\(2\\): gone; use device: 'cpu'\\. The run is safe up to step 2: " +
          "resumeRun\\('.*lost'\\) resumes from there$",
      ),
    );
    isLost = false;
    expectSame(await goOn('lost', onCpu), await begin('kept', onCpu, variational), ['lost', 'kept']);
  });

  describe('whose results become wrong ends at the next milestone, with its checkpoints', () => {
    /** Trains; from the end of step 3 on, the device writes no gradients, or no losses, so that the previous ones stay. */
    const trainedStale = (field: 'gradients' | 'bitsPerDim') => {
      let [isStale, stale] = [false, {}];
      const { target } = DeviceArrays.prototype;
      vi.spyOn(DeviceArrays.prototype, 'target').mockImplementation(function (this: DeviceArrays, part) {
        const destination = target.call(this, part);
        // The results of a micro-batch that is read later or never.
        const unread = {
          gradients: { trained: Reflect.get(this, 'opened').part },
          bitsPerDim: Reflect.get(this, 'opened').bitsPerDim[1],
        };
        stale = { [field]: unread[field] };
        return isStale ? { ...destination, ...stale } : destination;
      });
      const onStep = (step: number) => {
        isStale = step >= 3;
      };
      const config = { ...variational!, training: tinyConfig({ microBatch: 4 }).training };
      return begin(field, { ...onGpu, events: { onStep } }, config);
    };

    it.each([
      ['gradients', /gradients that differ by [\d.e+]+ % of their norm/],
      ['bitsPerDim', /\d\.\d+ instead of \d\.\d+ bits\/dim for an image/],
    ] as const)('%s', async (field, difference) => {
      const text = await trainedStale(field).then(
        () => '',
        ({ message }: Error) => message,
      );
      expect(text).toMatch(
        new RegExp(
          "^after step 4 the device 'webgpu' computes other results than the CPU, which agreed after step 2: " +
            `${difference.source}; update its driver, or use device: 'cpu'\\. The checkpoints before this step are kept: ` +
            `resumeRun\\('.*${field}'\\) resumes the run$`,
        ),
      );
      expect(savedSteps(paths(field))).toEqual([2]);
      vi.restoreAllMocks();
      expect(await goOn(field, onCpu)).toMatchObject({ complete: true, state: { step: 6 } });
    });
  });

  it('keeps its memory over 120 steps', async () => {
    const seen: number[] = [];
    const onStep = (step: number) => step % 12 === 0 && seen.push(process.memoryUsage.rss());
    const wide = tinyConfig({ steps: 120 }, { conditioner: { width: 192 } });
    const { state } = await begin('long', { ...onGpu, events: { onStep } }, wide);
    const bytes = Object.values(state.weights).reduce((sum, { data }) => sum + data.byteLength, 0);
    // The first steps fill pools; after that a vector of the weights lost in each step would show.
    expect(60 * bytes).toBeGreaterThan(2 * 8 * 2 ** 20);
    expect(Math.max(...seen.slice(5)) - Math.max(...seen.slice(2, 5))).toBeLessThan(8 * 2 ** 20);
  });
});
