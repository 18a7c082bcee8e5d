// Every long call stops when its signal is aborted, reports how far it is, and leaves the model usable.
import { afterAll, describe, expect, it } from 'vitest';
import type { ImageShape } from '../core/numeric/arrays.ts';
import { imagesInMemory } from '../data/contract/dataset.ts';
import { randomParameters } from '../flows/checks/randomParameters.ts';
import { Glow } from '../flows/models/glow.ts';
import { listLayers } from '../flows/models/layers.ts';
import { onLocalRanks } from '../testing/localRanks.ts';
import { asConstants } from '../testing/programValues.ts';
import { tinyImages } from '../testing/tinyImages.ts';
import { diagnose } from '../uses/doctor/doctor.ts';
import { measureReference } from '../uses/odd/reference.ts';
import { type ScoreOptions, score } from '../uses/odd/score.ts';
import { FlowModel } from './flowModel.ts';
import type { WorkOptions } from './flowModelOptions.ts';
import { drawNormals } from './latents.ts';
import { compareModels } from './measure/compareRuns.ts';
import { evaluate } from './measure/evaluate.ts';

const imageShape: ImageShape = [8, 8, 1];
const COUNT = 6;
const pixels = tinyImages(COUNT, 8, 3);
const images = imagesInMemory(pixels, imageShape);
const others = imagesInMemory(tinyImages(4, 8, 4), imageShape);
const opened: FlowModel[] = [];
afterAll(() => Promise.all(opened.map((model) => model.release())));

/** A model whose programs take two images at a time. */
function modelWith(classes: readonly string[] = []): FlowModel {
  const model = new Glow(imageShape, {
    levels: 2,
    depth: 1,
    conditioner: { width: 4 },
    mixing: 'reverse',
    classes,
  });
  const parameters = asConstants(randomParameters(model.parameters));
  opened.push(new FlowModel({ model, parameters }, { threads: 1, batchSize: 2 }));
  return opened.at(-1)!;
}

const [model, withClasses] = [modelWith(), modelWith(['dark', 'light', 'grey'])];
const latents = drawNormals(model.latentShapes, { count: COUNT, temperature: 0.5 });
const { fingerprint } = model;
const reference = { data: '', draws: 2, seed: 0, fingerprint, statistics: { bits: [1, 2] } };
const draws = 2;
const layers = listLayers(model.model).length;

/** A report without its function, which can't be compared. */
async function scored(...[images, options]: [Parameters<typeof score>[1], ScoreOptions]) {
  const { by: _, ...report } = await score(model, images, options);
  return report;
}

/** The calls, and how much work each reports. */
const calls: [name: string, of: number, call: (work: WorkOptions) => Promise<unknown>][] = [
  ['sample', 6, (work) => model.sample({ count: COUNT, onOverflow: () => {}, ...work })],
  ['encode', 6, (work) => model.encode(pixels, work)],
  ['decode', 6, (work) => model.decode(latents, work)],
  ['decodeValues', 6, (work) => model.decodeValues(latents, work)],
  ['verify', 6, (work) => model.verify(pixels, latents, work)],
  ['stageImages', 6, (work) => model.stageImages(pixels, work)],
  ['logLikelihood', 12, (work) => model.logLikelihood(pixels, { draws, ...work })],
  ['bitsPerDim', 12, (work) => model.bitsPerDim(pixels, { draws, ...work })],
  ['bitsPerDim with classes', 12, (work) => withClasses.bitsPerDim(pixels, { draws, ...work })],
  ['score', 24, (work) => scored(pixels, { reference, places: COUNT, ...work })],
  ['classify', 12, (work) => withClasses.classify(pixels, { draws, ...work })],
  ['bitsMap', 12, (work) => model.bitsMap(pixels, { draws, ...work })],
  ['stageBits', 12, (work) => model.stageBits(pixels, { draws, ...work })],
  ['bitsMap over classes', 12, (work) => withClasses.bitsMap(pixels, { draws, ...work })],
  ['evaluate', 18, (work) => evaluate(model, images, { draws, importance: 3, ...work })],
  ['measureReference', 24, (work) => measureReference(model, images, '', { draws, ...work })],
  ['score against images', 28, (work) => scored(images, { reference: others, draws, ...work })],
  ['compareModels', 24, (work) => compareModels([model, withClasses], images, { draws, ...work })],
  ['diagnose', layers, (work) => diagnose(model, images, { images: COUNT, threads: 1, ...work })],
];

describe.each(calls)('%s', (_, total, call) => {
  it('reports its progress up to the amount of work', async () => {
    const seen: [number, number][] = [];
    await call({ onProgress: (...progress) => void seen.push(progress) });
    expect(seen.map(([, reportedTotal]) => reportedTotal)).toEqual(seen.map(() => total));
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).sort((a, b) => a - b));
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toEqual([total, total]);
  });

  it('stops in the middle with the reason of its signal, and works again', async () => {
    const expected = await call({});
    const stop = new AbortController();
    const reason = new Error('the image has been closed');
    let reports = 0;
    const onProgress = (): void => {
      reports++;
      stop.abort(reason);
    };
    await expect(call({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect(reports).toBe(1);
    await expect(call({ signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect(reports).toBe(1);
    expect(await call({ signal: new AbortController().signal })).toEqual(expected);
  });
});

it('stops all ranks before the next draw if the signal of one is aborted', async () => {
  const reason = new Error('stopped on rank 1');
  const ended = await onLocalRanks(3, async (ranks) => {
    const stop = new AbortController();
    const onProgress = (): void => (ranks.rank === 1 ? stop.abort(reason) : undefined);
    const options = { draws: 3, ranks, signal: stop.signal, onProgress };
    return model.bitsPerDim(pixels, options).catch((error: unknown) => error);
  });
  expect(ended[1]).toBe(reason);
  for (const rank of [0, 2]) {
    expect(ended[rank]).toMatchObject({
      name: 'AbortError',
      message: 'another rank has stopped the measurement',
    });
  }
});
