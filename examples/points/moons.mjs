// Learns the density of two moons and draws new points:
//
//   npm run build && node examples/points/moons.mjs [STEPS] [OUT.csv]
import { writeFileSync } from 'node:fs';
import { loadModel } from 'emerging-flows';
import { pointsDataset } from 'emerging-flows/data';
import { resolveConfig, startRun, train } from 'emerging-flows/training';

const [steps = '500', out = 'moons.csv'] = process.argv.slice(2);

const COUNT = 5000;
const moons = new Float32Array(2 * COUNT);
for (let point = 0; point < COUNT; point++) {
  const angle = Math.PI * Math.random();
  const [x, y] =
    point % 2 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
  // Noise of deviation 0.1, by Box and Muller.
  const radius = 0.1 * Math.sqrt(-2 * Math.log(1 - Math.random()));
  const turn = 2 * Math.PI * Math.random();
  moons.set([x + radius * Math.cos(turn), y + radius * Math.sin(turn)], 2 * point);
}

const dataset = pointsDataset(moons, 2);
const config = resolveConfig({ preset: 'points', overrides: { training: { steps: Number(steps) } } });
const run = await startRun(config, `runs/moons-${Date.now()}`, { dataset });
await train(run);

const model = await loadModel(run.paths.directory);
// In nats per point, in the units of the data: the middle of a moon, and a point between the two.
const [inside, between] = await model.logLikelihood(Float32Array.of(0, 1, 0.5, 0.25));
console.log(`log-density in a moon ${inside.toFixed(2)}, between them ${between.toFixed(2)}`);
const drawn = await model.sample({ count: 1000 });
await model.release();
const rows = Array.from({ length: 1000 }, (_, point) => `${drawn[2 * point]},${drawn[2 * point + 1]}`);
writeFileSync(out, `x,y\n${rows.join('\n')}\n`);
console.log(out);
