// An interactive figure: controls, drawings, and a description of their current state.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FigureProps {
  readonly title: string;
  readonly controls?: ComponentChildren;
  /** The current state in sentences. */
  readonly description: ComponentChildren;
  /** Whether it changes too fast for screen readers. */
  readonly moving?: boolean;
  readonly children: ComponentChildren;
}

/** A figure; screen readers announce changes of its description. */
export function Figure({ title, controls, description, moving = false, children }: FigureProps) {
  const id = useId();
  return (
    <figure class="how-figure panel" aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {controls && <div class="how-controls">{controls}</div>}
      <div class="how-stage">{children}</div>
      <figcaption aria-live={moving ? 'off' : 'polite'}>{description}</figcaption>
    </figure>
  );
}

/** One drawing of a figure, with a caption. */
export function Panel({ title, children }: { title: ComponentChildren; children: ComponentChildren }) {
  return (
    <div class="how-panel">
      {children}
      <p>{title}</p>
    </div>
  );
}
