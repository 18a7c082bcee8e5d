// `emerging doctor`: checks a trained model, layer by layer and as a whole.
import type { Command } from 'commander';
import { imageOfSet, imageText, type Split } from '../../data/contract/dataset.ts';
import { UserError } from '../../errors.ts';
import { DOCTOR_IMAGES, diagnose, examinationBytes } from '../../evaluation/doctor/doctor.ts';
import { examineFiles } from '../../evaluation/export/examineFiles.ts';
import { unitOf } from '../../models/unit.ts';
import type { WeightsKind } from '../../runs/contents/trainingState.ts';
import { isRun, loadTrained } from '../../trained/loading/loadTrained.ts';
import { visibleText } from '../../visibleText.ts';
import { doctorText } from '../parts/doctorText.ts';
import { addDataOption, addSplitOption } from '../parts/measureOptions.ts';
import { addModelOptions, type ModelOptions, noteMemory } from '../parts/modelOptions.ts';
import { addWeightsOption, compileOptions, wholeNumber } from '../parts/options.ts';
import { openImagesOf } from '../parts/runImages.ts';
import { formatCounted } from '../terminal/format.ts';
import { writeStdout } from '../terminal/output.ts';
import { withProgress } from '../terminal/progressBars.ts';

interface DoctorCommandOptions extends ModelOptions {
  images?: number;
  exact?: boolean;
  quick?: boolean;
  split: Split;
  data?: string;
  weights?: WeightsKind;
  json?: true;
}

/** How many images `--quick` uses by default. */
const QUICK_IMAGES = 8;

/** Adds the arguments and options of `doctor`, and what it does. */
export function registerDoctor(command: Command): void {
  command
    .argument('<run>', 'a run folder, or an exported model')
    .option('--images <n>', `how many images to use (default: ${DOCTOR_IMAGES})`, wholeNumber(1))
    .option(
      '--exact',
      'check ln|det| against the whole Jacobian at any image size, instead of an estimate; slow',
    )
    .option(
      '--quick',
      'leave out what takes longest: the numerical ln|det| of the layers, and hard images; 8 images unless --images says otherwise',
    )
    .option('--json', 'print the result as JSON on stdout');
  addModelOptions(addWeightsOption(addDataOption(addSplitOption(command, 'validation')), { orExport: true }))
    .addHelpText(
      'after',
      '\nExample:\n  emerging doctor runs/quickstart --images 16\n  emerging doctor models/mnist-small --data mnist --quick\n' +
        '\nThe exit code is 1 if there are problems; warnings do not count. docs/doctor.md explains what is measured.',
    )
    .action((run: string, options: DoctorCommandOptions) => runDoctor(run, options));
}

async function runDoctor(directory: string, options: DoctorCommandOptions): Promise<void> {
  const { split, weights, step, quick = false } = options;
  if (quick && options.exact) {
    throw new UserError('invalid-argument', '--quick leaves out what --exact measures: use one of them');
  }
  const engine = await compileOptions(options);
  const trained = await loadTrained(directory, { weights, step, acceptDamage: true });
  const run = isRun(trained) ? trained : undefined;
  const data = options.data ?? run?.config.data.name;
  const images = await openImagesOf(trained, directory, { split, chosen: true, data: options.data });
  const count = Math.min(options.images ?? (quick ? QUICK_IMAGES : DOCTOR_IMAGES), images.count);
  noteMemory(`examining ${formatCounted(count, 'image')}`, examinationBytes(trained, count));
  const diagnosis = await withProgress((show) =>
    diagnose(trained, images, {
      images: count,
      exact: options.exact,
      quick,
      onProgress: (done, layers) => show('examining layers', done, layers),
      onHardImages: (done, kinds) => show('trying hard images', done, kinds),
      ...engine,
    }),
  );
  const wrongFiles = run ? [run.damage].filter((text) => text !== null) : await examineFiles(directory);
  const layer = run ? 'checkpoint' : 'export';
  const damage = wrongFiles.map((what) => ({ layer, what, value: 'wrong checksum', text: what }));
  const report = {
    ...diagnosis,
    ok: diagnosis.ok && damage.length === 0,
    problems: [...damage, ...diagnosis.problems],
  };
  const unit = unitOf(trained.model.options);
  const about = { run: directory, step: trained.step, weights: trained.weights, data, split };
  writeStdout(
    `${options.json ? JSON.stringify({ ...about, ...unit.record(report) }, finiteOrName) : doctorText(diagnosis, { ...about, unit, damage: wrongFiles, quick, nameOf: (index) => visibleText(imageText(imageOfSet(images, index))) })}\n`,
  );
  process.exitCode = report.ok ? 0 : 1;
}

/** A non-finite number by name, since JSON cannot represent it. */
function finiteOrName(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
