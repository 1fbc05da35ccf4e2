/** Cross-checks of addresses in the configuration: URLs, networks, and where to listen. */
import { hostOf, sinkAddressRefusal, sourceAddressRefusal } from '../1-source/address-policy.ts';
import { quoted, type Note } from './document-problem.ts';
import { isNetwork } from './network-text.ts';

/** Credentials in URLs end up in logs, and a literal Authorization header is a secret in the file. */
export function noteUrls(entries: readonly unknown[], key: string, note: Note): void {
  entries.forEach((entry, at) => {
    const fields = (entry ?? {}) as Record<string, unknown>;
    for (const field of Object.keys(fields).filter((name) => /(^|_)url$|^endpoint$/.test(name))) {
      const value = fields[field];
      if (typeof value !== 'string') continue;
      if (!URL.canParse(value)) note([key, at, field], 'is not a URL');
      else if (new URL(value).username !== '' || new URL(value).password !== '')
        note([key, at, field], 'holds credentials; put them into headers as {file: …} or {env: …}');
    }
    for (const [name, value] of Object.entries((fields['headers'] ?? {}) as Record<string, unknown>)) {
      if (typeof value === 'string' && /authorization|cookie|token|secret|password|api-?key/i.test(name))
        note([key, at, 'headers', name], 'looks like a credential; give it as {file: PATH} or {env: NAME}');
    }
  });
}

/** Networks must be written as such. */
export function noteNetworks(outgoing: unknown, note: Note): void {
  const list = (outgoing as { allow_networks?: unknown } | undefined)?.allow_networks;
  if (!Array.isArray(list)) return;
  list.forEach((entry: unknown, at) => {
    if (typeof entry !== 'string') return;
    if (!isNetwork(entry))
      note(
        ['outgoing', 'allow_networks', at],
        `must be a network such as 10.0.0.0/8, found ${quoted(entry)}`,
      );
  });
}

/** Sources and sinks at a literal address they may not reach: names are judged when they are looked up, these never are. */
export function noteLiteralAddresses(
  sources: readonly unknown[],
  sinks: readonly unknown[],
  outgoing: unknown,
  note: Note,
): void {
  const list = (outgoing as { allow_networks?: unknown } | undefined)?.allow_networks;
  const allowed = (Array.isArray(list) ? list : []).filter((entry) => typeof entry === 'string');
  const places = [
    ['sources', sources, sourceAddressRefusal],
    ['sinks', sinks, sinkAddressRefusal],
  ] as const;
  for (const [key, entries, refusalOf] of places)
    entries.forEach((entry, at) => {
      for (const field of ['url', 'endpoint']) {
        const value = (entry as Record<string, unknown> | undefined)?.[field];
        const refusal = typeof value === 'string' ? refusalOf(value, allowed) : undefined;
        if (refusal !== undefined) note([key, at, field], refusal);
      }
    });
}

/** The port of `listen` must be one. */
export function noteListen(listen: string, note: Note): void {
  const port = Number(listen.slice(listen.lastIndexOf(':') + 1));
  if (port > 65_535) note(['listen'], `port ${port} is above 65535`);
}

/** A source that speaks without TLS to a host not set free would be refused at its first connection. */
export function notePlainHttp(sources: readonly unknown[], outgoing: unknown, note: Note): void {
  const listed = (outgoing as { allow_plain_http?: unknown } | undefined)?.allow_plain_http;
  const free = new Set((Array.isArray(listed) ? listed : []).map((host) => String(host).toLowerCase()));
  sources.forEach((entry, at) => {
    const value = (entry as { url?: unknown } | undefined)?.url;
    if (typeof value !== 'string' || !URL.canParse(value)) return;
    const url = new URL(value);
    const { protocol } = url;
    const host = hostOf(url);
    if ((protocol === 'http:' || protocol === 'ws:') && !free.has(host))
      note(
        ['sources', at, 'url'],
        `speaks without TLS; list ${quoted(host)} under outgoing.allow_plain_http if that is meant`,
      );
  });
}
