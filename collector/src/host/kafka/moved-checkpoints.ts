/**
 * The state of an embedded engine in the form of first checkpoints of an engine on Kafka: whoever owns a partition begins
 * with what one process knew about its keys. Everything below the watermark is decided, what waits is handed over as it is.
 */
import type { Published, SaidRow } from '../../engine/statement.ts';
import type { Engine } from '../../engine/engine.ts';
import type { SourceDirectory } from '../../engine/surroundings.ts';
import type { SilenceSnapshot } from '../silent-sources.ts';
import type { EntryCheckpoint } from './entry-task.ts';
import type { TaskCheckpoint } from './stage-task.ts';
import { edgesInto, ownersOf, partitionOf, type StageLayout } from './stage-topics.ts';

/** What an embedded collector knows when it has read its log to the end. */
export interface MovedState {
  readonly engine: Engine;
  readonly sources: ReturnType<SourceDirectory['snapshot']>;
  readonly silences: SilenceSnapshot;
  /** Ingest time of the newest entry, epoch ms; -Infinity: there was none. */
  readonly clockMs: number;
  readonly codeDigest: string;
  /** Tenant of `f/<finding id>` or `c/<case id>`; undefined when it is not known any more. */
  readonly tenantOf: (saidId: string) => string | undefined;
}

/** A checkpoint and the task it belongs to; its offset is 0, so the topics must be empty. */
export interface MovedCheckpoint {
  readonly name: string;
  readonly text: string;
}

function orNull(timeMs: number): number | null {
  return Number.isFinite(timeMs) ? timeMs : null;
}

function tenantIn(statement: Published): string {
  return statement.kind === 'case' ? statement.case.tenant : statement.finding.tenant;
}

/** Every checkpoint, one after the other, because each may be large. */
export function* movedCheckpoints(layout: StageLayout, moved: MovedState): Generator<MovedCheckpoint> {
  for (let partition = 0; partition < layout.partitions; partition++) {
    yield { name: `entries-${partition}`, text: entryText(layout, moved) };
    for (const [stage, { name }] of layout.operators.entries())
      yield { name: `${name}-${partition}`, text: stageText(layout, moved, stage, partition) };
  }
}

function entryText(
  { partitions }: StageLayout,
  { codeDigest, clockMs, sources, silences }: MovedState,
): string {
  return JSON.stringify({
    codeDigest,
    partitions,
    offset: 0,
    clockMs: orNull(clockMs),
    control: 0,
    sources,
    silences,
  } satisfies EntryCheckpoint);
}

function stageText(layout: StageLayout, moved: MovedState, stage: number, partition: number): string {
  const { engine, codeDigest, sources } = moved;
  const { partitions } = layout;
  const sealed = engine.operators[stage];
  if (sealed === undefined) throw new Error(`the engine has no stage ${stage}`);
  const isOurs = (key: string): boolean => partitionOf(key, partitions) === partition;
  const isFirst = stage === 0;
  const speaks = stage + 1 === layout.operators.length;
  const edges = Number.isFinite(engine.watermarkMs) ? edgesInto(layout, stage) : [];
  const { publication } = engine;
  const ofOurs = (statements: readonly Published[]): readonly Published[] =>
    speaks ? statements.filter((statement) => isOurs(tenantIn(statement))) : [];
  return JSON.stringify({
    codeDigest,
    partitions,
    offset: 0,
    watermarkMs: orNull(engine.watermarkMs),
    watermarks: Object.fromEntries(edges.map((edge) => [edge, engine.watermarkMs])),
    waiting: isFirst
      ? engine.waitingMessages().filter((message) => ownersOf(layout, stage, message).some(isOurs))
      : [],
    seen: isFirst
      ? engine.seen.all().map(({ day, bytes }) => [day, Buffer.from(bytes).toString('base64')] as const)
      : [],
    state: sealed.state
      .keys()
      .filter(isOurs)
      .map((key) => [key, [...sealed.state.entries(key)]] as const),
    timers: sealed.timers.all().filter(({ key }) => isOurs(key)),
    control: 0,
    sources,
    previews: [],
    said: speaks ? publication.snapshot().filter((row) => isOwnWord(row, moved, isOurs)) : [],
    publicIds: speaks ? publication.publicIds() : [],
    unsettled: ofOurs(publication.unsettled()),
    overtaken: ofOurs(publication.standing()),
  } satisfies TaskCheckpoint);
}

/** A word whose tenant nobody knows any more is remembered everywhere: it only keeps revisions rising. */
function isOwnWord([id]: SaidRow, { tenantOf }: MovedState, isOurs: (key: string) => boolean): boolean {
  const tenant = tenantOf(id);
  return tenant === undefined || isOurs(tenant);
}
