import { useEffect, useState } from 'preact/hooks';

const themes = ['system', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const words: Record<Theme, string> = { system: 'Auto', light: 'Light', dark: 'Dark' };

/** Light, dark, or as the reader's system has it. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(remembered);
  useEffect(() => {
    if (theme === 'system') document.documentElement.removeAttribute('data-theme');
    else document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem('touchstone-theme', theme);
    } catch {
      // A page from disk may have no storage: then the choice lasts as long as the page.
    }
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'system';
  return (
    <button type="button" class="button quiet theme" onClick={() => setTheme(next)}>
      <span class="unseen">Colours: </span>
      <span aria-hidden="true">◐ </span>
      {words[theme]}
    </button>
  );
}

function remembered(): Theme {
  try {
    const theme = localStorage.getItem('touchstone-theme');
    return themes.find((one) => one === theme) ?? 'system';
  } catch {
    return 'system';
  }
}
