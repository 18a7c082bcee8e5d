// The same tasks in Node, in a process of its own: prints the result as JSON.
import { openDataset } from 'emerging-flows/data';
import { timeSampling, timeTraining } from './measure.js';

const { task, file, model, ...options } = JSON.parse(process.argv[2]);
// From the start of the process.
const began = 0;
const result =
  task === 'train'
    ? await timeTraining(await openDataset(file, { validation: 0.02 }), { ...options, began })
    : await timeSampling(model, { began });
process.stdout.write(JSON.stringify(result));
