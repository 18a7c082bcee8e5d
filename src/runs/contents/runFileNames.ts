// The names of a run's files, the same in a folder and wherever else a run is stored.

/** The names of the files that training reads and writes. */
export const runFileNames = {
  config: 'config.yaml',
  metrics: 'metrics.jsonl',
  timings: 'timings.jsonl',
  summary: 'summary.json',
  dataRecord: 'data.json',
} as const;

/** The folder of the checkpoints. */
export const checkpointFolder = 'checkpoints';

/** The name of the checkpoint after `step` steps in that folder: `step-00000040.safetensors`. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, '0')}.safetensors`;
}

/** The step of a checkpoint by the name of its file; undefined for other files. */
export function stepOfCheckpoint(name: string): number | undefined {
  const digits = /^step-(\d{8,})\.safetensors$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
