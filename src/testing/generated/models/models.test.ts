// Models of any options have the likelihoods that their latents imply.
import { testProperties } from '../testProperties.ts';
import { modelProperties } from './modelProperties.ts';

testProperties(modelProperties);
