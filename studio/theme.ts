// Light or dark: the reader's choice, or the system's.
import { computed, signal } from '@preact/signals';

/** A theme. */
type Theme = 'light' | 'dark';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const KEY = 'studio-theme';

const chosen = signal(remembered());
const system = signal<Theme>(systemIsDark.matches ? 'dark' : 'light');
systemIsDark.addEventListener('change', ({ matches }) => {
  system.value = matches ? 'dark' : 'light';
});

/** The theme that is shown; canvases in the page's colours depend on it. */
export const shownTheme = computed(() => chosen.value ?? system.value);

/** Chooses a theme; the system's follows the system again. */
export function chooseTheme(theme: Theme): void {
  chosen.value = theme === system.value ? undefined : theme;
  try {
    if (chosen.value === undefined) {
      localStorage.removeItem(KEY);
    } else {
      localStorage.setItem(KEY, theme);
    }
  } catch {
    // Storage is blocked: the theme lasts until the page closes.
  }
}

function remembered(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}
