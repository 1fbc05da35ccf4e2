/** The sealed lane takes over what the preliminary lane computed in order, and only that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../../collector/src/contract/step.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import type { Operator } from '../../../collector/src/engine/operator.ts';
import type { EngineTables } from '../../../collector/src/engine/surroundings.ts';
import { toyEvent, toyOperators, toyTables } from './toy-operators.ts';

const startMs = Date.UTC(2026, 0, 1);
const hourMs = 3_600_000;

function messageAt(timeMs: number, salt: string, ingestMs = timeMs): Message {
  const event = toyEvent('t0', 'd0.example', timeMs, 'registrar.domain.lock_disabled', salt);
  return { kind: 'event', timeMs, id: event.event_id, tenant: 't0', ingestMs, event };
}

/** Operators that count how often each message is stepped. */
function counting(steps: Map<string, number>): Operator[] {
  return toyOperators().map((operator) => ({
    ...operator,
    step(state, key, message, primary, context) {
      const id = `${operator.name} ${key} ${message.kind} ${message.id}`;
      steps.set(id, (steps.get(id) ?? 0) + 1);
      return operator.step(state, key, message, primary, context);
    },
  }));
}

function stateOf(engine: Engine): unknown[] {
  return engine.operators.flatMap(({ state }) =>
    state
      .keys()
      .sort()
      .map((key) => [key, Object.fromEntries(state.entries(key))]),
  );
}

test('messages in order are stepped once, not once a lane', () => {
  const steps = new Map<string, number>();
  const engine = new Engine({ operators: counting(steps), tables: toyTables(), preliminary: true });
  for (let i = 0; i < 300; i++) {
    const message = messageAt(startMs + i * 1_000, `s${i}`);
    engine.accept([message], message.timeMs);
  }
  engine.finish(startMs + 24 * hourMs);
  assert.ok(steps.size > 1_000);
  assert.deepEqual([...new Set(steps.values())], [1]);
  assert.equal(engine.waiting, 0);
});

test('stragglers and moments that come in pieces change nothing of what is sealed', () => {
  const run = (preliminary: boolean): Engine => {
    const engine = new Engine({ operators: toyOperators(), tables: toyTables(), preliminary });
    for (let i = 0; i < 400; i++) {
      const ingestMs = startMs + i * 2_000;
      // Whole seconds, three to a moment, every seventh two minutes late.
      const timeMs = Math.floor(i / 3) * 6_000 + startMs - 10_000 - (i % 7 === 0 ? 120_000 : 0);
      engine.accept([messageAt(timeMs, `s${i % 30}-${i}`, ingestMs)], ingestMs);
    }
    engine.finish(startMs + 24 * hourMs);
    return engine;
  };
  assert.deepEqual(stateOf(run(true)), stateOf(run(false)));
});

test('a source found silent afterwards is silent for what had already run', () => {
  const witness = (tables: EngineTables): Operator => ({
    name: 'domain',
    keysOf: (message) => [`${message.tenant}|d`],
    step(state, _key, message, _primary, context) {
      const alive = context.sources.status('t0', 'rdap', context.nowMs)?.alive === true;
      const seen = state.edit('seen', () => ({ alive: 0, silent: 0 }));
      if (alive) seen.alive++;
      else seen.silent++;
      assert.equal(context.sources, tables.sources);
      return { messages: [message], timers: [], findings: [], cases: [] };
    },
    due: () => ({ messages: [], timers: [], findings: [], cases: [] }),
  });
  const run = (preliminary: boolean): unknown[] => {
    const tables = toyTables();
    tables.sources.note('t0', 'rdap', 'probe', startMs - hourMs, true, 60_000);
    const engine = new Engine({ operators: [witness(tables)], tables, preliminary });
    for (let i = 0; i < 200; i++) {
      const message = messageAt(startMs + i * 1_000, `s${i}`);
      if (i === 150) tables.sources.note('t0', 'rdap', 'probe', startMs + 100_000, false, 60_000);
      engine.accept([message], message.timeMs);
    }
    engine.finish(startMs + hourMs);
    return stateOf(engine);
  };
  assert.deepEqual(run(true), [['t0|d', { seen: { alive: 100, silent: 100 } }]]);
  assert.deepEqual(run(false), run(true));
});
