/** Input of `zonewarden replay --entries CONFIG`: a part of the entries topic of an engine on Kafka. */
import { loadConfig } from '../app/config-file.ts';
import { problemLine } from '../app/document-problem.ts';
import { inventoryFromFile } from '../app/documents.ts';
import { readEntries, type EntriesRange } from '../app/entries-replay.ts';
import { kafkaConnectionOf } from '../app/kafka-parts.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Intent, Inventory } from '../contract/inventory.ts';
import type { Detector } from '../contract/step.ts';
import { entriesTopic } from '../host/kafka/entry-task.ts';
import { parseInstant } from '../leaf/time.ts';
import { createKafkaClient } from '../log/kafka-client.ts';
import type { CommandIo } from './command-io.ts';
import { misuse } from './command-line.ts';

/** Options as given on the command line. */
export interface EntriesOptions {
  readonly entries: string;
  readonly from?: string;
  readonly to?: string;
  readonly offset: readonly string[];
  /** Inventory file; absent: the one of the configuration. */
  readonly inventory?: string;
}

/** What a replay takes. */
export interface EntriesInput {
  readonly inventory: Inventory;
  readonly events: readonly CanonicalEvent[];
  readonly intents: readonly Intent[];
  /** Entries that gave nothing, each named on standard error. */
  readonly rejected: number;
}

function timeOf(name: string, text: string): number {
  const at = parseInstant(text);
  if (at === undefined)
    throw misuse('replay', `--${name} takes a time like 2026-05-01T00:00:00Z, not ${text}`);
  return at.ms;
}

function rangeOf({ from, to, offset }: EntriesOptions): EntriesRange {
  const offsets = new Map<number, number>();
  for (const text of offset) {
    const found = /^(\d{1,3}):(\d{1,15})$/.exec(text);
    if (found === null) throw misuse('replay', `--offset takes PARTITION:OFFSET like 3:120000, not ${text}`);
    offsets.set(Number(found[1]), Number(found[2]));
  }
  if (offsets.size > 0 && from !== undefined)
    throw misuse('replay', '--from and --offset exclude each other');
  return {
    ...(from === undefined ? {} : { fromMs: timeOf('from', from) }),
    ...(to === undefined ? {} : { toMs: timeOf('to', to) }),
    offsets,
  };
}

/** Reads the range; throws UnusableInput when there is no such topic, configuration or range. */
export async function entriesInput(
  options: EntriesOptions,
  detector: Detector,
  io: CommandIo,
): Promise<EntriesInput> {
  const path = options.entries;
  const range = rangeOf(options);
  const loaded = await loadConfig(path, { env: process.env, workingDirectory: process.cwd() });
  if (!loaded.ok) throw new UnusableInput(loaded.problems.map(problemLine));
  const { engine, inventory: configured } = loaded.config;
  if (engine.host !== 'kafka') throw new UnusableInput([`${path}: its engine is not on Kafka`]);
  const inventoryPath = options.inventory ?? configured;
  if (inventoryPath === undefined)
    throw misuse('replay', `--inventory FILE is missing, and ${path} names none`);
  const inventory = await inventoryFromFile(inventoryPath);
  const client = createKafkaClient(kafkaConnectionOf({ ...engine, id: 'replay' }));
  try {
    const read = await readEntries(client, engine.prefix, range, { inventory, detector });
    if (!read.ok) throw new UnusableInput([`zonewarden replay: ${read.failure.message}`]);
    const { events, intents, rejected, entries, directives, missing } = read.value;
    const topic = entriesTopic(engine.prefix);
    for (const [partition, count] of missing)
      io.stderr.write(`${topic}/${partition}: ${count} entries asked for are no longer kept\n`);
    for (const { partition, offset, message } of rejected)
      io.stderr.write(`${topic}/${partition}:${offset}: ${message}\n`);
    if (directives > 0)
      io.stderr.write(`${topic}: ${directives} words of people (suppressions, cases) are not replayed\n`);
    io.stdout.write(`${entries} entries of ${topic}: ${events.length} events, ${intents.length} approvals\n`);
    return { inventory, events, intents, rejected: rejected.length + missing.size };
  } finally {
    await client.close();
  }
}
