/** Two owners of one task read the same records in other portions: whoever listens keeps the highest revision of an id. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../../collector/src/contract/step.ts';
import type { Published } from '../../../collector/src/engine/statement.ts';
import { StageTask } from '../../../collector/src/host/kafka/stage-task.ts';
import type { StageLayout, StagePacket } from '../../../collector/src/host/kafka/stage-topics.ts';
import { settledWords } from '../../kafka/task-words.ts';
import { draftOf, toyEvent, toyOperators, toyTables } from '../engine/toy-operators.ts';

const startMs = Date.UTC(2026, 0, 1);
const layout: StageLayout = { prefix: 'o', partitions: 1, operators: toyOperators(), writers: ['w'] };

function found(n: number): Message {
  const timeMs = startMs + n * 1_000;
  const event = toyEvent('t0', 'a.example', timeMs, 'registrar.domain.lock_disabled', `f${n}`);
  const draft = draftOf(event, `rule-${n}`, 'a.example', `number ${n}`);
  return { kind: 'finding', id: draft.finding_id, tenant: 't0', timeMs, ingestMs: timeMs, draft };
}

const records: StagePacket[] = [
  ...[1, 2, 3, 4].map((n) => ({ from: '0', message: found(n) })),
  ...[1, 2, 3, 4].map((n) => ({ from: '0', watermarkMs: startMs + n * 1_000 + 500 })),
];

/** What an owner says when it reads `portions` of the records; the last stage, sealed words only. */
function said(portions: readonly number[]): Published[] {
  const task = new StageTask(layout, toyTables(), layout.operators.length - 1, 0, { preliminary: false });
  const words: Published[] = [];
  for (const count of portions) {
    for (const packet of records.slice(task.offset, task.offset + count)) task.take(packet);
    task.offset += count;
    words.push(...settledWords(task));
  }
  return words;
}

test('an owner that said much in one breath and died is overtaken by the next word of its successor', () => {
  const died = said([7]);
  const went = said([5, 1, 1, 1]);
  const revisions = (words: readonly Published[]): number[] =>
    words.flatMap((word) => (word.kind === 'case' ? [word.case.revision] : []));
  assert.equal(revisions(died).length, 3, 'the first three findings, each a word about the case');
  assert.equal(revisions(went).length, 4);
  const [last = 0] = revisions(went).slice(-1);
  assert.ok(last > Math.max(...revisions(died)), `${last} after ${revisions(died).join(', ')}`);
});
