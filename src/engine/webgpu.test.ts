// Training and sampling on a GPU, here a software one, give what the CPU gives; nothing may fall back to the CPU.
import { describe, it } from 'vitest';
import { UserError } from '../errors.ts';
import { parametersFrom } from '../flows/parameters.ts';
import { Glow } from '../models/glow.ts';
import { mixings } from '../models/mixing.ts';
import type { ImageShape } from '../numeric/imageShape.ts';
import { type NdArray, sizeOf } from '../numeric/ndarray.ts';
import { RandomStream } from '../numeric/random.ts';
import type { ProgramDefinition } from '../tensor/program.ts';
import { constant, input } from '../tensor/tensor.ts';
import { expectClose } from '../testing/golden.ts';
import { ParameterLayout } from '../training/parameterLayout.ts';
import { gradientDefinition, startFromData } from '../training/trainer.ts';
import { compile, type NamedArrays } from './program.ts';

const imageShape: ImageShape = [4, 4, 1];
const BATCH = 2;

/** Whether there is a Vulkan for WebGPU to run on. */
async function hasWebGpu(): Promise<boolean> {
  const x = input('x', [1]);
  try {
    const program = await compile({ inputs: { x }, outputs: { y: x } }, { device: 'webgpu' });
    await program.release();
    return true;
  } catch (error) {
    if (error instanceof UserError) {
      return false;
    }
    throw error;
  }
}

async function onBoth(definition: ProgramDefinition, feeds: NamedArrays): Promise<void> {
  const cpu = await compile(definition);
  const gpu = await compile(definition, { device: 'webgpu', fallback: false });
  const [expected, actual] = [await cpu.run(feeds), await gpu.run(feeds)];
  for (const [name, { data }] of Object.entries(expected)) {
    expectClose(name, actual[name]!.data, data, 'float32');
  }
  await Promise.all([cpu.release(), gpu.release()]);
}

const available = await hasWebGpu();

describe.skipIf(!available)('webgpu (needs a Vulkan driver: scripts/install-system-packages)', () => {
  // Fixed points repeat a graph of their own, which ONNX Runtime keeps on the CPU; a permutation is compared there too.
  const mixingsOnGpu = Object.keys(mixings).filter(
    (mixing) => !['maf', '1x1-plu', 'shuffle'].includes(mixing),
  );

  it.each(mixingsOnGpu as (keyof typeof mixings)[])('%s: gradients and samples', async (mixing) => {
    const options = {
      levels: 1,
      depth: 1,
      width: 4,
      mixing,
      kernelSize: 3,
      dilation: 1,
      learnedPrior: true,
      bits: 8,
    };
    const model = new Glow(options, imageShape);
    const layout = new ParameterLayout(model.parameters);
    const random = new RandomStream(1, 'images');
    const shape = [BATCH, ...imageShape];
    const image = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.integer(256)) };
    const noise = { shape, data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform()) };
    const { weights } = await startFromData(model, { image, noise }, 1);
    // Away from the start, where the last layer of every network is zero.
    for (const { data } of Object.values(weights)) {
      data.forEach((value, index) => {
        data[index] = value + 0.05 * random.normal();
      });
    }
    await onBoth(gradientDefinition(model, layout, BATCH), { image, noise, ...weights });

    const latent = input('latent', [BATCH, ...model.latentShapes[0]!]);
    const frozen = Object.entries(layout.unpack(weights)).map(([path, array]) => [path, constant(array)]);
    const values = model.decode([latent], parametersFrom(Object.fromEntries(frozen)));
    const latents: NdArray = { shape: latent.shape, data: random.normals(sizeOf(latent.shape)) };
    await onBoth({ inputs: { latent }, outputs: { values } }, { latent: latents });
  });
});
