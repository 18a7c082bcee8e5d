// The frame of an interactive figure: controls, drawings, and in words what they show at the moment.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FigureProps {
  readonly title: string;
  readonly controls?: ComponentChildren;
  /** What the figure shows now, in sentences. */
  readonly description: ComponentChildren;
  /** Whether it changes too fast to be read out. */
  readonly moving?: boolean;
  readonly children: ComponentChildren;
}

/** A figure. Its description is read out when it changes. */
export function Figure({ title, controls, description, moving = false, children }: FigureProps) {
  const id = useId();
  return (
    <figure class="how-figure" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {controls && <div class="how-controls">{controls}</div>}
      <div class="how-stage">{children}</div>
      <figcaption aria-live={moving ? 'off' : 'polite'}>{description}</figcaption>
    </figure>
  );
}

/** One drawing of a figure, with what it is below. */
export function Panel({ title, children }: { title: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="how-panel">
      {children}
      <p>{title}</p>
    </div>
  );
}
