import type { AnyProperty } from './property.ts';

/** Every property, in the order of the topics. */
export const properties: readonly AnyProperty[] = [];
