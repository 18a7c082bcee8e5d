// The names of a run's files, the same in a folder and wherever else a run is stored.

/** The names of the files and folders of a run; those from `curve` on are only in a run folder. */
export const runFileNames = {
  /** Everything needed to repeat the run; if a resume changed settings, it holds the latest. */
  config: 'config.yaml',
  /** The measurements, one JSON object per line; no clock, path or host. */
  metrics: 'metrics.jsonl',
  /** The timings, one JSON object per line. */
  timings: 'timings.jsonl',
  /** The result of the training, and every evaluation. */
  summary: 'summary.json',
  /** What identifies its images. */
  dataRecord: 'data.json',
  /** The folder of the checkpoints, one file each. */
  checkpoints: 'checkpoints',
  /** The learning curve, as a PNG. */
  curve: 'curve.png',
  /** The folder of the sample grids. */
  samples: 'samples',
  /** The model card. */
  card: 'README.md',
  /** The folder of the TensorBoard events. */
  tensorboard: 'tensorboard',
  /** Shows the account that made the run that it did, if its images are at a path anywhere on the disk. */
  dataMark: 'data.mark',
  /** Present while a process trains the run. */
  lock: 'training.lock',
} as const;

/** The file of the checkpoint after `step` steps: `checkpoints/step-00000040.safetensors`. */
export function checkpointFile(step: number): string {
  return `${runFileNames.checkpoints}/step-${String(step).padStart(8, '0')}.safetensors`;
}

/** The steps that have a checkpoint among files, in order. */
export function stepsIn(files: readonly string[]): number[] {
  return files
    .flatMap((file) => /^checkpoints\/step-(\d{8,})\.safetensors$/.exec(file)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
