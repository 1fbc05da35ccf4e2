/**
 * The stages of the Kafka host decide what one process decides, without a broker: previews on, edits in the stream, tasks
 * that die in the middle of writing and begin again from an older checkpoint. Schedules are told by their seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decided, runEmbedded, settled } from '../../kafka/parity-decided.ts';
import { parityInput, parityParts } from '../../kafka/parity-input.ts';
import { runStaged } from '../../kafka/staged-run.ts';
import type { TaskCheckpoint } from '../../../collector/src/host/kafka/stage-task.ts';

const events = 400;

async function compare(partitions: number, seed: number, isRestless: boolean): Promise<{ early: number }> {
  const input = parityInput(await parityParts(), events, seed, isRestless);
  const expected = await runEmbedded(input);
  const run = runStaged(await parityParts(), input, { partitions, seed, deaths: 12 });
  const tasks = run.tasks.map((task) => JSON.parse(task.checkpoint('')) as TaskCheckpoint);
  const state = tasks.flatMap((saved, at) =>
    saved.state.map(
      ([key, values]) =>
        [run.tasks[at]?.sealed.operator.name ?? '', key, Object.fromEntries(values)] as const,
    ),
  );
  const found = decided(settled(run.results, tasks), state);
  assert.ok(run.deaths > 0, 'a task died');
  assert.ok(!isRestless || (expected.findings.size > 20 && expected.cases.size > 0));
  assert.deepEqual(found.state, expected.state);
  assert.deepEqual(found.findings, expected.findings);
  assert.deepEqual(found.cases, expected.cases);
  return { early: run.early };
}

for (const partitions of [1, 2, 4, 8, 16])
  test(`a restless day on ${partitions} partitions, tasks dying: the decisions of one process`, async () => {
    const { early } = await compare(partitions, partitions, true);
    assert.ok(early > 10, 'findings were said before their time was sealed');
  });

test('a quiet month on 4 partitions: the decisions of one process', async () => {
  await compare(4, 5, false);
});
