// Grafana's libraries read this while they load. It also sets the theme before the first paint, so that nobody who chose
// light sees a dark flash.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('zonewarden-theme');
  } catch {
    // Storage can be forbidden; the choice of the system then stands.
  }
  const light =
    chosen === 'light' || (chosen !== 'dark' && matchMedia('(prefers-color-scheme: light)').matches);
  const theme = light ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  window.__grafana_public_path__ = '/public/';
  window.grafanaBootData = {
    settings: {
      appSubUrl: '',
      appUrl: location.origin + '/',
      buildInfo: {
        version: '13.2.2',
        env: 'production',
        edition: 'Open Source',
        commit: '',
        hideVersion: true,
      },
      apps: {},
      panels: {},
      datasources: {},
      defaultDatasource: '',
      featureToggles: {},
      bootData: {},
    },
    user: {
      isSignedIn: true,
      login: '',
      orgId: 1,
      orgRole: 'Viewer',
      timezone: 'utc',
      theme,
      lightTheme: light,
      language: 'en-US',
      regionalFormat: 'en-US',
      locale: 'en-US',
      permissions: {},
    },
    navTree: [],
    assets: { dark: '', light: '', jsFiles: [] },
  };
})();
