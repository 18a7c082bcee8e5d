// Public to other folders: services of the host.

export { availableBytes, availableCores, defaultThreads, nextTurn } from './machine.node.ts';
export { requireMemory } from './memory.ts';
export { type FetchOptions, fetchBytes, resolveUrl } from './transfer.ts';
