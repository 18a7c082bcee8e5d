// What threads and the workers of pages compute.
import type { ThreadTasks } from '../../tensor/engine/threads/index.ts';

/** The tasks, each with code of its own. */
export const threadTasks: ThreadTasks = {
  coding: async () => (await import('../../uses/codec/coders.ts')).openCoding,
  gradients: async () => (await import('../../training/gradients/gradientThread.ts')).openGradients,
};
