import './public-path.ts';
import { AppPlugin } from '@grafana/data';
import { lazy } from 'react';

const App = lazy(() =>
  import('./app/app.tsx').then(({ ready, App: Root }) => ready.then(() => ({ default: Root }))),
);

/** What Grafana asks the module for; everything else is loaded when a page opens. */
export const plugin = new AppPlugin().setRootPage(App);
