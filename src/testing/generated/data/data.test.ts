// Files have the pixels that were written, in every form that a reader claims to read.
import { testProperties } from '../testProperties.ts';
import { dataProperties } from './dataProperties.ts';

testProperties(dataProperties);
