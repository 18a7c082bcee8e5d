// Compressed images come back, whatever the model and the images.
import { testProperties } from '../testProperties.ts';
import { codecProperties } from './codecProperties.ts';

testProperties(codecProperties);
