/** Reads the configuration file and reports everything that is wrong with it at once. Opens no network connection. */
import { dirname, resolve } from 'node:path';
import { CanonicalEventSchema } from '../contract/event.ts';
import { isSourceName } from '../contract/source-name.ts';
import { webhookGroupFields } from '../2-normalise/webhook-fields.ts';
import { noteAccess, type AccessConfig } from './config-access.ts';
import { actionSchemas } from './config-actions.ts';
import { silenceSchemas } from './config-silences.ts';
import { checkedEngine, noteEngine, placedEngine } from './config-engine-check.ts';
import { ConfigFrameSchema, type Config } from './config-schema.ts';
import { sinkSchemas, type SinkConfig } from './config-sinks.ts';
import { apiSchemas, isApiFeed } from './config-api-sources.ts';
import { isWitnessSource } from './config-witness-sources.ts';
import { witnessProblems } from './config-witness-check.ts';
import {
  feedsOf,
  inventoryFeeds,
  sharedFeeds,
  transports,
  transportSchemas,
  usualTransport,
  usualUrl,
  webSocketFeeds,
  type SourceConfig,
} from './config-sources.ts';
import { withDefaults, withSecrets, type SecretPlaces } from './config-values.ts';
import { readDocumentFile } from './document-file.ts';
import type { ParsedDocument } from './parsed-document.ts';
import {
  choice,
  hasErrors,
  nearestWord,
  quoted,
  sortProblems,
  type Note,
  type DocumentPath,
  type DocumentProblem,
} from './document-problem.ts';
import { createSchemaCheck } from './document-schema.ts';
import {
  noteListen,
  noteNetworks,
  noteLiteralAddresses,
  notePlainHttp,
  noteUrls,
} from './config-address-check.ts';
import { isNetwork } from './network-text.ts';
import { noteTls } from './config-tls-check.ts';

/** Configuration with its warnings, or all problems (errors and warnings), ordered by line. */
export type LoadedConfig =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly DocumentProblem[] }
  | { readonly ok: false; readonly problems: readonly DocumentProblem[] };

/** Where defaults and secrets come from besides the file. */
export interface ConfigSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Directory the default data directory lies in. */
  readonly workingDirectory: string;
}

const checkFrame = createSchemaCheck(ConfigFrameSchema);
const checkSource = Object.fromEntries(
  Object.entries(transportSchemas).map(([via, schema]) => [via, createSchemaCheck(schema)]),
);
const checkApi = Object.fromEntries(
  Object.entries(apiSchemas).map(([feed, schema]) => [feed, createSchemaCheck(schema)]),
);
const checkSink = Object.fromEntries(
  Object.entries(sinkSchemas).map(([kind, schema]) => [kind, createSchemaCheck(schema)]),
);

const checkAction = Object.fromEntries(
  Object.entries(actionSchemas).map(([kind, schema]) => [kind, createSchemaCheck(schema)]),
);
const checkSilence = Object.fromEntries(
  Object.entries(silenceSchemas).map(([kind, schema]) => [kind, createSchemaCheck(schema)]),
);

/** Reads and checks the file at `path` (YAML or JSON). Relative paths in it start from its own directory. Never throws. */
export async function loadConfig(path: string, surroundings: ConfigSurroundings): Promise<LoadedConfig> {
  const read = await readDocumentFile(path);
  if (!read.ok) return read;
  return configFrom(
    read.document,
    { env: surroundings.env, directory: dirname(resolve(path)) },
    surroundings,
  );
}

/** The configuration used without a file: loopback listener, terminal and Prometheus sinks, no sources. */
export async function defaultConfig(surroundings: ConfigSurroundings): Promise<Config> {
  const document: ParsedDocument = { file: 'defaults', value: {}, lineOf: () => 0 };
  const places = { env: surroundings.env, directory: surroundings.workingDirectory };
  const loaded = await configFrom(document, places, surroundings);
  if (!loaded.ok) throw new Error('the defaults do not fit their own schema');
  return loaded.config;
}

async function configFrom(
  document: ParsedDocument,
  places: SecretPlaces,
  surroundings: ConfigSurroundings,
): Promise<LoadedConfig> {
  const problems: DocumentProblem[] = [];
  const note: Note = (path, message, level = 'error') => {
    problems.push({ file: document.file, line: document.lineOf(path), path, message, level });
  };
  const top: unknown = document.value ?? {};
  if (typeof top !== 'object' || Array.isArray(top)) {
    note([], `must be a mapping with keys such as "inventory" and "sources", found ${quoted(top)}`);
    return { ok: false, problems };
  }
  const filled = withDefaults(ConfigFrameSchema, top) as Record<string, unknown>;
  for (const problem of checkFrame(filled)) note(problem.path, problem.message);
  const sources = await checkedList(filled?.['sources'], 'sources', places, note, prepareSource);
  const sinks = await checkedList(filled?.['sinks'], 'sinks', places, note, prepareSink);
  const actions = await checkedList(filled?.['actions'], 'actions', places, note, prepareAction);
  const silences = await checkedList(filled?.['silences'], 'silences', places, note, prepareSilence);
  const engine = await checkedEngine(filled?.['engine'], places, note);
  noteEngine(engine, sinks as SinkConfig[], note);
  noteSources(sources as SourceConfig[], note);
  noteUrls(actions, 'actions', note);
  noteUrls(silences, 'silences', note);
  noteUrls(sinks, 'sinks', note);
  noteUrls(sources, 'sources', note);
  notePlainHttp(sources, filled['outgoing'], note);
  noteLiteralAddresses(sources, sinks, filled['outgoing'], note);
  for (const [key, entries] of Object.entries({ sources, sinks, actions, silences }))
    for (const [at, entry] of entries.entries())
      await noteTls(
        (entry as { tls?: unknown } | undefined)?.tls,
        [key, at, 'tls'],
        places.directory,
        Date.now(),
        note,
      );
  noteNetworks(filled?.['outgoing'], note);
  if (typeof filled?.['listen'] === 'string') noteListen(filled['listen'], note);
  if (!hasErrors(problems))
    noteAccess(filled['api'] as AccessConfig, listenOf(filled['listen'] as string).host, note);
  const sorted = sortProblems(problems);
  if (hasErrors(sorted)) return { ok: false, problems: sorted };
  const config = finished({ ...filled, actions, engine, silences }, sources, sinks, places, surroundings);
  return { ok: true, warnings: sorted, config };
}

function listenOf(listen: string): Config['listen'] {
  const separator = listen.lastIndexOf(':');
  return {
    host: listen.slice(0, separator).replace(/^\[|\]$/g, ''),
    port: Number(listen.slice(separator + 1)),
  };
}

function finished(
  filled: Record<string, unknown>,
  sources: readonly unknown[],
  sinks: readonly unknown[],
  places: SecretPlaces,
  surroundings: ConfigSurroundings,
): Config {
  const frame = filled as Omit<Config, 'listen' | 'data'> & { listen: string; data?: string };
  const absolute = (path: string): string => resolve(places.directory, path);
  return {
    ...frame,
    listen: listenOf(frame.listen),
    data: frame.data === undefined ? resolve(surroundings.workingDirectory, 'var') : absolute(frame.data),
    ...(frame.inventory === undefined ? {} : { inventory: absolute(frame.inventory) }),
    ...(frame.intents === undefined ? {} : { intents: absolute(frame.intents) }),
    network_databases: frame.network_databases.map(absolute),
    rules: frame.rules.map(absolute),
    engine: placedEngine(frame.engine, absolute),
    sources: (sources as SourceConfig[]).map((source) => placed(source, absolute)),
    sinks: (sinks as SinkConfig[]).map((sink) => placed(sink, absolute)),
  };
}

/** The entry with its file paths absolute. */
function placed<T extends SourceConfig | SinkConfig>(entry: T, absolute: (path: string) => string): T {
  const copy = { ...entry };
  if ('paths' in copy) copy.paths = copy.paths.map(absolute);
  if ('path' in copy && copy.path !== undefined) copy.path = absolute(copy.path);
  if ('tls' in copy && copy.tls !== undefined) {
    const { ca, cert } = copy.tls;
    copy.tls = {
      ...copy.tls,
      ...(ca === undefined ? {} : { ca: absolute(ca) }),
      ...(cert === undefined ? {} : { cert: absolute(cert) }),
    };
  }
  return copy;
}

/** Schema to hold an entry against, or why there is none. */
type Prepared = { schema: object; check: ReturnType<typeof createSchemaCheck>; value: unknown } | undefined;

async function checkedList(
  list: unknown,
  key: string,
  places: SecretPlaces,
  note: Note,
  prepare: (entry: Record<string, unknown>, path: DocumentPath, note: Note) => Prepared,
): Promise<unknown[]> {
  if (!Array.isArray(list)) return [];
  const entries: unknown[] = [];
  const seen = new Map<string, number>();
  for (const [at, entry] of list.entries()) {
    const path = [key, at];
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      note(path, `must be a mapping, found ${quoted(entry)}`);
      continue;
    }
    const id: unknown = (entry as Record<string, unknown>)['id'];
    if (typeof id === 'string') {
      const first = seen.get(id);
      if (first !== undefined) note([...path, 'id'], `${quoted(id)} is already the id of ${key}[${first}]`);
      else seen.set(id, at);
    }
    const prepared = prepare(entry as Record<string, unknown>, path, note);
    if (prepared === undefined) continue;
    const value = withDefaults(prepared.schema, prepared.value);
    const found = prepared.check(value);
    for (const problem of found) note([...path, ...problem.path], problem.message);
    if (found.length > 0) continue;
    const unread: { path: DocumentPath; message: string }[] = [];
    const resolved = await withSecrets(prepared.schema, value, places, unread);
    for (const problem of unread) note([...path, ...problem.path], problem.message);
    // Places in the file are kept under the index the author sees.
    entries[at] = resolved;
  }
  return entries;
}

function prepareSource(entry: Record<string, unknown>, path: DocumentPath, note: Note): Prepared {
  const feed = entry['feed'];
  const known = typeof feed === 'string' && isSourceName(feed);
  const value: Record<string, unknown> = { ...entry };
  if (known && value['via'] === undefined && usualTransport[feed] !== undefined)
    value['via'] = usualTransport[feed];
  const via = value['via'];
  if (via === undefined && known) {
    const fitting = transports.filter(
      (one) =>
        one !== 'websocket' && (one !== 'api' || isApiFeed(feed)) && (feedsOf(one)?.includes(feed) ?? true),
    );
    note(path, `${feed} needs "via": ${fitting.join(', ')}`);
    return undefined;
  }
  if (via === 'api' && known) {
    if (isApiFeed(feed)) return pick(apiSchemas, checkApi, feed, value);
    note(
      [...path, 'via'],
      `${feed} has no API that is asked; these have: ${Object.keys(apiSchemas).join(', ')}`,
    );
    return undefined;
  }
  if (typeof via !== 'string' || !Object.hasOwn(transportSchemas, via)) {
    if (via !== undefined && via !== 'api') note([...path, 'via'], choice(via, transports));
    else noteFeed(feed, path, note);
    return undefined;
  }
  if (via === 'websocket' && known) {
    value['url'] ??= usualUrl[feed];
    if (value['url'] === undefined) delete value['url'];
    if (!webSocketFeeds.includes(feed)) note([...path, 'via'], `${feed} does not come over a WebSocket`);
  }
  return pick(transportSchemas, checkSource, via, value);
}

function noteFeed(feed: unknown, path: DocumentPath, note: Note): void {
  if (feed === undefined) {
    note([...path, 'feed'], 'is required and missing');
    return;
  }
  const problem = checkSource['stdin']?.({ id: 'x', via: 'stdin', feed }).find(
    (one) => one.path[0] === 'feed',
  );
  note([...path, 'feed'], problem?.message ?? 'is required and missing');
}

function prepareAction(entry: Record<string, unknown>, path: DocumentPath, note: Note): Prepared {
  return prepareKind(entry, path, note, actionSchemas, checkAction);
}

function prepareSilence(entry: Record<string, unknown>, path: DocumentPath, note: Note): Prepared {
  return prepareKind(entry, path, note, silenceSchemas, checkSilence);
}

function prepareSink(entry: Record<string, unknown>, path: DocumentPath, note: Note): Prepared {
  return prepareKind(entry, path, note, sinkSchemas, checkSink);
}

function prepareKind(
  entry: Record<string, unknown>,
  path: DocumentPath,
  note: Note,
  schemas: Readonly<Record<string, object>>,
  checks: Readonly<Record<string, ReturnType<typeof createSchemaCheck>>>,
): Prepared {
  const kind = entry['kind'];
  if (typeof kind === 'string' && Object.hasOwn(schemas, kind)) return pick(schemas, checks, kind, entry);
  const kinds = Object.keys(schemas);
  note([...path, 'kind'], kind === undefined ? `is required: ${kinds.join(', ')}` : choice(kind, kinds));
  return undefined;
}

function pick(
  schemas: Readonly<Record<string, object>>,
  checks: Readonly<Record<string, ReturnType<typeof createSchemaCheck>>>,
  name: string,
  value: unknown,
): Prepared {
  const schema = schemas[name];
  const check = checks[name];
  return schema === undefined || check === undefined ? undefined : { schema, check, value };
}

function noteSources(sources: readonly (SourceConfig | undefined)[], note: Note): void {
  let stdin = false;
  sources.forEach((source, at) => {
    if (source === undefined) return;
    const path = ['sources', at];
    const needsNone = sharedFeeds.includes(source.feed) || inventoryFeeds.includes(source.feed);
    if (source.tenant === undefined && !needsNone)
      note([...path, 'tenant'], `is required: only ${sharedFeeds.join(', ')} are shared by all tenants`);
    if (source.via === 'stdin') {
      if (stdin) note(path, 'standard input can have only one source');
      stdin = true;
    }
    if (isWitnessSource(source))
      for (const problem of witnessProblems(source)) note([...path, ...problem.path], problem.message);
    if (source.via === 'webhook') noteSignature(source, path, note);
    if (source.via === 'webhook' || source.via === 'syslog') noteMapping(source, [...path, 'mapping'], note);
    if (source.via === 'syslog')
      source.from.forEach((network, n) => {
        if (!isNetwork(network)) note([...path, 'from', n], `must be a network such as 10.0.0.0/8`);
      });
  });
}

function noteSignature(
  source: Extract<SourceConfig, { via: 'webhook' }>,
  path: DocumentPath,
  note: Note,
): void {
  const { signature } = source;
  const place = [...path, 'signature'];
  const isToken = signature.scheme === 'google-jwt';
  for (const key of ['audience', 'email'] as const)
    if (isToken && signature[key] === undefined) note([...place, key], 'is required for google-jwt');
  if (signature.scheme !== 'none' && !isToken && signature.secret === undefined)
    note([...place, 'secret'], `is required for ${signature.scheme}: {file: PATH} or {env: NAME}`);
  if (signature.scheme === 'hmac' && signature.header === undefined)
    note([...place, 'header'], 'is required for hmac: the header that carries the signature');
  if (signature.scheme === 'none' && source.path_secret === undefined)
    note(
      path,
      'has neither a signature nor a path_secret: anyone who reaches the port can send hints',
      'warning',
    );
}

const mappable = [
  ...Object.keys(CanonicalEventSchema.properties),
  ...webhookGroupFields,
  'id',
  'event_types',
];

function noteMapping(
  source: Extract<SourceConfig, { via: 'webhook' | 'syslog' }>,
  path: DocumentPath,
  note: Note,
): void {
  if (source.mapping === undefined) return;
  if (source.feed !== 'webhook')
    note(path, `is only for feed webhook; ${source.feed} has a format of its own`);
  for (const [field, rule] of Object.entries(source.mapping)) {
    const near = nearestWord(field, mappable);
    const hint = near === undefined ? '' : `; did you mean ${quoted(near)}?`;
    if (!mappable.includes(field)) note([...path, field], `is no field of the canonical event${hint}`);
    else if (typeof rule === 'string' && rule !== '' && !rule.startsWith('/'))
      note(
        [...path, field],
        `must be a JSON pointer such as "/object/name" (RFC 6901), found ${quoted(rule)}`,
      );
  }
}
