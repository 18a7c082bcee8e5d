// The theme: the system's unless chosen here.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import './theme-switch.css';

type Theme = 'light' | 'dark';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const KEY = 'studio-theme';

const chosen = signal(remembered());
const system = signal<Theme>(systemIsDark.matches ? 'dark' : 'light');
systemIsDark.addEventListener('change', ({ matches }) => {
  system.value = matches ? 'dark' : 'light';
});

/** Switches between light and dark. */
export function ThemeSwitch() {
  const shown = chosen.value ?? system.value;
  useEffect(() => {
    document.documentElement.dataset.theme = shown;
  }, [shown]);
  const other = shown === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="theme-switch"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => choose(other)}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}

function choose(theme: Theme): void {
  // Choosing the system's theme follows the system again.
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
