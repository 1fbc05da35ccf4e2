/** The console: what a person without Grafana sees first. The plugin's own bundle in a host page, built by `npm run build`. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { problemAnswer, type HttpAnswer, type HttpHandler } from '../contract/http.ts';
import type { Route } from '../api/route.ts';
import { createStaticFiles } from '../api/static-files.ts';
import { pluginPath } from './alert-model/case-rule.ts';

/** Short addresses of pages, as notifications and people write them. Each leads to the page of the plugin. */
const pages = [
  '/',
  '/fleet',
  '/cases',
  '/cases/:id',
  '/domains/:domain',
  '/domains/:tenant/:domain',
  '/coverage',
  '/rules',
  '/suppressions',
  '/audit',
];

/** Scripts are files of their own. Styles are written by the libraries while they run, so those stay allowed. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const place = (path: string): string =>
  fileURLToPath(new URL(`../../../grafana-plugin/${path}`, import.meta.url));

/** Where the built files lie. */
export interface ConsoleFolders {
  /** The plugin as Grafana installs it. */
  readonly plugin: string;
  /** The host page with its libraries, fonts and icons. */
  readonly host: string;
}

const built: ConsoleFolders = { plugin: place('dist'), host: place('dist-console') };

const notBuiltPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="dark light"><title>Zonewarden</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:42em;margin:10vh auto;padding:0 20px}code{font-size:.95em}</style>
<h1>The console is not built yet</h1>
<p>The collector runs; its <a href="/api/v1/openapi.json">API</a> and its <a href="/metrics">metrics</a> answer.</p>
<p>Build the console once, in the folder of the repository, then load this page again:</p>
<pre><code>npm ci
npm run build</code></pre>
</html>`;

const placeholderIcon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="5" fill="currentColor"/></svg>';

function guarded(handler: HttpHandler): HttpHandler {
  return async (request, signal) => {
    const answer = await handler(request, signal);
    const headers = {
      ...answer.headers,
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    };
    return { ...answer, headers };
  };
}

/** Names with a hash of their content never change what they hold. */
const hashedName = /[-.][0-9A-Za-z]{8,12}\.(js|css|woff2?)$/;

function lasting(answer: HttpAnswer, path: string): HttpAnswer {
  if (answer.status !== 200 || !hashedName.test(path)) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'cache-control': 'private, max-age=31536000, immutable' },
  };
}

/** Pages, files below `/public/`, and a plain 404 for everything else. */
export function consoleRoutes(folders: ConsoleFolders = built): Route[] {
  const host = createStaticFiles(folders.host);
  const plugin = createStaticFiles(folders.plugin);
  const pluginFiles = `/public/plugins/${pluginPath.slice('/a/'.length)}`;
  const page: HttpHandler = (request, signal) =>
    existsSync(folders.host)
      ? host({ ...request, path: '/index.html' }, signal)
      : { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: notBuiltPage };
  const file: HttpHandler = async (request, signal) => {
    const { path } = request;
    const answer = path.startsWith(`${pluginFiles}/`)
      ? await plugin({ ...request, path: path.slice(pluginFiles.length) }, signal)
      : await host(request, signal);
    // The libraries ship without some of the icons they name; a hole in a button would be worse than a dot.
    if (answer.status === 404 && path.startsWith('/public/build/img/icons/') && path.endsWith('.svg'))
      return { status: 200, headers: { 'content-type': 'image/svg+xml' }, body: placeholderIcon };
    return lasting(answer, path);
  };
  const toPlugin: HttpHandler = ({ path, query }) => {
    const text = query.toString();
    const to = path === '/' ? '/fleet' : path;
    return {
      status: 302,
      headers: { location: `${pluginPath}${to}${text === '' ? '' : `?${text}`}` },
      body: '',
    };
  };
  const short = (request: Parameters<HttpHandler>[0], signal: AbortSignal) =>
    existsSync(folders.host) ? toPlugin(request, signal) : page(request, signal);
  return [
    ...pages.map((path): Route => ({ method: 'GET', path, handler: guarded(short) })),
    { method: 'GET', path: pluginPath, handler: guarded(page) },
    { method: 'GET', path: `${pluginPath}/*`, handler: guarded(page) },
    { method: 'GET', path: '/public/*', handler: guarded(file) },
    { method: 'ANY', path: '/*', handler: () => problemAnswer(404, 'not found') },
  ];
}
