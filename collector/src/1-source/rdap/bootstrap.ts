/** Which RDAP server answers for a name: the bootstrap registry of the IANA (RFC 9224), shipped with a date and refreshed. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { isRecord } from './json-parts.ts';

/** A registry as published. `publication`: RFC 3339 time of the file, '' when it names none. */
export interface RdapBootstrap {
  readonly publication: string;
  /** Base URL with final slash for a canonical name: the entry that matches most labels. Undefined: no RDAP server is known. */
  baseFor(domain: string): string | undefined;
}

const servicesMax = 20_000;

/** TLS first, as RFC 9224 section 3 asks; undefined when no URL can be used. */
function usableUrl(urls: readonly unknown[]): string | undefined {
  const texts = urls.filter((url): url is string => typeof url === 'string' && URL.canParse(url));
  const chosen =
    texts.find((url) => url.startsWith('https://')) ?? texts.find((url) => url.startsWith('http://'));
  return chosen === undefined || chosen.endsWith('/') ? chosen : `${chosen}/`;
}

/** Reads a bootstrap file. `overrides`: suffix to base URL, which win over the file. Entries that make no sense are left out. */
export function rdapBootstrap(
  text: string,
  overrides: Readonly<Record<string, string>> = {},
): Outcome<RdapBootstrap> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return failed('unsupported_format', 'the RDAP bootstrap file is not JSON');
  }
  const services = isRecord(document) ? document['services'] : undefined;
  if (!isRecord(document) || !Array.isArray(services))
    return failed('unsupported_format', 'the RDAP bootstrap file has no "services" (RFC 9224)');
  const bases = new Map<string, string>();
  for (const service of services.slice(0, servicesMax) as unknown[]) {
    if (!Array.isArray(service) || !Array.isArray(service[0]) || !Array.isArray(service[1])) continue;
    const url = usableUrl(service[1] as unknown[]);
    if (url === undefined) continue;
    for (const entry of service[0] as unknown[])
      if (typeof entry === 'string') bases.set(entry.toLowerCase().replace(/\.$/, ''), url);
  }
  for (const [suffix, url] of Object.entries(overrides)) {
    const usable = usableUrl([url]);
    if (usable !== undefined) bases.set(suffix.toLowerCase(), usable);
  }
  const publication = document['publication'];
  return succeeded({
    publication: typeof publication === 'string' ? publication : '',
    baseFor(domain) {
      for (let dot = domain.indexOf('.'); dot !== -1; dot = domain.indexOf('.', dot + 1)) {
        const found = bases.get(domain.slice(dot + 1));
        if (found !== undefined) return found;
      }
      return undefined;
    },
  });
}

/** Text of the newer of the refreshed and the shipped file; the shipped one when nothing was refreshed. */
export async function storedBootstrap(shippedPath: string, refreshedPath: string): Promise<string> {
  const shipped = await readFile(shippedPath, 'utf8');
  const refreshed = await readFile(refreshedPath, 'utf8').catch(() => undefined);
  if (refreshed === undefined) return shipped;
  const read = [rdapBootstrap(refreshed), rdapBootstrap(shipped)] as const;
  if (!read[0].ok) return shipped;
  return !read[1].ok || read[0].value.publication >= read[1].value.publication ? refreshed : shipped;
}

/** Replaces the refreshed file as a whole. */
export async function saveBootstrap(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
