/** Revisions of a case are kept for ten minutes, each over the one before: what did not change is there once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import { Generations, type Layer } from '../../../collector/src/engine/lane-generations.ts';
import { OverlayState } from '../../../collector/src/engine/keyed-state.ts';
import { SealedState } from '../../../collector/src/engine/sealed-state.ts';
import { Bench, event, minute, movedDelegation, start, TextState } from './keeper-harness.ts';

/** State as the preliminary lane has it, each message in a generation of its own. */
class LaneState extends TextState {
  readonly #overlay = new OverlayState(new SealedState());
  #generation = 0;

  constructor() {
    super();
    this.#overlay.begin(this.#generation);
  }

  override get<T>(name: string): T | undefined {
    return this.#overlay.view('acme').get<T>(name);
  }
  override edit<T extends object>(name: string, initial: () => T): T {
    return this.#overlay.view('acme').edit(name, initial);
  }
  override put(name: string, value: unknown): void {
    this.#overlay.view('acme').put(name, value);
  }
  override delete(name: string): void {
    this.#overlay.view('acme').delete(name);
  }
  override names(prefix = ''): string[] {
    return this.#overlay.view('acme').names(prefix);
  }
  override commit(): void {
    this.#overlay.begin(++this.#generation);
  }
}

const inventory = { domains: [{ domain: 'pay.example', tenant: 'acme', tier: 0, owner: 'payments' }] };

function laneBench(): { bench: Bench; state: LaneState } {
  const bench = new Bench(inventory);
  const state = new LaneState();
  bench.states.set('acme', state);
  return { bench, state };
}

test('a revision shares the lists that did not change, with what was said before and with the state', () => {
  const { bench, state } = laneBench();
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start), start);
  const first = bench.only();
  bench.finding(movedDelegation('pay.example', 'ns2.evil.example', start + minute), start + minute);
  const second = bench.only();
  assert.equal(second.finding_ids.length, first.finding_ids.length + 1);
  assert.equal(first.finding_ids.length, 1, 'what was said stays as it was said');
  assert.equal(second.domains, first.domains);
  assert.equal(second.detections, first.detections);
  bench.say('case.acknowledged', { case_id: second.case_id }, start + 2 * minute);
  const third = bench.only();
  assert.equal(third.state, 'acknowledged');
  assert.equal(third.finding_ids, second.finding_ids);
  assert.equal(third.finding_ids, state.get<{ findings: unknown }>(`case:${third.case_id}`)?.findings);
});

test('a time without a source that is over is one line in every revision', () => {
  const { bench } = laneBench();
  const source = { source_kind: 'rdap_poll', source_instance: 'rdap-1' } as const;
  bench.event(event({ event_type: 'pipeline.source.silent', ...source }, start), start);
  bench.event(event({ event_type: 'pipeline.source.recovered', ...source }, start + minute), start + minute);
  const blindLine = (one: Case) => one.timeline.find(({ kind }) => kind === 'blind');
  bench.finding(movedDelegation('pay.example', 'ns1.evil.example', start + minute), start + minute);
  const first = blindLine(bench.only());
  // A second silence changes the list of them.
  bench.event(
    event({ event_type: 'pipeline.source.silent', ...source }, start + 2 * minute),
    start + 2 * minute,
  );
  bench.finding(movedDelegation('pay.example', 'ns2.evil.example', start + 3 * minute), start + 3 * minute);
  assert.notEqual(first, undefined);
  assert.equal(blindLine(bench.only()), first);
});

test('of what a generation says about one id only the last is kept, where it was said last', () => {
  const generations = new Generations<string>();
  const layers: Layer[] = [];
  generations.enter(start, layers, { last: undefined, lastMs: -Infinity, closed: false });
  generations.noteStatement('c/1', undefined, 'case 1 begins');
  generations.noteStatement('f/1', undefined, 'finding');
  generations.noteStatement('c/1', 'case 1 begins', 'case 1 goes on');
  const said: string[] = [];
  assert.ok(
    generations.adopt(start + 10 * minute, layers, ({ statements }) => said.push(...statements.values())),
  );
  assert.deepEqual(said, ['finding', 'case 1 goes on']);
});
