// Processor time and memory of processes, from /proc.
import { readFileSync, writeFileSync } from 'node:fs';
import { hasCode } from '../../data/files/fileErrors.ts';

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** The usage of processes. */
export interface Usage {
  /** Processor time, including ended children. */
  readonly seconds: number;
  /** Resident memory. */
  readonly bytes: number;
}

/** A process and its descendants, parents first. */
export function processTree(pid: number): number[] {
  const children = readLines(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(processTree)];
}

/** The usage of a process and its descendants; zero except on Linux. */
export function readUsage(pid: number): Usage {
  let [seconds, bytes] = [0, 0];
  for (const processId of processTree(pid)) {
    const fields = readLines(`/proc/${processId}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ')
      .slice(11, 15);
    seconds += fields.reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS;
    bytes += 1024 * Number(/^VmRSS:\s*(\d+) kB$/m.exec(readLines(`/proc/${processId}/status`))?.[1] ?? 0);
  }
  return { seconds, bytes };
}

/**
 * The peak resident memory of this process since `resetPeak`; except on Linux, since its start. On Linux, the `maxRSS` of
 * `process.resourceUsage` won't do: it is inherited from the parent process.
 */
export function ownPeak(): number {
  const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readLines('/proc/self/status'))?.[1];
  return 1024 * (peak === undefined ? process.resourceUsage().maxRSS : Number(peak));
}

/** Begins a new measurement of `ownPeak`, where the system can. */
export function resetPeak(): void {
  if (process.platform === 'linux') {
    writeFileSync('/proc/self/clear_refs', '5');
  }
}

/** A file of /proc; empty if the process has ended. */
function readLines(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) {
      return '';
    }
    throw error;
  }
}
