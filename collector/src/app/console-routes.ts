/** The built-in page: what a person without Grafana sees first. */
import { readFileSync } from 'node:fs';
import { problemAnswer } from '../contract/http.ts';
import type { Route } from '../api/route.ts';

/** The console page and a plain 404 for everything else. */
export function consoleRoutes(): Route[] {
  const html = readFileSync(new URL('../../console/index.html', import.meta.url), 'utf8');
  return [
    {
      method: 'GET',
      path: '/',
      handler: () => ({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html }),
    },
    { method: 'ANY', path: '/*', handler: () => problemAnswer(404, 'not found') },
  ];
}
