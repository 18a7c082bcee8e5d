// Checks the packages of package-lock.json: their licences always, and known advisories if the registry
// answers. Exits with 1 if a package has a licence that is not listed here, or an advisory of at least
// moderate severity.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Licences under which packages may be used, unchanged, by a package under MIT. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  // libvips, a shared library that sharp loads.
  'LGPL-3.0-or-later',
  'MIT',
  // Changed files must be published; none is changed.
  'MPL-2.0',
  'Python-2.0',
  'Unlicense',
]);

/** Packages whose licence is a text of its own, read by us: these fonts may be used and embedded freely. */
const read = new Map([['dejavu-fonts-ttf', 'SEE LICENSE IN README.md AND LICENSE']]);

/** Whether an SPDX expression (names joined by AND, or by OR) is allowed. */
function isAllowed(expression) {
  const plain = expression.replace(/[()]/g, '');
  return plain.includes(' OR ')
    ? plain.split(' OR ').some(isAllowed)
    : plain.split(' AND ').every((name) => allowed.has(name));
}

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
const problems = [];
const installed = Object.entries(packages).filter(([path]) => path !== '');
for (const [path, { license, version }] of installed) {
  const name = path.replace(/^.*node_modules\//, '');
  if (license === undefined || !(isAllowed(license) || read.get(name) === license)) {
    problems.push(`${name} ${version}: licence ${license ?? 'not given'}`);
  }
}
console.log(
  `${installed.length} packages: ${problems.length === 0 ? 'all licences are allowed' : 'see below'}`,
);

const audit = spawnSync('npm', ['audit', '--json', '--audit-level=moderate'], { encoding: 'utf8' });
const { vulnerabilities, message } = parsed(audit.stdout);
if (vulnerabilities === undefined) {
  console.log(`advisories: not checked, the registry gives none (${message ?? 'no answer'})`);
} else {
  const found = Object.values(vulnerabilities).filter(
    ({ severity }) => severity !== 'low' && severity !== 'info',
  );
  problems.push(...found.map(({ name, severity, range }) => `${name} ${range}: ${severity} advisory`));
  console.log(`advisories: ${found.length} of moderate severity or higher`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

for (const problem of problems) {
  console.error(problem);
}
process.exitCode = problems.length > 0 ? 1 : 0;
