/** Checkpoints of an operator whose key holds very many values write the values that changed, and only those. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  restoreCheckpoint,
  checkpointMeta,
  stateRows,
  valueRows,
} from '../../../collector/src/engine/checkpoint.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import { toyOperators, toyTables } from './toy-operators.ts';

function engineByValue(): Engine {
  const engine = new Engine({ operators: toyOperators(), tables: toyTables(), preliminary: false });
  for (const { operator, state } of engine.operators) if (operator.name === 'case') state.trackNames();
  return engine;
}

function caseState(engine: Engine) {
  const found = engine.operators.find(({ operator }) => operator.name === 'case');
  assert.ok(found);
  return found.state;
}

test('a changed value is one row, a removed one says so, nothing else is written', () => {
  const engine = engineByValue();
  const state = caseState(engine);
  for (let i = 0; i < 1_000; i++) state.view('acme').put(`mem:${i}`, { i });
  assert.equal(valueRows(engine).length, 1_000);
  assert.deepEqual(stateRows(engine, false), []);

  state.view('acme').edit<{ i: number }>('mem:7', () => ({ i: 0 })).i = 70;
  state.view('acme').delete('mem:8');
  state.write('acme', 'mem:9', { i: 90 });
  assert.deepEqual(valueRows(engine), [
    ['case', 'acme', 'mem:7', { i: 70 }],
    ['case', 'acme', 'mem:8', undefined],
    ['case', 'acme', 'mem:9', { i: 90 }],
  ]);
  assert.deepEqual(valueRows(engine), []);
});

test('values restored one by one are the key they were; a key restored whole can be asked for again by value', () => {
  const engine = engineByValue();
  restoreCheckpoint(engine, checkpointMeta(engine), [
    { operator: 'case', key: 'acme', values: { a: 1, b: 2 } },
    { operator: 'case', key: 'acme', values: { c: 3 } },
  ]);
  assert.deepEqual(Object.fromEntries(caseState(engine).entries('acme')), { a: 1, b: 2, c: 3 });
  assert.deepEqual(valueRows(engine), []);
  caseState(engine).touchAll('acme');
  assert.equal(valueRows(engine).length, 3);
});
