// Two machines for mpirun on one: network namespaces with host names of their own, connected by a cable.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Two machines. */
export interface TwoMachines {
  /** The words before a command that run it on the first machine. */
  readonly onFirst: readonly string[];
  /** mpirun's options for one rank on each. */
  readonly options: readonly string[];
  /** Where mpirun finds its way to the second. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills all processes of the second machine. */
  crashSecond(): void;
  remove(): void;
}

const names = [1, 2].map((index) => `emerging-${process.pid}-${index}`) as [string, string];
const addresses = ['10.77.0.1', '10.77.0.2'];

/**
 * Makes two machines; undefined if this account may not, or the command ip is missing.
 *
 * @param folder where files for mpirun are written
 */
export function makeTwoMachines(folder: string): TwoMachines | undefined {
  const [first, second] = names;
  const remove = (): void => {
    for (const name of names) {
      ip('netns', 'del', name);
    }
  };
  const cables = ['to2', 'to1'] as const;
  const isMade =
    names.every((name) => ip('netns', 'add', name)) &&
    ip(
      'link',
      'add',
      cables[0],
      'netns',
      first,
      'type',
      'veth',
      'peer',
      'name',
      cables[1],
      'netns',
      second,
    ) &&
    names.every(
      (name, index) =>
        ip('-n', name, 'link', 'set', 'lo', 'up') &&
        ip('-n', name, 'addr', 'add', `${addresses[index]}/24`, 'dev', cables[index]!) &&
        ip('-n', name, 'link', 'set', cables[index]!, 'up'),
    );
  if (!isMade) {
    remove();
    return undefined;
  }
  const onMachine = (name: string): string[] => ['ip', 'netns', 'exec', name, 'unshare', '--uts', 'sh', '-c'];
  const agent = join(folder, 'agent.sh');
  // In place of ssh: the first argument is the host, the others are the command.
  writeFileSync(agent, `#!/bin/sh\nshift\nexec ${onMachine(second).join(' ')} "hostname machine2; $*"\n`, {
    mode: 0o755,
  });
  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, addresses.map((address) => `${address} slots=1\n`).join(''));
  return {
    onFirst: [...onMachine(first), 'hostname machine1; exec "$@"', 'sh'],
    options: ['--hostfile', hosts, '--mca', 'btl', 'tcp,self', '--mca', 'btl_tcp_if_include', '10.77.0.0/24'],
    environment: { PRTE_MCA_plm_ssh_agent: agent, PRTE_MCA_prte_if_include: '10.77.0.0/24' },
    crashSecond() {
      const { stdout } = spawnSync('ip', ['netns', 'pids', second], { encoding: 'utf8' });
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
