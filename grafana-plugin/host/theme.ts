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

/** How long the system must stay with its choice; a page that is being left does not live that long. */
const settleMs = 500;

function chosen(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

/** Follows the system while nobody chose. A page that is being left stays left, and an open question keeps what was typed. */
export function followSystemTheme(): void {
  const light = matchMedia('(prefers-color-scheme: light)');
  let waiting: ReturnType<typeof setTimeout> | undefined;
  function follow(): void {
    waiting = undefined;
    if (chosen() || (currentTheme() === 'light') === light.matches) return;
    if (document.querySelector('[role="dialog"]') === null) location.reload();
    else waiting = setTimeout(follow, settleMs);
  }
  light.addEventListener('change', () => {
    clearTimeout(waiting);
    waiting = setTimeout(follow, settleMs);
  });
  addEventListener('pagehide', () => clearTimeout(waiting));
}
