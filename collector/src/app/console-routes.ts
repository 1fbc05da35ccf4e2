/** The built-in console: what a person without Grafana sees first. */
import { fileURLToPath } from 'node:url';
import { problemAnswer, type HttpHandler } from '../contract/http.ts';
import type { Route } from '../api/route.ts';
import { createStaticFiles } from '../api/static-files.ts';

/** Addresses of pages. Each answers with the same document, which then draws the page of its own address. */
const pages = [
  '/',
  '/fleet',
  '/cases',
  '/cases/:id',
  '/domains/:tenant/:domain',
  '/coverage',
  '/rules',
  '/suppressions',
  '/audit',
];

/** Scripts and styles are files of their own, so nothing inline has to be allowed but widths and places of marks. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Pages, their files below `/console/`, and a plain 404 for everything else. */
export function consoleRoutes(): Route[] {
  const files = createStaticFiles(fileURLToPath(new URL('../../console', import.meta.url)));
  const guarded =
    (handler: HttpHandler): HttpHandler =>
    async (request, signal) => {
      const answer = await handler(request, signal);
      const headers = {
        ...answer.headers,
        'content-security-policy': contentSecurityPolicy,
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      };
      return { ...answer, headers };
    };
  const page = guarded((request, signal) => files({ ...request, path: '/index.html' }, signal));
  const file = guarded((request, signal) =>
    files({ ...request, path: request.path.slice('/console'.length) }, signal),
  );
  return [
    ...pages.map((path): Route => ({ method: 'GET', path, handler: page })),
    { method: 'GET', path: '/console/*', handler: file },
    { method: 'ANY', path: '/*', handler: () => problemAnswer(404, 'not found') },
  ];
}
