/** Dark or light: as the system says until a person chooses. */

const key = 'zonewarden-theme';

/** The theme that `boot.js` set. */
export function currentTheme(): 'dark' | 'light' {
  return document.documentElement.dataset['theme'] === 'light' ? 'light' : 'dark';
}

/** Remembers a choice. Grafana's libraries take a theme only while they load, so the page is loaded again. */
export function chooseTheme(theme: 'dark' | 'light'): void {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Without storage the choice cannot outlive the page, and the system's stays.
  }
  location.reload();
}

/** Follows the system while nobody chose. */
export function followSystemTheme(): void {
  matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => {
    try {
      if (localStorage.getItem(key) !== null) return;
    } catch {
      // Storage can be forbidden; the system's choice then counts.
    }
    location.reload();
  });
}
