// Hooks of the studio's page, in a component that draws nothing.
import { h, options, render } from 'preact';
import { vi } from 'vitest';

/** A component that uses a hook, and what the hook returned last. */
export interface RenderedHook<Input, Result> {
  readonly result: Result;
  /** Renders with another input, and waits for effects. */
  show(input: Input): Promise<void>;
  unmount(): void;
}

/** Lets effects and settled promises take their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Renders a hook; call `vi.unstubAllGlobals` after the test. */
export function renderHook<Input, Result>(use: (input: Input) => Result): RenderedHook<Input, Result> {
  // Preact compares the element, which stays empty, with the document.
  vi.stubGlobal('document', { baseURI: 'http://studio/' });
  options.requestAnimationFrame = setTimeout;
  const element = { childNodes: [], firstChild: null } as unknown as Element;
  let result: Result;
  const User = ({ input }: { input: Input }) => {
    result = use(input);
    return null;
  };
  return {
    get result() {
      return result;
    },
    async show(input) {
      render(h(User, { input }), element);
      await nextTurn();
      await nextTurn();
    },
    unmount: () => render(null, element),
  };
}
