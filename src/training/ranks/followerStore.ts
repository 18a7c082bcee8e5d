// The storage of a run on ranks other than 0, which alone reads and writes it.
import { call, UserError } from '../../errors.ts';
import type { Config } from '../../experiments/configSchema.ts';
import { stringifyConfig } from '../../experiments/configText.ts';
import type { RunStore } from '../../runs/contents/runStore.ts';

/** A store that is empty and remains so. */
export function followerStore(name: string, config: Config): RunStore {
  const ignore = (): void => {};
  return {
    name,
    resumption: (changes) => call('resumeRun', name, ...(changes === undefined ? [] : [changes])),
    restart: `delete the checkpoints of ${name} to restart training from scratch`,
    create: ignore,
    readConfig: () => ({ path: 'config.yaml', text: stringifyConfig(config) }),
    lock: () => ({ renew: ignore, release: ignore }),
    mend: () => [],
    rewind: ignore,
    readImages: () => undefined,
    recordImages: ignore,
    readMetrics: () => [],
    appendMetrics: ignore,
    readTimings: () => [],
    appendTiming: ignore,
    readSummary: () => ({}),
    writeSummary: ignore,
    checkpointSteps: () => [],
    checkpointPath: () => name,
    readCheckpoint(step) {
      throw new UserError('not-found', `rank 0 alone has the checkpoint of step ${step} of ${name}`);
    },
    saveCheckpoint: ignore,
    removeCheckpoint: ignore,
  };
}
