// The identity of this process, and whether another one that left its mark still runs.
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { hasCode } from './fileErrors.ts';

/** A process: its PID, when it was started, and where its PID is valid. */
export interface ProcessMark {
  readonly pid: number;
  /**
   * When it was started, in the kernel's clock ticks: distinguishes it from a later process with the same
   * PID.
   */
  readonly started: string;
  readonly host: string;
  /** Changes when the machine reboots, and between containers: PIDs are compared within one place only. */
  readonly place: string;
}

/** The mark of this process. */
export function ownMark(): ProcessMark {
  return { pid: process.pid, started: processStart(process.pid) ?? '', host: hostname(), place: place() };
}

/** Whether the process that left a mark runs; undefined if that cannot be determined from here. */
export function isRunning({ pid, started, host, place: where }: ProcessMark): boolean | undefined {
  if (host !== hostname() || where !== place()) {
    return undefined;
  }
  return hasProcess(pid) && (started === '' || processStart(pid) === started);
}

/** Whether a process with this PID runs on this machine. Zombies, whose parent hasn't collected them, don't count. */
export function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return processStatus(pid)?.[0] !== 'Z';
  } catch (error) {
    // EPERM: there is one, of another user.
    return hasCode(error, 'EPERM');
  }
}

/**
 * Linux reports when a process was started, in the 20th number after its name; elsewhere the PID has to do.
 */
function processStart(pid: number): string | undefined {
  return processStatus(pid)?.[19];
}

/** The fields of /proc/PID/stat after the name, starting with the state; undefined except on Linux. */
function processStatus(pid: number): string[] | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function place(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  const container = read(() => readlinkSync('/proc/self/ns/pid'));
  return [boot, container].filter((part) => part !== undefined).join(' ');
}

function read(action: () => string): string | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
