// Public to other folders: services of the host.
export { nextTurn } from './eventLoop.node.ts';
export { joinBytes } from './joinBytes.ts';
export { availableBytes, availableCores, defaultThreads } from './machine.node.ts';
export { requireMemory } from './memory.ts';
export { type FetchOptions, fetchBytes, resolveUrl } from './transfer.ts';
