import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Message } from '../../../collector/src/contract/step.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import { stampOrder } from '../../../collector/src/engine/order-time.ts';
import { canonicalJson } from '../../../collector/src/leaf/canonical-json.ts';
import { chooser, Results, runPartitioned, type Packet } from '../../replay/partitioned-run.ts';
import { toyEvent, toyOperators, toyTables } from './toy-operators.ts';

const latenessMs = 600_000;
const startMs = Date.UTC(2026, 0, 1);
const types = [
  'registrar.domain.lock_disabled',
  'registrar.domain.transfer_requested',
  'registrar.domain.nameservers_changed',
  'dns.record.updated',
];

/** Log of messages with duplicates and stragglers: [message, ingest time], ingest never going back. */
function log(seed: number, count: number): { message: Message; ingestMs: number }[] {
  const choose = chooser(seed);
  const entries: { message: Message; ingestMs: number }[] = [];
  let ingestMs = startMs;
  for (let i = 0; i < count; i++) {
    ingestMs += choose.below(20_000);
    const delayMs = choose.below(100) < 4 ? choose.below(3 * latenessMs) : choose.below(60_000);
    const tenant = `t${choose.below(2)}`;
    const domain = `d${choose.below(6)}.example`;
    const eventMs = choose.below(200) === 0 ? ingestMs + 10 ** 12 : ingestMs - delayMs;
    const type = types[choose.below(types.length)] as string;
    const stamp = stampOrder(eventMs, ingestMs, latenessMs);
    const event = toyEvent(tenant, domain, eventMs, type, `s${choose.below(30)}`);
    const message: Message = {
      kind: 'event',
      timeMs: stamp.timeMs,
      id: event.event_id,
      tenant,
      ingestMs,
      event,
      ...(stamp.late ? { late: true } : {}),
    };
    entries.push({ message, ingestMs });
    if (choose.below(50) === 0) entries.push({ message, ingestMs });
    if (choose.below(40) === 0) {
      const id = `CHG-${i}`;
      const valid = { valid_from: event.timestamp, valid_until: event.timestamp };
      const intent = {
        id,
        tenant,
        ...valid,
        changes: [{ domain, action: 'delegation' as const, new: ['x'] }],
      };
      entries.push({ message: { kind: 'intent', timeMs: ingestMs, id, tenant, ingestMs, intent }, ingestMs });
    }
  }
  return entries;
}

interface Outcome {
  findings: string;
  cases: string;
  state: string;
}

function outcome(results: Results, state: Map<string, unknown>): Outcome {
  const sorted = (map: Map<string, unknown>): string =>
    canonicalJson([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { findings: sorted(results.findings), cases: sorted(results.cases), state: sorted(state) };
}

function embedded(entries: ReturnType<typeof log>, batchSeed: number, preliminary: boolean): Outcome {
  const engine = new Engine({ operators: toyOperators(), tables: toyTables(), preliminary });
  const results = new Results();
  engine.onSealedFinding = (finding) => results.finding(finding);
  engine.onSealedCase = (changed) => results.caseChanged(changed);
  const choose = chooser(batchSeed);
  for (let i = 0; i < entries.length;) {
    const batch = entries.slice(i, i + 1 + choose.below(batchSeed === 0 ? 1 : 40));
    i += batch.length;
    engine.accept(
      batch.map(({ message }) => message),
      batch.at(-1)?.ingestMs ?? startMs,
    );
  }
  engine.finish(endMs(entries));
  return outcome(results, stateOf(engine));
}

function stateOf(engine: Engine): Map<string, unknown> {
  const state = new Map<string, unknown>();
  for (const sealed of engine.operators)
    for (const key of sealed.state.keys())
      state.set(`${sealed.operator.name}/${key}`, Object.fromEntries(sealed.state.entries(key)));
  return state;
}

function endMs(entries: ReturnType<typeof log>): number {
  return (entries.at(-1)?.ingestMs ?? startMs) + 10 ** 7;
}

function partitioned(entries: ReturnType<typeof log>, partitions: number, seed: number, crashes: number) {
  const packets: Packet[] = [];
  for (const { message, ingestMs } of entries) {
    packets.push({ message });
    packets.push({ watermarkMs: ingestMs - latenessMs });
  }
  packets.push({ watermarkMs: endMs(entries) });
  const run = { operators: toyOperators(), tables: toyTables(), partitions, seed, crashes };
  const { results, state, crashes: happened } = runPartitioned(packets, run);
  return { ...outcome(results, state), happened };
}

test('sealed results do not depend on batches or on the preliminary lane', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 99 }), (seed, batchSeed) => {
      const entries = log(seed, 150);
      const one = embedded(entries, 0, false);
      assert.deepEqual(embedded(entries, batchSeed, false), one);
      assert.deepEqual(embedded(entries, batchSeed, true), one);
    }),
    { numRuns: 25 },
  );
});

test('order of arrival inside the lateness bound does not matter', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (seed, shuffleSeed) => {
      const entries = log(seed, 120).filter(({ message }) => message.late !== true);
      const choose = chooser(shuffleSeed);
      // The same messages under the same stamps, delivered up to five minutes apart from their turn.
      const delayed = entries
        .map((entry) => ({ entry, atMs: entry.ingestMs + choose.below(300_000) }))
        .sort((a, b) => a.atMs - b.atMs)
        .map(({ entry, atMs }) => ({
          message: entry.message,
          ingestMs: Math.min(atMs, entry.message.timeMs + latenessMs),
        }));
      let nowMs = startMs;
      const monotone = delayed.map(({ message, ingestMs }) => ({
        message,
        ingestMs: (nowMs = Math.max(nowMs, ingestMs)),
      }));
      const inTime = monotone.every(({ message, ingestMs }) => message.timeMs >= ingestMs - latenessMs);
      fc.pre(inTime);
      assert.deepEqual(embedded(monotone, 7, true), embedded(entries, 0, false));
    }),
    { numRuns: 25 },
  );
});

for (const partitions of [2, 4, 8, 16]) {
  test(`${partitions} partitions with crashes give the bytes of one process`, () => {
    for (let seed = 1; seed <= 6; seed++) {
      const entries = log(seed, 200);
      const one = embedded(entries, 0, true);
      assert.ok(one.findings.length > 1000, 'the log must raise findings');
      const { happened, ...many } = partitioned(entries, partitions, seed * 31, 8);
      assert.ok(happened > 0, 'crashes must happen');
      assert.deepEqual(many, one);
    }
  });
}

test('mutation check: without stamped order the parity test fails', () => {
  let differences = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const entries = log(seed, 200);
    const arrival = entries.map(({ message, ingestMs }, i) => ({
      message: { ...message, timeMs: ingestMs, id: String(i).padStart(6, '0') },
      ingestMs,
    }));
    const shuffled = [...arrival].reverse().map(({ message }, i) => ({
      message: { ...message, timeMs: arrival[i]?.message.timeMs ?? 0, id: String(i).padStart(6, '0') },
      ingestMs: arrival[i]?.ingestMs ?? 0,
    }));
    if (embedded(arrival, 0, false).findings !== embedded(shuffled, 0, false).findings) differences++;
  }
  assert.equal(differences, 6);
});
