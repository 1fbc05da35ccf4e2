// Before the first paint, so that a person who chose light never sees a dark flash.
try {
  const chosen = localStorage.getItem('zonewarden-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage can be forbidden; the system's choice then stands.
}
