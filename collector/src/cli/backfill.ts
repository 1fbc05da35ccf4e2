/** `zonewarden backfill`: what a year of history teaches, taken into a running or a stopped collector. It notifies nobody. */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { learnedRows } from '../5-feature/index.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import { appendControl } from '../app/control-entries.ts';
import { sha256Hex } from '../app/digest.ts';
import { inventoryFromFile } from '../app/documents.ts';
import { NetworkDatabases } from '../app/network-databases.ts';
import { replayParts } from '../app/replay-parts.ts';
import { detectorFrom } from '../app/rule-files.ts';
import { openStores } from '../app/stores.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Inventory } from '../contract/inventory.ts';
import { isSourceName, sourceNames, type SourceName } from '../contract/source-name.ts';
import { instantMs } from '../host/instant-ms.ts';
import { learnedDirective, runHistory, type HistoryResult, type Lesson } from '../host/history-run.ts';
import { formatInstant } from '../leaf/time.ts';
import { apiTarget, askApi, type ApiTarget } from './api-client.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { readEventFile } from './event-file.ts';
import { recordsOf } from './normalise.ts';

/** A request to the API holds at most 64 KiB; the rows of a lesson stay well below. */
const charactersMax = 40 * 1024;

function usage(message: string): UnusableInput {
  return new UnusableInput([`zonewarden backfill: ${message}; see "zonewarden backfill --help"`]);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        from: { type: 'string', default: 'events' },
        inventory: { type: 'string' },
        tenant: { type: 'string' },
        network: { type: 'string', multiple: true, default: [] },
        data: { type: 'string' },
        url: { type: 'string' },
        'token-file': { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw usage((error as Error).message);
  }
}

/** History as read, and how many lines or records could not be. */
interface History {
  readonly events: CanonicalEvent[];
  rejected: number;
}

async function readRaw(
  path: string,
  source: SourceName,
  tenant: string,
  nowMs: number,
  history: History,
  io: CommandIo,
): Promise<void> {
  const normaliser = normaliserFor(source);
  if (normaliser === undefined) throw usage(`--from ${source}: this version has no normaliser for it`);
  const bytes = await readFile(path).catch((error: Error) => {
    throw new UnusableInput([`${path}: cannot be read: ${error.message}`]);
  });
  const options = { source, normaliser, tenant, receivedAtMs: nowMs };
  for (const { index, events } of await recordsOf(path, bytes, options)) {
    if (events.ok) history.events.push(...events.value);
    else {
      const { path: place, message } = events.failure;
      history.rejected++;
      io.stderr.write(`${path}: record ${index}${place === '' ? '' : ` ${place}`}: ${message}\n`);
    }
  }
}

async function readHistory(
  paths: readonly string[],
  from: string,
  tenant: string,
  nowMs: number,
  io: CommandIo,
): Promise<History> {
  const history: History = { events: [], rejected: 0 };
  for (const path of paths) {
    if (isSourceName(from)) {
      await readRaw(path, from, tenant, nowMs, history, io);
      continue;
    }
    const { events, rejected } = await readEventFile(path);
    history.events.push(...events);
    history.rejected += rejected.length;
    for (const { file, line, problems } of rejected)
      io.stderr.write(`${file}:${line}: ${problems.join('; ')}\n`);
  }
  return history;
}

function tenantOf(inventory: Inventory, wanted: string | undefined): string {
  const ids = [...new Set((inventory.domains ?? []).map(({ tenant }) => tenant))];
  if (wanted !== undefined) {
    if (!ids.includes(wanted)) throw usage(`--tenant ${wanted}: the inventory has no domain of it`);
    return wanted;
  }
  const [only, ...others] = ids;
  if (only === undefined) throw usage('the inventory names no domain');
  if (others.length > 0) throw usage(`--tenant is needed: the inventory has ${ids.sort().join(', ')}`);
  return only;
}

async function teachStopped(directory: string, lessons: readonly Lesson[]): Promise<void> {
  const stores = await openStores(directory, Date.now);
  try {
    for (const lesson of lessons)
      await appendControl(
        stores.log,
        'directive',
        learnedDirective(lesson, 'system:backfill', sha256Hex),
        Date.now(),
      );
  } finally {
    await stores.close();
  }
}

async function teachRunning(target: ApiTarget, lessons: readonly Lesson[]): Promise<void> {
  for (const { tenant, scope, id, rows } of lessons) {
    const { status, detail } = await askApi(target, '/baselines', { tenant, scope, id, rows });
    if (status !== 200)
      throw new UnusableInput([
        `${target.url}: ${detail}${status === 401 || status === 403 ? ' (backfill needs the role admin)' : ''}`,
      ]);
  }
}

function sentence(result: HistoryResult, future: number, done: string): string {
  const { lessons, events, unrelated, firstMs, lastMs } = result;
  const day = (ms: number | undefined): string => (ms === undefined ? '-' : formatInstant(ms).slice(0, 10));
  const taught = (['domain', 'account', 'principal', 'organisation'] as const)
    .map((scope): [string, number] => [
      scope,
      new Set(lessons.filter((each) => each.scope === scope).map(({ tenant, id }) => `${tenant}|${id}`)).size,
    ])
    .filter(([, count]) => count > 0)
    .map(([scope, count]) => `${count} ${scope}${count === 1 ? '' : 's'}`)
    .join(', ');
  const lines = [
    `${events} events from ${day(firstMs)} to ${day(lastMs)} taught ${taught === '' ? 'nothing' : taught}; ${done}.`,
    ...(unrelated > 0 ? [`${unrelated} events concern nobody in the inventory.`] : []),
    ...(future > 0 ? [`${future} events lie in the future and were left out.`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * The command. History is read whole, played by itself in the order in which it happened, and only baselines (counts,
 * habits, usual values, known keys) go into the collector. Exit 1 when records had to be left out, each named on standard
 * error.
 */
export async function backfill(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values: options, positionals: paths } = parse(argv);
  const { from, data, url, 'dry-run': dry } = options;
  if (paths.length === 0) throw usage('at least one FILE is needed');
  if (from !== 'events' && !isSourceName(from))
    throw usage(`--from must be events (canonical events) or one of ${sourceNames.join(' ')}`);
  if (options.inventory === undefined)
    throw usage('--inventory FILE is missing: it says which names are ours');
  if ([data !== undefined, url !== undefined, dry].filter(Boolean).length !== 1)
    throw usage(
      'exactly one of --data DIR (stopped collector), --url URL (running one) and --dry-run is needed',
    );
  const nowMs = Date.now();
  const inventory = await inventoryFromFile(options.inventory);
  const tenant = tenantOf(inventory, options.tenant);
  const history = await readHistory(paths, from, tenant, nowMs, io);
  const past = history.events.filter(({ timestamp }) => instantMs(timestamp) <= nowMs);
  const network = new NetworkDatabases(options.network, {
    sleep: () => Promise.resolve(),
    log: (_level, message) => io.stderr.write(`${message}\n`),
  });
  await network.refresh();
  const { detector } = await detectorFrom([]);
  const { tables, operators, enrich } = replayParts(inventory, detector, network.view);
  const result = runHistory({ tables, operators, enrich, events: past, learnedRows, charactersMax });
  if (data !== undefined) await teachStopped(data, result.lessons);
  if (url !== undefined)
    await teachRunning(
      await apiTarget({
        url,
        ...(options['token-file'] === undefined ? {} : { 'token-file': options['token-file'] }),
      }),
      result.lessons,
    );
  const done = dry
    ? 'nothing was written (--dry-run)'
    : data === undefined
      ? 'the running collector took it over'
      : 'it counts from the next start';
  io.stdout.write(sentence(result, history.events.length - past.length, done));
  return history.rejected === 0 ? exitCodes.held : exitCodes.fellShort;
}
