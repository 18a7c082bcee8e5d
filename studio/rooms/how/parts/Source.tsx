// Links to publications.
import type { ComponentChildren } from 'preact';

const addresses = {
  emerging: 'https://arxiv.org/abs/1901.11137',
  flows: 'https://arxiv.org/abs/1912.02762',
  nice: 'https://arxiv.org/abs/1410.8516',
  realNvp: 'https://arxiv.org/abs/1605.08803',
  glow: 'https://arxiv.org/abs/1807.03039',
  splines: 'https://arxiv.org/abs/1906.04032',
  finc: 'https://arxiv.org/abs/2301.09266',
  convexp: 'https://arxiv.org/abs/2006.01910',
  woodbury: 'https://arxiv.org/abs/2002.12229',
  maf: 'https://arxiv.org/abs/1705.07057',
  circulant: 'https://arxiv.org/abs/2510.25323',
  butterfly: 'https://arxiv.org/abs/2209.13774',
  householder: 'https://arxiv.org/abs/1611.09630',
} as const;

/** A link to a publication. */
export function Source({
  of: source,
  children,
}: {
  of: keyof typeof addresses;
  children: ComponentChildren;
}) {
  return <a href={addresses[source]}>{children}</a>;
}
