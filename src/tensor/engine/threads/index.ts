// What other rooms import from this folder.
export type { Handler, ThreadAnswer, ThreadMessage } from './messages.ts';
export { ThreadPool } from './pool.ts';
export { type StopFlag, usesThreads } from './port.node.ts';
export { serve, type ThreadTasks } from './serve.ts';
