/**
 * Everything an engine must remember to continue as if it had never stopped: sealed state, timers, what was said, and
 * which messages wait. The waiting messages themselves come again from the log.
 */
import type { Engine } from './engine.ts';
import type { Published } from './statement.ts';
import type { Timer } from './timer-queue.ts';

/** State of one key of one operator: names and plain JSON values. */
export interface StateRow {
  readonly operator: string;
  readonly key: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Small part of a checkpoint, written whole every time. */
export interface CheckpointMeta {
  readonly watermarkMs: number | null;
  readonly nowMs: number | null;
  /** `kind/id` of the messages that wait. */
  readonly waiting: readonly string[];
  readonly publicIds: ReturnType<Engine['publication']['publicIds']>;
  /** Timers by operator; absent where they are rows. */
  readonly timers?: Readonly<Record<string, readonly Timer[]>>;
  /** What was said; absent where it is rows. */
  readonly said?: ReturnType<Engine['publication']['snapshot']>;
  /** Absent in checkpoints of older versions. */
  readonly overtaken?: readonly Published[];
}

/** State rows of all keys. */
export function stateRows(engine: Engine): StateRow[] {
  return engine.operators.flatMap(({ operator, state }) =>
    state.keys().map((key) => ({
      operator: operator.name,
      key,
      values: Object.fromEntries(state.entries(key)),
    })),
  );
}

function finite(timeMs: number): number | null {
  return Number.isFinite(timeMs) ? timeMs : null;
}

/** The small part of a checkpoint whose timers and statements are rows; `waiting`: ids of the messages that wait. */
export function rowMeta(engine: Engine, waiting: readonly string[]): CheckpointMeta {
  return {
    watermarkMs: finite(engine.watermarkMs),
    nowMs: finite(engine.nowMs),
    waiting,
    publicIds: engine.publication.publicIds(),
    overtaken: engine.publication.overtaken(),
  };
}

/** Everything of a checkpoint but state and seen ids. */
export function checkpointMeta(engine: Engine): CheckpointMeta {
  return {
    ...rowMeta(
      engine,
      engine.waitingMessages().map(({ kind, id }) => `${kind}/${id}`),
    ),
    timers: Object.fromEntries(engine.operators.map(({ operator, timers }) => [operator.name, timers.all()])),
    said: engine.publication.snapshot(),
  };
}

/** Puts a checkpoint into a fresh engine with the same operators. */
export function restoreCheckpoint(engine: Engine, meta: CheckpointMeta, rows: Iterable<StateRow>): void {
  const byName = new Map(engine.operators.map((sealed) => [sealed.operator.name, sealed]));
  for (const { operator, key, values } of rows)
    byName.get(operator)?.state.restore(key, Object.entries(values));
  for (const [operator, timers] of Object.entries(meta.timers ?? {}))
    for (const { key, name, atMs } of timers) byName.get(operator)?.timers.set(key, name, atMs);
  engine.publication.restore(meta.said ?? []);
  engine.publication.restorePublicIds(meta.publicIds);
  engine.publication.restoreOvertaken(meta.overtaken ?? []);
  engine.resume(meta.watermarkMs ?? -Infinity, meta.nowMs ?? -Infinity, meta.waiting);
}
