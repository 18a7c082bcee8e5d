// Runs a command in a process that kills itself inside one of its writes. Arguments: the write in JSON, then the
// command's words.
import { type DeadlyWrite, dieInWrite } from './dieInWrite.ts';

const [deadly, ...words] = process.argv.slice(2);
dieInWrite(JSON.parse(deadly!) as DeadlyWrite);
process.argv.splice(2, Number.POSITIVE_INFINITY, ...words);
await import('../app/cli/main.ts');
