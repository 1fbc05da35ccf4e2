/**
 * The program beside what one would write in an afternoon (idiomatic-normaliser.ts, a Map of objects, JSON.stringify): CPU time, rounds
 * interleaved. `ratio` is the rate of the program over that of the baseline: above 1 the program is cheaper.
 */
import { hash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import type { Normaliser } from '../../collector/src/contract/normaliser.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { canonicalJson } from '../../collector/src/leaf/canonical-json.ts';
import { benchCollector, benchDirectory } from './bench-collector.ts';
import { benchKinds, benchRecords, type BenchKind } from './bench-records.ts';
import { cpuMs, interleaved, type Figure } from './figure.ts';
import { idiomaticEvent } from './idiomatic-normaliser.ts';
import { decideAll } from './pipeline.ts';

const context = { sha256: (data: string | Uint8Array) => hash('sha256', data, 'hex') };
const domains = 10_000;
const warmUpRounds = 3;
const recordsOfRound = 10_000;
const commitRecords = 256;
const startMs = Date.UTC(2026, 0, 1);
/** Small records are where an idiomatic program loses most. */
const goals: Readonly<Record<BenchKind, number>> = { zonestream: 2.5, dnsimple: 2.5, okta: 1.3 };

function normaliseAll(normaliser: Normaliser, records: readonly RawRecord[]): number {
  const started = cpuMs();
  for (const record of records)
    if (!normaliseRecord(record, normaliser, record.receivedAtMs, context).ok) throw new Error('refused');
  return cpuMs() - started;
}

function idiomaticAll(kind: BenchKind, records: readonly RawRecord[]): number {
  const started = cpuMs();
  for (const record of records) idiomaticEvent(kind, record);
  return cpuMs() - started;
}

/** Both make the same events, or nothing is measured. */
function compareOutputs(kind: BenchKind, normaliser: Normaliser, records: readonly RawRecord[]): void {
  for (const record of records) {
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, context);
    const ours = outcome.ok ? canonicalJson(outcome.value.events[0]) : outcome.failure.message;
    if (ours !== canonicalJson(idiomaticEvent(kind, record)))
      throw new Error(`${kind}: the baseline makes another event`);
  }
}

/** Normalisation of one kind beside the idiomatic one, equal events. */
export async function idiomaticNormaliseFigure(kind: BenchKind, rounds: number): Promise<Figure> {
  const normaliser = normaliserFor(kind) as Normaliser;
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const records = benchRecords(kind, recordsOfRound, startMs, domains, round * recordsOfRound);
    if (round === 0) compareOutputs(kind, normaliser, records);
    const floor = idiomaticAll(kind, records);
    const value = normaliseAll(normaliser, records);
    if (round < warmUpRounds) continue;
    floors.push((1000 * floor) / recordsOfRound);
    values.push((1000 * value) / recordsOfRound);
  }
  const note = 'floor: zod, Date, createHash; equal events';
  return await Promise.resolve(
    interleaved(`idiomatic.normalise.${kind}`, 'cpu us/record', values, floors, goals[kind], note),
  );
}

interface Seen {
  changes: number[];
  addresses: Set<string>;
  actors: Set<string>;
}

/** Raw lines durable, events normalised, counted per domain and person in objects, three predicates asked, events written as JSON. */
async function idiomaticPipeline(directory: string, known: ReadonlySet<string>) {
  const log = await open(join(directory, 'raw.ndjson'), 'a');
  const out = await open(join(directory, 'events.ndjson'), 'a');
  const state = new Map<string, Seen>();
  let alerts = 0;
  const judge = (event: Record<string, unknown>): void => {
    const key = String(event['domain'] ?? event['actor_id']);
    const seen = state.get(key) ?? { changes: [], addresses: new Set(), actors: new Set() };
    state.set(key, seen);
    const atMs = Date.parse(String(event['timestamp']));
    seen.changes = [...seen.changes.filter((each) => each > atMs - 3_600_000), atMs];
    if (typeof event['source_ip'] === 'string') seen.addresses.add(event['source_ip']);
    seen.actors.add(String(event['actor_id']));
    const type = String(event['event_type']);
    const rules = [
      type === 'registrar.transfer.requested' && seen.changes.length > 1,
      type === 'registrar.domain.nameservers_changed' && seen.actors.size > 1,
      type === 'dns.record.updated' && seen.changes.length > 50,
    ];
    if (rules.includes(true)) alerts += 1;
  };
  return {
    alerts: () => alerts,
    async decide(kind: BenchKind, records: readonly RawRecord[]): Promise<number> {
      const started = cpuMs();
      for (let i = 0; i < records.length; i += commitRecords) {
        const part = records.slice(i, i + commitRecords);
        await log.appendFile(part.map(({ bytes }) => `${Buffer.from(bytes).toString('utf8')}\n`).join(''));
        await log.datasync();
        const events = part.map((record) => idiomaticEvent(kind, record));
        const ours = events.filter((event) => event['tenant'] !== '*' || known.has(String(event['domain'])));
        for (const event of ours) judge(event);
        await out.appendFile(ours.map((event) => `${JSON.stringify(event)}\n`).join(''));
      }
      return cpuMs() - started;
    },
    async close() {
      await log.close();
      await out.close();
    },
  };
}

async function pipelineFigure(kind: BenchKind, rounds: number): Promise<Figure> {
  const made = await benchCollector(domains, true);
  const directory = await benchDirectory();
  const known = new Set(Array.from({ length: domains }, (_, i) => `brand-${i.toString(36)}.example`));
  const baseline = await idiomaticPipeline(directory, known);
  const values: number[] = [];
  const floors: number[] = [];
  for (let round = 0; round < warmUpRounds + rounds; round++) {
    const records = benchRecords(kind, recordsOfRound / 2, startMs, domains, (round * recordsOfRound) / 2);
    const floor = await baseline.decide(kind, records);
    const value = await decideAll(records, made);
    if (round < warmUpRounds) continue;
    floors.push((1000 * floor) / records.length);
    values.push((1000 * value) / records.length);
  }
  await baseline.close();
  await made.close();
  await rm(directory, { recursive: true });
  const note =
    'floor: same log, same events, counters in objects, three predicates; no ledger, score, lookalikes or case';
  return interleaved(`idiomatic.pipeline.${kind}`, 'cpu us/record', values, floors, goals[kind], note);
}

/** Normalisation with equal output, and the whole way, where the baseline does far less. */
export async function* idiomaticFigures(rounds: number): AsyncGenerator<Figure> {
  for (const kind of benchKinds) yield await idiomaticNormaliseFigure(kind, rounds);
  for (const kind of benchKinds) yield await pipelineFigure(kind, rounds);
}
