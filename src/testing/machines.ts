// Several machines for mpirun on one: network namespaces with host names of their own, connected by a switch.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Machines called machine1, machine2, … */
export interface Machines {
  /** The words before a command that run it on the first machine. */
  readonly onFirst: readonly string[];
  /** mpirun's options for one rank on each. */
  readonly options: readonly string[];
  /** Where mpirun finds its way to the others. */
  readonly environment: Readonly<Record<string, string>>;
  /** The bytes that each machine has sent so far, in order. */
  sentBytes(): number[];
  /** Kills all processes of a machine, counted from 1. */
  crash(number: number): void;
  remove(): void;
}

/** The device of each machine that is connected to the switch. */
const DEVICE = 'cable';

/**
 * Makes machines; undefined if this account may not, or the command ip is missing.
 *
 * @param folder where files for mpirun are written
 */
export function makeMachines(folder: string, count: number): Machines | undefined {
  const unique = `emerging-${process.pid}-${count}`;
  const hub = `${unique}-switch`;
  const names = Array.from({ length: count }, (_, index) => `${unique}-${index + 1}`);
  const machineAddress = (index: number): string => `10.77.0.${index + 1}`;
  const remove = (): void => {
    for (const name of [hub, ...names]) {
      ip('netns', 'del', name);
    }
  };
  const isMade =
    ip('netns', 'add', hub) &&
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge') &&
    ip('-n', hub, 'link', 'set', 'bridge', 'up') &&
    names.every((name, index) => {
      const port = `port${index + 1}`;
      return (
        ip('netns', 'add', name) &&
        ip('-n', name, 'link', 'set', 'lo', 'up') &&
        ip('link', 'add', DEVICE, 'netns', name, 'type', 'veth', 'peer', 'name', port, 'netns', hub) &&
        ip('-n', hub, 'link', 'set', port, 'master', 'bridge', 'up') &&
        ip('-n', name, 'addr', 'add', `${machineAddress(index)}/24`, 'dev', DEVICE) &&
        ip('-n', name, 'link', 'set', DEVICE, 'up')
      );
    });
  if (!isMade) {
    remove();
    return undefined;
  }
  const onMachine = (name: string): string[] => ['ip', 'netns', 'exec', name, 'unshare', '--uts', 'sh', '-c'];
  const agent = join(folder, 'agent.sh');
  // In place of ssh: the first argument is the host, 10.77.0.NUMBER, the others are the command.
  const remote = onMachine(`${unique}-$number`).join(' ');
  writeFileSync(agent, `#!/bin/sh\nnumber=\${1##*.}\nshift\nexec ${remote} "hostname machine$number; $*"\n`, {
    mode: 0o755,
  });
  const hosts = join(folder, `hosts-${count}`);
  writeFileSync(hosts, names.map((_, index) => `${machineAddress(index)} slots=1\n`).join(''));
  return {
    onFirst: [...onMachine(names[0]!), 'hostname machine1; exec "$@"', 'sh'],
    options: ['--hostfile', hosts, '--mca', 'btl', 'tcp,self', '--mca', 'btl_tcp_if_include', '10.77.0.0/24'],
    environment: { PRTE_MCA_plm_ssh_agent: agent, PRTE_MCA_prte_if_include: '10.77.0.0/24' },
    sentBytes: () =>
      names.map((name) => {
        const { stdout } = spawnSync('ip', ['-n', name, '-s', '-j', 'link', 'show', 'dev', DEVICE], {
          encoding: 'utf8',
        });
        return JSON.parse(stdout)[0].stats64.tx.bytes;
      }),
    crash(number) {
      const { stdout } = spawnSync('ip', ['netns', 'pids', names[number - 1]!], { encoding: 'utf8' });
      for (const id of stdout.trim().split('\n')) {
        process.kill(Number(id), 'SIGKILL');
      }
    },
    remove,
  };
}

function ip(...args: readonly string[]): boolean {
  return spawnSync('ip', args).status === 0;
}
