// Packages that an installation of this one may lack: optional dependencies and optional peers.
import { readFileSync } from 'node:fs';
import { UserError } from '../errors.ts';

/** Whether a package is installed. */
export function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * The error for packages that are not installed, with the command that installs them.
 *
 * @param need what is impossible without them, and its verb: `MPI runs require`
 */
export function missingPackages(need: string, names: readonly string[], cause?: unknown): UserError {
  const { optionalDependencies, peerDependencies } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  ) as Record<'optionalDependencies' | 'peerDependencies', Record<string, string>>;
  const versions = { ...peerDependencies, ...optionalDependencies };
  const listed = names.length === 1 ? `package ${names[0]}` : `packages ${names.join(', ')}`;
  const install = names.map((name) => `${name}@${versions[name]}`).join(' ');
  return new UserError('unsupported', `${need} the ${listed}: run npm install ${install}`, { cause });
}
