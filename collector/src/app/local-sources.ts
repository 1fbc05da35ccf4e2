/** Which sources belong to one machine when several collectors share an engine. */
import type { Config } from './config-schema.ts';

/** Transports of one machine: its files and sockets. Everything else is asked by one collector at a time. */
const localTransports: ReadonlySet<string> = new Set([
  'webhook',
  'syslog',
  'dnstap',
  'file',
  'stdin',
  'otlp',
]);

/** Ids of the sources that every collector runs for itself, with positions of its own. */
export function localSourcesOf({ sources }: Pick<Config, 'sources'>): ReadonlySet<string> {
  return new Set(sources.filter(({ via }) => localTransports.has(via)).map(({ id }) => id));
}
