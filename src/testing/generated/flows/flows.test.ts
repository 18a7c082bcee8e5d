// Flows of any layers are what their log-determinants and inverses say.
import { testProperties } from '../testProperties.ts';
import { flowProperties } from './flowProperties.ts';

testProperties(flowProperties);
