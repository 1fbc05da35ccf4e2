/** `zonewarden backfill`: what a year of history teaches, taken into a running or a stopped collector. It notifies nobody. */
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
import { commandLine, misuse } from './command-line.ts';
import { SortedTexts } from '../log/sorted-texts.ts';
import { eachEvent, isRejected } from './event-file.ts';
import { recordsOf } from './normalise.ts';
import { rawPieces } from './raw-pieces.ts';

/** A request to the API holds at most 64 KiB; the rows of a lesson stay well below. */
const charactersMax = 40 * 1024;
const progressEveryMs = 5_000;

function parse(argv: readonly string[]) {
  return commandLine('backfill', {
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
}

/** History as read: events of the past in order of time, and how many others there were. */
interface History {
  readonly past: SortedTexts;
  future: number;
  rejected: number;
}

/** Says on standard error how far it is, every few seconds. */
class Progress {
  readonly #io: CommandIo;
  #toldMs = Date.now();

  constructor(io: CommandIo) {
    this.#io = io;
  }

  tell(words: () => string): void {
    const nowMs = Date.now();
    if (nowMs - this.#toldMs < progressEveryMs) return;
    this.#toldMs = nowMs;
    this.#io.stderr.write(`${words()}\n`);
  }
}

function keep(history: History, event: CanonicalEvent, nowMs: number): void {
  const timeMs = instantMs(event.timestamp);
  if (timeMs > nowMs) history.future++;
  else history.past.add(timeMs, event.event_id, JSON.stringify(event));
}

async function readRaw(
  path: string,
  source: SourceName,
  tenant: string,
  nowMs: number,
  history: History,
  io: CommandIo,
  tell: () => void,
): Promise<void> {
  const normaliser = normaliserFor(source);
  if (normaliser === undefined)
    throw misuse('backfill', `--from ${source}: this version has no normaliser for it`);
  const options = { source, normaliser, tenant, receivedAtMs: nowMs };
  const refuse = (place: string, message: string): void => {
    history.rejected++;
    io.stderr.write(`${path}: ${place}: ${message}\n`);
  };
  let before = 0;
  for await (const piece of rawPieces(path)) {
    if ('problem' in piece) {
      refuse(`after record ${before - 1}`, piece.problem);
      continue;
    }
    let last = -1;
    for (const { index, events } of await recordsOf(piece.name, piece.bytes, options)) {
      last = index;
      if (events.ok) for (const event of events.value) keep(history, event, nowMs);
      else
        refuse(
          `record ${before + index}${events.failure.path === '' ? '' : ` ${events.failure.path}`}`,
          events.failure.message,
        );
    }
    before += last + 1;
    tell();
  }
}

async function readHistory(
  paths: readonly string[],
  from: string,
  tenant: string,
  nowMs: number,
  history: History,
  io: CommandIo,
): Promise<void> {
  const progress = new Progress(io);
  for (const [number, path] of paths.entries()) {
    const howFar = (): string => `read ${history.past.size} events, file ${number + 1} of ${paths.length}`;
    progress.tell(howFar);
    if (isSourceName(from)) {
      await readRaw(path, from, tenant, nowMs, history, io, () => progress.tell(howFar));
      continue;
    }
    for await (const read of eachEvent(path)) {
      if (isRejected(read)) {
        history.rejected++;
        io.stderr.write(`${read.file}:${read.line}: ${read.problems.join('; ')}\n`);
      } else keep(history, read, nowMs);
      progress.tell(howFar);
    }
  }
}

function* eventsIn(past: SortedTexts): Generator<CanonicalEvent> {
  for (const text of past.inOrder()) yield JSON.parse(text) as CanonicalEvent;
}

function tenantOf(inventory: Inventory, wanted: string | undefined): string {
  const ids = [...new Set((inventory.domains ?? []).map(({ tenant }) => tenant))];
  if (wanted !== undefined) {
    if (!ids.includes(wanted))
      throw misuse('backfill', `--tenant ${wanted}: the inventory has no domain of it`);
    return wanted;
  }
  const [only, ...others] = ids;
  if (only === undefined) throw misuse('backfill', 'the inventory names no domain');
  if (others.length > 0)
    throw misuse('backfill', `--tenant is needed: the inventory has ${ids.sort().join(', ')}`);
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
 * The command. History is sorted on disk, played by itself in the order in which it happened, and only baselines (counts,
 * habits, usual values, known keys) go into the collector. Exit 1 when records had to be left out, each named on standard
 * error.
 */
export async function backfill(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values: options, positionals: paths } = parse(argv);
  const { from, data, url, 'dry-run': dry } = options;
  if (paths.length === 0) throw misuse('backfill', 'at least one FILE is needed');
  if (from !== 'events' && !isSourceName(from))
    throw misuse('backfill', `--from must be events (canonical events) or one of ${sourceNames.join(' ')}`);
  if (options.inventory === undefined)
    throw misuse('backfill', '--inventory FILE is missing: it says which names are ours');
  if ([data !== undefined, url !== undefined, dry].filter(Boolean).length !== 1)
    throw misuse(
      'backfill',
      'exactly one of --data DIR (stopped collector), --url URL (running one) and --dry-run is needed',
    );
  const nowMs = Date.now();
  const inventory = await inventoryFromFile(options.inventory);
  const tenant = tenantOf(inventory, options.tenant);
  const network = new NetworkDatabases(options.network, {
    sleep: () => Promise.resolve(),
    log: (_level, message) => io.stderr.write(`${message}\n`),
  });
  await network.refresh();
  const { detector } = await detectorFrom([]);
  const history: History = { past: new SortedTexts(), future: 0, rejected: 0 };
  let result: HistoryResult;
  try {
    await readHistory(paths, from, tenant, nowMs, history, io);
    const progress = new Progress(io);
    const { size } = history.past;
    result = runHistory({
      ...replayParts(inventory, detector, network.view),
      events: eventsIn(history.past),
      learnedRows,
      charactersMax,
      onPlayed: (events, upToMs) =>
        progress.tell(
          () => `played ${events} of ${size} events, up to ${formatInstant(upToMs).slice(0, 10)}`,
        ),
    });
  } finally {
    history.past.close();
  }
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
  io.stdout.write(sentence(result, history.future, done));
  return history.rejected === 0 ? exitCodes.held : exitCodes.fellShort;
}
