// The site's pages: documents of the repository in navigation order.

/** Documents under one navigation heading, as paths in the repository. */
interface PageGroup {
  readonly name: string;
  readonly files: readonly string[];
}

/** The first page. */
export const firstPage = 'docs/start.md';

/** All other documents. */
export const pageGroups: readonly PageGroup[] = [
  {
    name: 'Guides',
    files: [
      'docs/flows.md',
      'docs/guide.md',
      'docs/odd.md',
      'docs/fields.md',
      'docs/points.md',
      'docs/conditions.md',
      'docs/library.md',
      'docs/tensor.md',
      'docs/studio.md',
      'docs/browser.md',
      'examples/README.md',
      'docs/limits.md',
      'docs/numerics.md',
      'docs/glossary.md',
    ],
  },
  {
    name: 'Layers',
    files: [
      'docs/layers/overview.md',
      'docs/layers/dequantisation.md',
      'docs/layers/actnorm.md',
      'docs/layers/squeeze.md',
      'docs/layers/conv1x1.md',
      'docs/layers/emerging.md',
      'docs/layers/periodic.md',
      'docs/layers/convexp.md',
      'docs/layers/finc.md',
      'docs/layers/woodbury.md',
      'docs/layers/circulant.md',
      'docs/layers/butterfly.md',
      'docs/layers/maf.md',
      'docs/layers/coupling.md',
      'docs/layers/prior.md',
      'docs/formulas.md',
    ],
  },
  {
    name: 'Training and using models',
    files: [
      'docs/data.md',
      'docs/training.md',
      'docs/classes.md',
      'docs/runs.md',
      'docs/studies.md',
      'docs/doctor.md',
      'docs/export.md',
      'docs/compress.md',
    ],
  },
  { name: 'Reference', files: ['site/generated/commands.md', 'docs/settings.md'] },
  { name: 'Machines and GPUs', files: ['docs/machines.md', 'docs/gpu.md', 'docs/performance.md'] },
  {
    name: 'Results',
    files: ['docs/results/README.md', 'docs/results/fields.md', 'docs/reference-faults.md'],
  },
  {
    name: 'About the project',
    files: ['docs/architecture.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  },
];
