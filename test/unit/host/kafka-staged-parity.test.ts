/**
 * The stages of the Kafka host decide what one process decides, without a broker: previews on, edits in the stream, tasks
 * that die in the middle of writing and begin again from an older checkpoint. Schedules are told by their seed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decided, runEmbedded, settled, takeEdit, type Decided } from '../../kafka/parity-decided.ts';
import { parityInput, parityParts, type ParityBatch, type ParityEdit } from '../../kafka/parity-input.ts';
import { runStaged, stagedWriters, type StagedResult, type StagedRun } from '../../kafka/staged-run.ts';
import { Results } from '../../replay/partitioned-run.ts';
import { Engine } from '../../../collector/src/engine/engine.ts';
import { movedCheckpoints } from '../../../collector/src/host/kafka/moved-checkpoints.ts';
import type { TaskCheckpoint } from '../../../collector/src/host/kafka/stage-task.ts';

const events = 400;
/** About ten minutes of a restless day: what arrives is seldom sealed at once. */
const liveBatches = 3;

/** Compares what a run left, after what was `said` before it, with the run of one process. */
function assertDecided(run: StagedResult, said: Results, expected: Decided): void {
  for (const finding of run.results.findings.values()) said.finding(finding);
  for (const found of run.results.cases.values()) said.caseChanged(found);
  const tasks = run.tasks.map((task) => JSON.parse(task.checkpoint('')) as TaskCheckpoint);
  const state = tasks.flatMap((saved, at) =>
    saved.state.map(
      ([key, values]) =>
        [run.tasks[at]?.sealed.operator.name ?? '', key, Object.fromEntries(values)] as const,
    ),
  );
  const found = decided(settled(said, tasks), state);
  assert.deepEqual(found.state, expected.state);
  assert.deepEqual(found.findings, expected.findings);
  assert.deepEqual(found.cases, expected.cases);
}

async function compare(
  partitions: number,
  seed: number,
  isRestless: boolean,
  batchesPerWrite?: number,
  around: Partial<StagedRun> = {},
): Promise<{ early: number }> {
  const input = parityInput(await parityParts(), events, seed, isRestless);
  const expected = await runEmbedded(input);
  const run = runStaged(await parityParts(), input, {
    partitions,
    seed,
    deaths: 12,
    ...(batchesPerWrite !== undefined && { batchesPerWrite }),
    ...around,
  });
  assert.ok(run.deaths > 0, 'a task died');
  assert.ok(!isRestless || (expected.findings.size > 20 && expected.cases.size > 0));
  assertDecided(run, new Results(), expected);
  const ids = new Set(
    input.batches.flatMap(({ messages }) =>
      messages.flatMap((one) => (one.kind === 'event' ? [one.id] : [])),
    ),
  );
  assert.deepEqual(
    [...ids].filter((id) => !run.annotated.has(id)),
    [],
    'every event reaches the sinks',
  );
  return { early: run.early };
}

for (const partitions of [1, 2, 4, 8, 16])
  test(`a restless day on ${partitions} partitions, tasks dying: the decisions of one process`, async () => {
    const { early } = await compare(partitions, partitions, true, liveBatches);
    assert.ok(early > 10, 'findings were said before their time was sealed');
  });

for (const partitions of [4, 16])
  test(`the same day as a backlog on ${partitions} partitions: decided once, as by one process`, async () => {
    await compare(partitions, partitions, true);
  });

// 38 told one case by two ids, 43 left an early word standing that nobody could take back.
for (const seed of [38, 43, 100])
  test(`seed ${seed}: partitions away for a while, tasks taken over while their owner works on: the decisions of one process`, async () => {
    await compare([1, 2, 4][seed % 3] as number, seed, true, 20, { deaths: 6, takeOvers: 12, outages: 12 });
  });

test('a quiet month on 4 partitions: the decisions of one process', async () => {
  await compare(4, 5, false);
});

for (const partitions of [1, 4])
  test(`one process that moves to ${partitions} partitions in the middle of a restless day decides what it would have`, async () => {
    const input = parityInput(await parityParts(), events, 11, true);
    const expected = await runEmbedded(input);
    const parts = await parityParts();
    const engine = new Engine({ operators: parts.operators(), tables: parts.tables, preliminary: true });
    const said = new Results();
    const middle = Math.floor(input.batches.length / 2);
    let [edit, batch] = [0, 0];
    for (; batch < middle || engine.publication.unsettled().length === 0; batch++) {
      const { messages, ingestMs } = input.batches[batch] as ParityBatch;
      for (; (input.edits[edit]?.atMs ?? Infinity) <= ingestMs; edit++)
        takeEdit(parts, input.edits[edit] as ParityEdit);
      for (const published of engine.accept(messages, ingestMs).published)
        if (published.kind === 'finding') said.finding(published.finding);
        else said.caseChanged(published.case);
    }
    assert.ok(engine.waiting > 0, 'messages wait for the watermark');
    const tenants = new Map<string, string>([
      ...[...said.findings].map(([id, { tenant }]) => [`f/${id}`, tenant] as const),
      ...[...said.cases].map(([id, { tenant }]) => [`c/${id}`, tenant] as const),
    ]);
    const layout = { prefix: 's', partitions, writers: stagedWriters, operators: parts.operators() };
    const moved = movedCheckpoints(layout, {
      engine,
      sources: parts.tables.sources.snapshot(),
      silences: [],
      clockMs: engine.nowMs,
      codeDigest: '',
      tenantOf: (id) => tenants.get(id),
    });
    const checkpoints = new Map([...moved].map(({ name, text }) => [name, text]));
    const from = { checkpoints, batch };
    assertDecided(runStaged(parts, input, { partitions, seed: 11, deaths: 6, from }), said, expected);
  });
