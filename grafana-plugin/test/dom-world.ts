/** A document for components, set up before any of them is imported. */
import { JSDOM } from 'jsdom';

const { window } = new JSDOM('<!doctype html><html><body></body></html>', {
  url: 'http://localhost/a/zonewarden-domains-app/fleet',
  pretendToBeVisual: true,
});
class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
const missing = {
  ResizeObserver: NoObserver,
  IntersectionObserver: NoObserver,
  Path2D: class {},
  matchMedia: () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
    addListener: () => undefined,
    removeListener: () => undefined,
  }),
  grafanaBootData: {
    settings: { featureToggles: {}, buildInfo: {}, apps: {}, panels: {}, datasources: {} },
    user: { theme: 'dark', language: 'en-US' },
    navTree: [],
    assets: {},
  },
};
Object.assign(window, missing);
window.HTMLCanvasElement.prototype.getContext = (() => null) as never;
for (const name of Object.getOwnPropertyNames(window))
  if (!(name in globalThis))
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => (window as unknown as Record<string, unknown>)[name],
    });
for (const [name, value] of Object.entries({
  window,
  document: window.document,
  navigator: window.navigator,
  IS_REACT_ACT_ENVIRONMENT: true,
  ...missing,
}))
  Object.defineProperty(globalThis, name, { configurable: true, writable: true, value });
