// Public to other folders: a pool of threads.
export type { Handler, ThreadAnswer, ThreadMessage } from './messages.ts';
export { ThreadPool } from './pool.ts';
export { importsModules, type StopFlag, usesThreads } from './port.node.ts';
export { serve, type ThreadTasks } from './serve.ts';
