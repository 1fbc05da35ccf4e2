/**
 * `zonewarden replay`: canonical events, or a part of the entries topic of an engine on Kafka, through enrich ... case in
 * virtual time, byte-stable results.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventoryFromFile, intentsFromFile } from '../app/documents.ts';
import { detectorFrom, shippedRulesPath } from '../app/rule-files.ts';
import { NetworkDatabases } from '../app/network-databases.ts';
import { replayParts } from '../app/replay-parts.ts';
import { isFinding } from '../contract/finding.ts';
import type { Case } from '../contract/case.ts';
import type { Detector } from '../contract/step.ts';
import { replayDifference, type ComparedResult, type ReplayDifference } from '../host/replay-difference.ts';
import { runReplay, type ReplayResult } from '../host/replay-run.ts';
import { caseKeeper } from '../app/case-keeper.ts';
import { readControlScore } from '../5-feature/index.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';
import { entriesInput, type EntriesInput } from './entries-input.ts';
import { readEventFile, type EventFile, type RejectedLine } from './event-file.ts';

const none: EventFile = { events: [], rejected: [] };

function ndjson(rows: readonly unknown[]): string {
  return rows.map((row) => `${canonicalJson(row)}\n`).join('');
}

function parse(argv: readonly string[]) {
  return commandLine('replay', {
    args: [...argv],
    options: {
      events: { type: 'string' },
      entries: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      offset: { type: 'string', multiple: true, default: [] },
      inventory: { type: 'string' },
      intents: { type: 'string' },
      warmup: { type: 'string' },
      rules: { type: 'string' },
      out: { type: 'string' },
      against: { type: 'string' },
      network: { type: 'string', multiple: true, default: [] },
    },
  }).values;
}

async function ndjsonFile(path: string): Promise<unknown[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UnusableInput([`${path}: ${(error as Error).message}`]);
  }
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw new UnusableInput([`${path}:${index + 1}: is not JSON`]);
      }
    });
}

/** An earlier result of this command. */
async function earlierResult(folder: string): Promise<ComparedResult> {
  const findings = await ndjsonFile(join(folder, 'findings.ndjson'));
  const wrong = findings.findIndex((row) => !isFinding(row));
  if (wrong >= 0) throw new UnusableInput([`${folder}/findings.ndjson:${wrong + 1}: is not a finding`]);
  return {
    findings: findings.filter(isFinding),
    cases: (await ndjsonFile(join(folder, 'cases.ndjson'))) as Case[],
  };
}

/**
 * The command; see cli contract. It notifies nobody. With `--entries CONFIG` the events come from the `entries` topic of the
 * engine that the configuration puts on Kafka, from `--from TIME` or `--offset PARTITION:OFFSET` on, and are kept as events.ndjson. With `--against` the difference from an earlier result is printed and
 * written to difference.json. Exit 1 when event lines had to be left out (each named on standard error).
 */
export async function replay(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = parse(argv);
  const { out } = options;
  if (out === undefined) throw misuse('replay', '--out DIR is missing');
  const earlier = options.against === undefined ? undefined : await earlierResult(options.against);
  const intents = options.intents === undefined ? [] : await intentsFromFile(options.intents);
  const { detector } = await detectorFrom([options.rules ?? shippedRulesPath()]);
  const warmup = options.warmup === undefined ? none : await readEventFile(options.warmup);
  const warmupRejected = told(warmup.rejected, io);
  const live = await inputOf(options, detector, io);
  const { inventory, events } = live;
  const rejected = live.rejected + warmupRejected;
  const network = new NetworkDatabases(options.network, {
    sleep: () => Promise.resolve(),
    log: (_level, message) => io.stderr.write(`${message}\n`),
  });
  await network.refresh();
  const result = runReplay({
    parts: replayParts(inventory, detector, network.view),
    inventory,
    intents: [...intents, ...live.intents],
    warmup: warmup.events,
    events,
    readScore: readControlScore,
    riskOf: (state, tenant, domain, context) => caseKeeper().riskOf(state, tenant, domain, context),
  });
  const difference = earlier === undefined ? undefined : replayDifference(earlier, result);
  await writeResult(out, result, rejected, difference);
  if (options.entries !== undefined) await writeFile(join(out, 'events.ndjson'), ndjson(events));
  if (difference !== undefined) io.stdout.write(`${canonicalJson(difference)}\n`);
  return rejected === 0 ? exitCodes.held : exitCodes.fellShort;
}

/** Events and inventory of a file, or of a topic. */
async function inputOf(
  options: ReturnType<typeof parse>,
  detector: Detector,
  io: CommandIo,
): Promise<EntriesInput> {
  const { events: eventsPath, entries, inventory: inventoryPath } = options;
  if (entries !== undefined) {
    if (eventsPath !== undefined) throw misuse('replay', '--events and --entries exclude each other');
    return entriesInput({ ...options, entries }, detector, io);
  }
  if (eventsPath === undefined) throw misuse('replay', '--events FILE is missing');
  if (inventoryPath === undefined) throw misuse('replay', '--inventory FILE is missing');
  if (options.from !== undefined || options.to !== undefined || options.offset.length > 0)
    throw misuse('replay', '--from, --to and --offset go with --entries');
  const inventory = await inventoryFromFile(inventoryPath);
  const { events, rejected } = await readEventFile(eventsPath);
  return { inventory, events, intents: [], rejected: told(rejected, io) };
}

function told(rejected: readonly RejectedLine[], io: CommandIo): number {
  for (const { file, line, problems } of rejected)
    io.stderr.write(`${file}:${line}: ${problems.join('; ')}\n`);
  return rejected.length;
}

async function writeResult(
  out: string,
  result: ReplayResult,
  rejected: number,
  difference: ReplayDifference | undefined,
): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'findings.ndjson'), ndjson(result.findings));
    await writeFile(join(out, 'cases.ndjson'), ndjson(result.cases));
    await writeFile(join(out, 'scores.ndjson'), ndjson(result.scores));
    await writeFile(join(out, 'summary.json'), `${canonicalJson({ ...result.summary, rejected })}\n`);
    if (difference !== undefined)
      await writeFile(join(out, 'difference.json'), `${canonicalJson(difference)}\n`);
  } catch (error) {
    throw new UnusableInput([`${out}: cannot be written: ${(error as Error).message}`]);
  }
}
