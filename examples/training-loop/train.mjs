// Trains a flow with a custom layer in a loop of its own, on MNIST, and draws samples:
//
//   npm run build && node examples/training-loop/train.mjs [STEPS] [OUT.png]
import { writeFileSync } from 'node:fs';
import { FlowModel } from 'emerging-flows';
import { openDataset } from 'emerging-flows/data';
import { check, Glow } from 'emerging-flows/flows';
import { contactSheet } from 'emerging-flows/pictures';
import { adamax, BatchLoader, startFromData, Trainer } from 'emerging-flows/training';
import { leaky, leakyMixing } from './leaky.mjs';

const [steps = '300', out = 'samples.png'] = process.argv.slice(2);

// Inverse, log-determinant and gradients of the layer, against numerical ones.
const { ok } = await check(leaky([4, 6, 4]));
console.log(`the layer is ${ok ? 'correct' : 'wrong'}`);

const dataset = await openDataset('mnist', { validation: 0.01 });
const { imageShape } = dataset.train;
const model = new Glow(imageShape, { levels: 2, depth: 4, conditioner: { width: 32 }, mixing: leakyMixing });
const batches = new BatchLoader(dataset.train, { batchSize: 32, seed: 0, model });

const start = await startFromData(model, batches.at(0), 0);
const optimizer = adamax({ beta2: 0.999, biasCorrection: 'standard' });
const trainer = await Trainer.create(model, start, {
  optimizer,
  averageDecay: 0.98,
  batchSize: 32,
  clipNorm: 100,
});
const warmup = 50;
for (let step = 0; step < Number(steps); step++) {
  const gradients = await trainer.computeGradients(batches.at(step));
  await trainer.update(gradients, 0.01 * Math.min(1, (step + 1) / warmup));
  if (step % 10 === 0) {
    const { bitsPerDim } = gradients;
    const mean = bitsPerDim.reduce((total, value) => total + value) / bitsPerDim.length;
    console.log(`step ${step}: ${mean.toFixed(3)} bits/dim`);
  }
}

const trained = FlowModel.fromState(model, await trainer.state());
await trainer.release();
const { validation } = dataset;
const pixels = new Uint8Array(validation.count * imageShape[0] * imageShape[1] * imageShape[2]);
validation.read(
  Array.from({ length: validation.count }, (_, index) => index),
  pixels,
);
const found = await trained.bitsPerDim(pixels);
console.log(
  `validation: ${(found.reduce((total, value) => total + value) / found.length).toFixed(3)} bits/dim`,
);
writeFileSync(out, contactSheet(await trained.sample({ count: 64, temperature: 0.6 }), { imageShape }));
console.log(out);
await trained.release();
