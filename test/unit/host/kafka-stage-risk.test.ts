import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { KafkaMessage, KafkaRecord } from '../../../collector/src/contract/kafka.ts';
import type { ControlScore } from '../../../collector/src/contract/score.ts';
import { StagePartitionTask, type ScoreParts } from '../../../collector/src/host/kafka/partition-task.ts';
import { StageTask } from '../../../collector/src/host/kafka/stage-task.ts';
import { partitionOf, stageTopic, type StageLayout } from '../../../collector/src/host/kafka/stage-topics.ts';
import { parityInput, parityParts } from '../../kafka/parity-input.ts';

const parts = await parityParts();
const partitions = 8;
const layout: StageLayout = { prefix: 'r', partitions, operators: parts.operators(), writers: ['w'] };

let risk: number | null = 40;
const scores: ScoreParts = {
  scoreOf: (_state, _cases, tenant, domain) =>
    ({
      tenant,
      domain,
      score: 70,
      coverage: 1,
      risk: null,
      risk_detail: null,
      components: [],
      as_of: '2026-03-01T00:00:00Z',
    }) as unknown as ControlScore,
  riskOf: () => ({ risk, risk_detail: null }),
};

function taskOf(stage: string, partition: number): StagePartitionTask {
  const index = layout.operators.findIndex(({ name }) => name === stage);
  return new StagePartitionTask(layout, new StageTask(layout, parts.tables, index, partition), scores);
}

function recordOf(value: unknown): KafkaRecord {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { offset: 0, timestampMs: 0, key: null, value: Buffer.from(text), headers: [] };
}

function settled(task: StagePartitionTask): KafkaMessage[] {
  const outputs: KafkaMessage[] = [];
  task.settle(outputs, []);
  return outputs;
}

function saidScores(messages: readonly KafkaMessage[]): ControlScore[] {
  return messages
    .filter(({ topic }) => topic === 'r.scores')
    .map(({ value }) => JSON.parse(String(value)) as ControlScore);
}

test('the score of a domain has the risk that the holder of its tenant’s cases tells, over a take-over too', () => {
  const message = parityInput(parts, 200, 1)
    .batches.flatMap(({ messages }) => messages)
    .find((one) => one.kind === 'event' && one.event.domain !== undefined);
  assert.ok(message?.kind === 'event');
  const { tenant, domain = '' } = message.event as CanonicalEvent;
  const judge = taskOf('case', partitionOf(tenant, partitions));
  const holder = taskOf('domain', partitionOf(`${tenant}|${domain}`, partitions));

  judge.take(recordOf({ from: '0', preview: message }));
  const told = settled(judge).filter(({ topic }) => topic === stageTopic(layout, holder.task.stage));
  assert.equal(told.length, 1);
  assert.equal(told[0]?.partition, holder.partition, 'it goes to whoever holds the domain');
  holder.take(recordOf(String(told[0]?.value)));
  assert.deepEqual(
    saidScores(settled(holder)).map((score) => [score.domain, score.score, score.risk]),
    [[domain, 70, 40]],
  );
  assert.deepEqual(saidScores(settled(holder)), [], 'said once');

  const next = taskOf('domain', holder.partition);
  next.restore(holder.checkpoint('code'));
  next.take(recordOf({ from: '0', preview: message }));
  assert.deepEqual(
    saidScores(settled(next)).map((score) => score.risk),
    [40],
    'whoever takes over knows it from the checkpoint',
  );

  const again = taskOf('case', judge.partition);
  again.restore(judge.checkpoint('code'));
  again.take(recordOf({ from: '0', preview: message }));
  assert.equal(
    settled(again).some(({ topic }) => topic === stageTopic(layout, holder.task.stage)),
    false,
    'what has not changed is not told again',
  );
  risk = null;
  again.take(recordOf({ from: '0', preview: { ...message, id: 'another' } }));
  const gone = settled(again).find(({ topic }) => topic === stageTopic(layout, holder.task.stage));
  next.take(recordOf(String(gone?.value)));
  assert.deepEqual(
    saidScores(settled(next)).map((score) => score.risk),
    [null],
    'a risk that is over goes away',
  );
});

test('a source that falls silent or speaks again: the scores of its tenant are looked at again where its domains are held', () => {
  const atMs = Date.UTC(2026, 2, 1);
  const own = (tenant: string, partition: number): string[] =>
    parts.tables.inventory
      .latest()
      .domains(tenant)
      .map(({ domain }) => domain)
      .filter((domain) => partitionOf(`${tenant}|${domain}`, partitions) === partition)
      .sort();
  let isAlive = true;
  const alert: ScoreParts = {
    ...scores,
    scoreOf: (...args) => ({ ...scores.scoreOf(...args), coverage: isAlive ? 1 : 0.5 }) as ControlScore,
  };
  const index = layout.operators.findIndex(({ name }) => name === 'domain');
  const holder = new StagePartitionTask(layout, new StageTask(layout, parts.tables, index, 3), alert);
  const note = { tenant: 'acme', kind: 'registrar_audit', source: 's', intervalMs: 60_000, seenFromMs: 0 };
  const said = (alive: boolean, afterMs: number): ControlScore[] => {
    isAlive = alive;
    holder.take(recordOf({ from: '0', note: { ...note, alive, atMs: atMs + afterMs } }));
    return saidScores(settled(holder));
  };
  said(true, 0);
  assert.ok(own('acme', 3).length > 10);
  for (const [alive, afterMs, coverage] of [
    [false, 60_000, 0.5],
    [true, 120_000, 1],
  ] as const) {
    const told = said(alive, afterMs);
    assert.deepEqual(
      told.map(({ domain }) => domain).sort(),
      own('acme', 3),
      'its own domains of that tenant',
    );
    assert.ok(told.every((score) => score.coverage === coverage));
  }
  assert.deepEqual(said(true, 180_000), [], 'a note that changes nothing owes nothing');
});
