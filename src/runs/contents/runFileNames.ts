// The names of a run's files, the same in a folder and wherever else a run is stored.

/** The names of the files and folders of a run; those from `curve` on are only in a run folder. */
export const runFileNames = {
  config: 'config.yaml',
  metrics: 'metrics.jsonl',
  timings: 'timings.jsonl',
  summary: 'summary.json',
  dataRecord: 'data.json',
  checkpoints: 'checkpoints',
  curve: 'curve.png',
  samples: 'samples',
  card: 'README.md',
  tensorboard: 'tensorboard',
  dataMark: 'data.mark',
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
