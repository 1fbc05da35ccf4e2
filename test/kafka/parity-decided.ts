/** What a run decided, in a form that can be compared byte for byte, and the run everything is compared with. */
import { createHash } from 'node:crypto';
import type { Case } from '../../collector/src/contract/case.ts';
import type { Finding } from '../../collector/src/contract/finding.ts';
import { Engine } from '../../collector/src/engine/engine.ts';
import type { TaskCheckpoint } from '../../collector/src/host/kafka/stage-task.ts';
import { canonicalJson } from '../../collector/src/leaf/canonical-json.ts';
import { Results } from '../replay/partitioned-run.ts';
import { parityParts, type ParityEdit, type ParityInput, type ParityParts } from './parity-input.ts';

/** What a run decided: findings and cases by id as canonical JSON, and a digest of the state of each operator. */
export interface Decided {
  readonly findings: ReadonlyMap<string, string>;
  readonly cases: ReadonlyMap<string, string>;
  readonly state: ReadonlyMap<string, string>;
}

/** What was decided, without how often it was said and whether it was said early. */
function contentOf(item: Finding | Case): string {
  const { revision: _, preliminary: __, ...content } = item as Finding;
  return canonicalJson(content);
}

/** Puts results and state into comparable form. */
export function decided(
  results: Results,
  state: Iterable<readonly [operator: string, key: string, values: unknown]>,
): Decided {
  const texts = (items: ReadonlyMap<string, Finding | Case>): Map<string, string> =>
    new Map([...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, item]) => [id, contentOf(item)]));
  const rows = new Map<string, string[]>();
  for (const [operator, key, values] of state)
    rows.set(operator, [...(rows.get(operator) ?? []), `${key} ${canonicalJson(values)}`]);
  const digests = [...rows].map(([operator, list]): [string, string] => {
    const text = list.sort().join('\n');
    return [operator, `${list.length} keys ${createHash('sha256').update(text).digest('hex')}`];
  });
  return { findings: texts(results.findings), cases: texts(results.cases), state: new Map(digests) };
}

/** The run everything is compared with: one process, no Kafka. */
export async function runEmbedded(input: ParityInput): Promise<Decided> {
  const parts = await parityParts();
  const engine = new Engine({ operators: parts.operators(), tables: parts.tables, preliminary: false });
  const results = new Results();
  engine.onSealedFinding = (finding) => results.finding(finding);
  engine.onSealedCase = (changed) => results.caseChanged(changed);
  let edit = 0;
  for (const { messages, ingestMs } of input.batches) {
    for (; (input.edits[edit]?.atMs ?? Infinity) <= ingestMs; edit++)
      takeEdit(parts, input.edits[edit] as ParityEdit);
    engine.accept(messages, ingestMs);
  }
  engine.finish(input.endMs);
  const state = engine.operators.flatMap(({ operator, state: kept }) =>
    kept.keys().map((key) => [operator.name, key, Object.fromEntries(kept.entries(key))] as const),
  );
  return decided(results, state);
}

/** What one task remembers of what it said: the part of its checkpoint that names need. */
export type SaidByTask = Pick<TaskCheckpoint, 'said' | 'publicIds'>;

/**
 * What stands at the end of a run with previews, under the engine's own names: everything the sealed lane decided, as it
 * was published last. Throws when something that was said early and never decided has not been taken back.
 */
export function settled(results: Results, tasks: readonly SaidByTask[]): Results {
  const engineIds = new Map(
    tasks.flatMap(({ publicIds }) => publicIds.map(([caseId, publicId]) => [publicId, caseId] as const)),
  );
  const isSealed = new Set(
    tasks.flatMap(({ said }) => said.flatMap(([id, , , , sealed]) => (sealed === true ? [id] : []))),
  );
  const left = new Results();
  for (const finding of results.findings.values())
    if (isSealed.has(`f/${finding.finding_id}`)) left.finding(named(finding, engineIds));
    else if (finding.state !== 'retracted')
      throw new Error(`finding ${finding.finding_id} was said early and never taken back`);
  for (const found of results.cases.values())
    if (isSealed.has(`c/${found.case_id}`)) left.caseChanged(named(found, engineIds));
    else if (found.state !== 'closed' && found.state !== 'merged')
      throw new Error(`case ${found.case_id} was said early and never taken back`);
  return left;
}

/** The same under the engine's names; all in one pass, since the id one case is known by can be the engine's own name of another. */
function named<T>(item: T, engineIds: ReadonlyMap<string, string>): T {
  if (engineIds.size === 0) return item;
  const ids = new RegExp([...engineIds.keys()].join('|'), 'g');
  return JSON.parse(JSON.stringify(item).replace(ids, (id) => engineIds.get(id) ?? id)) as T;
}

/** Takes an edit over into the tables of an engine. */
export function takeEdit({ tables, inventoryOf, useRules }: ParityParts, edit: ParityEdit): void {
  if (edit.type === 'note') {
    const { tenant, kind, source, atMs, alive, intervalMs, seenFromMs } = edit.note;
    tables.sources.note(tenant, kind, source, atMs, alive, intervalMs, -1, seenFromMs);
  } else if (edit.type === 'inventory') tables.inventory.add(edit.atMs, inventoryOf(edit.body));
  else useRules(edit.body, edit.atMs);
}
