/** Early words that are read when the watermark has long passed them: a frozen owner may say them at any time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../../collector/src/contract/case.ts';
import { StageTask } from '../../../collector/src/host/kafka/stage-task.ts';
import { ownEdge, type StageLayout } from '../../../collector/src/host/kafka/stage-topics.ts';
import type { Published } from '../../../collector/src/engine/statement.ts';
import { parityParts } from '../../kafka/parity-input.ts';
import { settledWords } from '../../kafka/task-words.ts';

test('a case that a frozen owner says after the last promise is taken back without another one', async () => {
  const parts = await parityParts();
  const layout: StageLayout = { prefix: 'l', partitions: 1, operators: parts.operators(), writers: ['w'] };
  const task = new StageTask(layout, parts.tables, layout.operators.length - 1, 0);
  const settle = (): Published[] => settledWords(task);
  task.offset = 4;
  task.take({ from: '0', watermarkMs: 1_000_000 });
  assert.deepEqual(settle(), []);
  const said = {
    case_id: 'case-early',
    tenant: 'acme',
    finding_ids: ['f1'],
    state: 'new',
    merged_into: null,
    revision: 3,
  } as unknown as Case;
  task.take({ from: ownEdge, early: [{ word: { kind: 'case', case: said }, timeMs: 500_000 }] });
  const [word] = settle();
  assert.ok(word?.kind === 'case');
  assert.deepEqual([word.case.case_id, word.case.state, word.case.revision], ['case-early', 'closed', 4_000]);
  assert.deepEqual(settle(), [], 'once');
});
