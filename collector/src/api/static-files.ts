/** Files of the console, and nothing else of the disk. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { codingOf, CompressedFiles } from './compressed.ts';
import { problemAnswer, type HttpAnswer, type HttpHandler, type HttpRequest } from '../contract/http.ts';

const types: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json; charset=utf-8'],
  ['.map', 'application/json; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

const contentSecurityPolicy =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * Serves files under `root` for GET. Paths without extension that lead to no file give `index.html`, so that pages of
 * the console can be linked to. Hidden files, `..`, backslashes and links that leave the folder are not found.
 */
export function createStaticFiles(root: string): HttpHandler {
  const compressed = new CompressedFiles();
  return async (request) => {
    const wanted = safePath(request.path);
    if (wanted === undefined) return problemAnswer(404, 'not found');
    const direct = await fileAnswer(root, wanted === '' ? 'index.html' : wanted, request.headers, compressed);
    if (direct !== undefined) return direct;
    const page = extname(wanted) === '' ? await fileAnswer(root, 'index.html', {}, compressed) : undefined;
    return page ?? problemAnswer(404, 'not found');
  };
}

/** Path below the root in the system's form, or undefined when it tries to leave. */
export function safePath(path: string): string | undefined {
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    return undefined;
  }
  if (text.includes('\0') || text.includes('\\') || text.includes('%')) return undefined;
  const segments = text.split('/').filter((segment) => segment !== '');
  return segments.some((segment) => segment.startsWith('.')) ? undefined : segments.join(sep);
}

async function fileAnswer(
  root: string,
  path: string,
  asked: HttpRequest['headers'],
  compressed: CompressedFiles,
): Promise<HttpAnswer | undefined> {
  const type = types.get(extname(path).toLowerCase());
  if (type === undefined) return undefined;
  try {
    const base = await realpath(root);
    const real = await realpath(join(base, path));
    if (!real.startsWith(base + sep)) return undefined;
    const facts = await stat(real);
    if (!facts.isFile()) return undefined;
    // Weak: the same page in every coding (RFC 9110 8.8.1).
    const tag = `W/"${facts.size.toString(36)}-${Math.floor(facts.mtimeMs).toString(36)}"`;
    const headers = {
      'content-type': type,
      etag: tag,
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      'content-security-policy': contentSecurityPolicy,
    };
    if (asked['if-none-match'] === tag) return { status: 304, headers };
    const body = await readFile(real);
    const coding = codingOf(asked['accept-encoding']);
    const coded = coding === undefined ? undefined : await compressed.of(real, tag, type, coding, body);
    if (coding === undefined || coded === undefined) return { status: 200, headers, body };
    return { status: 200, headers: { ...headers, 'content-encoding': coding }, body: coded };
  } catch {
    return undefined;
  }
}
