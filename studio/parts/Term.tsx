// A word with its definition from the glossary as a tooltip.
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import './term.css';

interface TermProps {
  /** The name of its heading in links to docs/glossary.md. */
  readonly of: string;
  readonly children: ComponentChildren;
}

/** The distance to the window's edges and to the word, in pixels. */
const MARGIN = 8;

/** The word; its definition appears on hover, focus or press. Escape hides it. */
export function Term({ of: term, children }: TermProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [definition, setDefinition] = useState<string>();
  const word = useRef<HTMLButtonElement>(null);
  const tip = useRef<HTMLSpanElement>(null);
  // Before the next frame: Escape may be pressed at once.
  useLayoutEffect(() => {
    if (!isOpen) {
      return undefined;
    }
    // Loaded when first needed.
    import('virtual:glossary').then(
      ({ default: definitions }) => setDefinition(definitions[term]),
      () => setDefinition('The glossary failed to load: reload the page.'),
    );
    const hide = (): void => setOpen(false);
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') {
        // Don't close a dialog around it too.
        event.preventDefault();
        event.stopPropagation();
        hide();
      }
    };
    addEventListener('keydown', onKey, { capture: true });
    addEventListener('scroll', hide, { capture: true, passive: true });
    return () => {
      removeEventListener('keydown', onKey, { capture: true });
      removeEventListener('scroll', hide, { capture: true });
    };
  }, [isOpen, term]);
  // Before it is seen.
  useLayoutEffect(() => {
    if (tip.current) {
      const { left: wordLeft, top, bottom } = word.current!.getBoundingClientRect();
      const { width, height } = tip.current.getBoundingClientRect();
      const fitsBelow = bottom + height + MARGIN <= innerHeight;
      tip.current.style.left = `${Math.max(MARGIN, Math.min(wordLeft, innerWidth - width - MARGIN))}px`;
      tip.current.style.top = `${fitsBelow ? bottom : Math.max(MARGIN, top - height)}px`;
    }
  }, [isOpen, definition]);
  return (
    <span
      class="term"
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && setOpen(true)}
      onPointerLeave={({ pointerType }) =>
        pointerType === 'mouse' && document.activeElement !== word.current && setOpen(false)
      }
    >
      <button
        ref={word}
        type="button"
        class="term-word"
        aria-describedby={isOpen && definition !== undefined ? id : undefined}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
      >
        {children}
      </button>
      {isOpen && definition !== undefined && (
        <span
          ref={tip}
          id={id}
          class="term-definition"
          role="tooltip"
          // From our own glossary, by the bundler.
          dangerouslySetInnerHTML={{ __html: definition }}
        />
      )}
    </span>
  );
}
