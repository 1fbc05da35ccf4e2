/** Compares what two runs decided, and tells how a difference came about, short enough for a log. */
import assert from 'node:assert/strict';
import type { EarlyWord } from '../../collector/src/engine/statement.ts';
import { stageTopic } from '../../collector/src/host/kafka/stage-topics.ts';
import type { Decided } from './parity-decided.ts';
import type { KafkaRun, TopicRecord } from './parity-run.ts';

/** Fails unless findings, cases and state are the same byte for byte; says every word about what differs. */
export async function assertDecidedSame(found: Decided, expected: Decided, run: KafkaRun): Promise<void> {
  const ids = [
    ...differing(found.findings, expected.findings),
    ...differing(found.cases, expected.cases),
    ...differing(found.state, expected.state),
  ];
  if (ids.length === 0) return;
  const lines = ids.flatMap((id) => [
    id,
    ...parts(
      found.findings.get(id) ?? found.cases.get(id) ?? found.state.get(id),
      expected.findings.get(id) ?? expected.cases.get(id) ?? expected.state.get(id),
    ),
  ]);
  assert.fail(
    `other decisions than those of the embedded run\n${lines.join('\n')}\n${await words(run, ids)}`,
  );
}

function differing(found: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const ids = new Set([...found.keys(), ...expected.keys()]);
  return [...ids].filter((id) => found.get(id) !== expected.get(id));
}

function parts(found: string | undefined, expected: string | undefined): string[] {
  if (found === undefined) return ['  is missing'];
  if (expected === undefined) return ['  is one too many'];
  if (!found.startsWith('{')) return [`  found    ${found}`, `  expected ${expected}`];
  const [left, right] = [found, expected].map((text) => JSON.parse(text) as Record<string, unknown>);
  return Object.keys({ ...left, ...right }).flatMap((name) => {
    const [is, should] = [left, right].map((item) => JSON.stringify(item?.[name]) ?? 'absent');
    if (is === should) return [];
    return [
      `  ${name} found    ${(is ?? '').slice(0, 500)}`,
      `  ${name} expected ${(should ?? '').slice(0, 500)}`,
    ];
  });
}

/** Everything that was said about `ids`, and what was announced of it, in the order of each topic. */
async function words(run: KafkaRun, ids: readonly string[]): Promise<string> {
  const { prefix, operators } = run.layout;
  const about = ids.filter((id) => !operators.some(({ name }) => name === id));
  const topics = ['findings', 'cases'].map((name) => `${prefix}.${name}`);
  topics.push(stageTopic(run.layout, operators.length - 1));
  const lines: string[] = [];
  for (const topic of topics)
    for (const record of await run.records(topic)) {
      const { text } = record;
      if (topic.includes('.stage-') && !text.includes('"early"')) continue;
      if (about.some((id) => text.includes(id))) lines.push(wordLine(topic.slice(prefix.length), record));
    }
  return lines.join('\n');
}

function wordLine(topic: string, { partition, offset, text }: TopicRecord): string {
  const body = JSON.parse(text) as { readonly early?: readonly EarlyWord[] };
  const place = `${topic} ${partition}@${offset}`;
  if (body.early !== undefined) {
    const said = body.early.map(
      ({ word, timeMs }) =>
        `${new Date(timeMs).toISOString()} ${short(word.kind === 'case' ? word.case : word.finding)}`,
    );
    return `${place} about to say ${said.join(', ')}`;
  }
  return `${place} ${short(body)}`;
}

function short(body: object): string {
  const word = body as Readonly<Record<string, unknown>>;
  return JSON.stringify({
    finding: word['finding_id'],
    id: word['case_id'],
    revision: word['revision'],
    state: word['state'],
    preliminary: word['preliminary'],
    held: word['finding_ids'],
    into: word['merged_into'],
    last: word['last_seen'],
  });
}
