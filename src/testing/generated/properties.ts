import { codecProperties } from './codec/codecProperties.ts';
import { dataProperties } from './data/dataProperties.ts';
import { flowProperties } from './flows/flowProperties.ts';
import { modelProperties } from './models/modelProperties.ts';
import type { AnyProperty } from './property.ts';
import { tensorProperties } from './tensors/tensorProperties.ts';

/** Every property, in the order of the topics. */
export const properties: readonly AnyProperty[] = [
  ...tensorProperties,
  ...flowProperties,
  ...modelProperties,
  ...dataProperties,
  ...codecProperties,
];
