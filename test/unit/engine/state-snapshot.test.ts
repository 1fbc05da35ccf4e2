/** Snapshots of sealed state: only what changed, as it was when the snapshot began, whatever changes while it is taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SealedState, type StateText } from '../../../collector/src/engine/sealed-state.ts';
import { TimerQueue } from '../../../collector/src/engine/timer-queue.ts';

function stateByValue(): SealedState {
  const state = new SealedState();
  state.trackNames();
  return state;
}

function takeAll(state: SealedState, chars = Infinity): StateText[] {
  const rows: StateText[] = [];
  for (let part = state.takeRows(chars); part !== undefined; part = state.takeRows(chars)) rows.push(...part);
  return rows;
}

const long = 'x'.repeat(100);

test('by value: a changed value is one row, a removed one says so, nothing else is written', () => {
  const state = stateByValue();
  for (let i = 0; i < 1_000; i++) state.view('acme').put(`mem:${i}`, { i, long });
  state.beginSnapshot();
  assert.equal(takeAll(state, 1_000).length, 1_000);

  state.view('acme').edit<{ i: number }>('mem:7', () => ({ i: 0 })).i = 70;
  state.view('acme').delete('mem:8');
  state.write('acme', 'mem:9', { i: 90 });
  state.beginSnapshot();
  assert.deepEqual(takeAll(state), [
    { key: 'acme', name: 'mem:7', text: JSON.stringify({ i: 70, long }) },
    { key: 'acme', name: 'mem:8', text: undefined },
    { key: 'acme', name: 'mem:9', text: '{"i":90}' },
  ]);
  state.beginSnapshot();
  assert.deepEqual(takeAll(state), []);
});

test('values restored one by one are the key they were; a key restored whole can be asked for again by value', () => {
  const state = stateByValue();
  state.restoreText('acme', undefined, '{"a":1,"b":{"long":[2]}}');
  state.restoreText('acme', 'c', '3');
  assert.deepEqual(Object.fromEntries(state.entries('acme')), { a: 1, b: { long: [2] }, c: 3 });
  state.beginSnapshot();
  assert.deepEqual(takeAll(state), []);
  state.touchAll('acme');
  state.beginSnapshot();
  assert.equal(takeAll(state).length, 3);
});

test('a key with nothing left is gone, and its row with it', () => {
  const state = new SealedState();
  state.write('acme|a.example', 'facts', { list: [] });
  state.beginSnapshot();
  assert.equal(takeAll(state).length, 1);
  state.remove('acme|a.example', 'facts');
  assert.deepEqual(state.keys(), []);
  state.beginSnapshot();
  assert.deepEqual(takeAll(state), [{ key: 'acme|a.example', text: undefined }]);
});

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c'),
  name: fc.constantFrom('one', 'two', '__proto__'),
  what: fc.oneof(fc.constant('delete'), fc.constant('edit'), fc.constant('read'), fc.nat(9)),
});

/** Applies a change to the state and to what it should be. */
function apply(
  state: SealedState,
  model: Map<string, Map<string, unknown>>,
  { key, name, what }: { key: string; name: string; what: string | number },
): void {
  const view = state.view(key);
  const names = model.get(key) ?? new Map<string, unknown>();
  const known = names.get(name) as { list: unknown[] } | undefined;
  assert.deepEqual(view.get(name), known, `${key}/${name} as it should be`);
  if (what === 'read') return;
  model.set(key, names);
  if (what === 'delete') {
    view.delete(name);
    names.delete(name);
  } else if (what === 'edit') {
    view.edit<{ list: unknown[] }>(name, () => ({ list: [] })).list.push(long);
    names.set(name, { list: [...(known?.list ?? []), long] });
  } else {
    view.put(name, { list: [what] });
    names.set(name, { list: [what] });
  }
  if (names.size === 0) model.delete(key);
}

function contentOf(state: SealedState): unknown {
  return Object.fromEntries(state.keys().map((key) => [key, new Map(state.entries(key))]));
}

for (const byName of [false, true])
  test(`a snapshot taken in parts is the state at its beginning, ${byName ? 'by value' : 'by key'}`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(change), fc.array(change)), { maxLength: 6 }), (rounds) => {
        const state = byName ? stateByValue() : new SealedState();
        const model = new Map<string, Map<string, unknown>>();
        const stored = new Map<string, StateText>();
        for (const [before, during] of rounds) {
          for (const each of before) apply(state, model, each);
          const expected = Object.fromEntries([...model].map(([key, names]) => [key, new Map(names)]));
          state.beginSnapshot();
          const meanwhile = [...during];
          for (let part = state.takeRows(60); part !== undefined; part = state.takeRows(60)) {
            for (const row of part) {
              if (row.text === undefined) stored.delete(`${row.key}\0${row.name ?? ''}`);
              else stored.set(`${row.key}\0${row.name ?? ''}`, row);
            }
            const next = meanwhile.shift();
            if (next !== undefined) apply(state, model, next);
          }
          const back = byName ? stateByValue() : new SealedState();
          for (const { key, name, text } of stored.values()) back.restoreText(key, name, text ?? '');
          assert.deepEqual(contentOf(back), expected);
          for (const each of meanwhile) apply(state, model, each);
        }
        assert.deepEqual(
          contentOf(state),
          Object.fromEntries([...model].map(([key, names]) => [key, new Map(names)])),
        );
      }),
      { numRuns: 300 },
    );
  });

test('timers are rows too: what fires or is set while the snapshot is taken is not in it', () => {
  const timers = new TimerQueue();
  timers.trackRows();
  timers.set('acme|a', 'prune', 100);
  timers.set('acme|b', 'prune', 200);
  timers.rows?.freeze();
  assert.equal(timers.take(150)?.key, 'acme|a');
  timers.set('acme|b', 'prune', 900);
  timers.set('acme|c', 'prune', 300);
  const rows = timers.rows?.take(Infinity) ?? [];
  assert.deepEqual(
    rows.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['acme|a\0prune', '100'],
      ['acme|b\0prune', '200'],
    ],
  );
  const back = new TimerQueue();
  for (const [id, text] of rows) back.restoreRow(id, text ?? '');
  assert.deepEqual(
    back.all().map(({ key, name, atMs }) => `${key} ${name} ${atMs}`),
    ['acme|a prune 100', 'acme|b prune 200'],
  );
  timers.rows?.freeze();
  assert.deepEqual(
    new Map(timers.rows?.take(Infinity)),
    new Map([
      ['acme|a\0prune', undefined],
      ['acme|b\0prune', '900'],
      ['acme|c\0prune', '300'],
    ]),
  );
});
