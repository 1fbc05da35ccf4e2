/** Facts are shared between the generations of the preliminary lane: what one changes, going back must not see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeFacts, type ChangeFact } from '../../../collector/src/contract/ledger.ts';
import { addFact, editFact } from '../../../collector/src/4-ledger/facts.ts';
import { OverlayState, undoState } from '../../../collector/src/engine/keyed-state.ts';
import { SealedState } from '../../../collector/src/engine/sealed-state.ts';

const key = 'acme|pay.example';
const minuteMs = 60_000;

function factOf(number: number): ChangeFact {
  const atMs = number * minuteMs;
  return {
    id: `fact-${number}`,
    control: `record:host${number}.pay.example/A`,
    value: [`192.0.2.${number}`],
    atMs,
    earliestMs: atMs,
    epoch: 0,
    state: 'claimed',
    kinds: [['dns_provider_audit', 0.99]],
    ids: [`event-${number}`],
    approval: 'not_found',
  };
}

/** A lane over sealed state with facts of three changes, one generation each. */
function laneWithFacts(): OverlayState {
  const lane = new OverlayState(new SealedState());
  for (const number of [1, 2, 3]) {
    lane.begin(number);
    addFact(lane.view(key), factOf(number), number * minuteMs, false);
  }
  return lane;
}

test('a generation that is undone leaves the facts as they were, also what is nested in them', () => {
  const lane = laneWithFacts();
  const before = structuredClone(changeFacts(lane.view(key)));
  const journal = lane.begin(4);
  for (const index of [0, 2, 0]) {
    const fact = editFact(lane.view(key), index);
    assert.ok(fact);
    fact.approval = 'approved';
    fact.ids.push('another');
    fact.kinds.push(['rdap_poll', 0.8]);
    (fact.kinds[0] as [string, number])[1] = 1;
  }
  const changed = changeFacts(lane.view(key));
  assert.deepEqual(
    changed.map(({ approval, ids }) => [approval, ids.length]),
    [
      ['approved', 3],
      ['not_found', 1],
      ['approved', 2],
    ],
  );
  undoState(journal);
  assert.deepEqual(changeFacts(lane.view(key)), before);
});

test('a fact that a later one ends is ended for that generation alone', () => {
  const lane = laneWithFacts();
  const journal = lane.begin(4);
  const next = { ...factOf(4), control: factOf(1).control };
  addFact(lane.view(key), next, 4 * minuteMs, false);
  assert.equal(changeFacts(lane.view(key))[0]?.endMs, 4 * minuteMs);
  undoState(journal);
  assert.equal(changeFacts(lane.view(key))[0]?.endMs, undefined);
});

test('facts nobody changes are shared with the generation before', () => {
  const lane = laneWithFacts();
  const [first] = changeFacts(lane.view(key));
  lane.begin(4);
  editFact(lane.view(key), 2);
  lane.begin(5);
  const [second] = changeFacts(lane.view(key));
  editFact(lane.view(key), 2);
  assert.notEqual(first, undefined);
  assert.equal(changeFacts(lane.view(key))[0], second);
});
