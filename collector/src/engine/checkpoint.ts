/**
 * Everything an engine must remember to continue as if it had never stopped: sealed state, timers, what was said, and
 * which messages wait. The waiting messages themselves come again from the log.
 */
import type { Engine } from './engine.ts';
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
  readonly timers: Readonly<Record<string, readonly Timer[]>>;
  readonly said: ReturnType<Engine['publication']['snapshot']>;
  readonly publicIds: ReturnType<Engine['publication']['publicIds']>;
}

/** One value of a key, for operators that track names: `undefined` when it was removed. */
export type ValueRow = readonly [operator: string, key: string, name: string, value: unknown];

/** Values that changed since the last call, of the operators that track names. */
export function valueRows(engine: Engine): ValueRow[] {
  return engine.operators.flatMap(({ operator, state }) =>
    state
      .takeDirtyNames()
      .map(([key, name]): ValueRow => [operator.name, key, name, state.valueOf(key, name)]),
  );
}

/** State rows of the keys that changed since the last call; all keys when `everything` is true. Operators that track
 * names are left out then (`valueRows`). */
export function stateRows(engine: Engine, everything: boolean): StateRow[] {
  return engine.operators.flatMap((sealed) => {
    if (!everything && sealed.state.tracksNames) return [];
    const dirty = sealed.state.takeDirty();
    const keys = everything ? sealed.state.keys() : dirty;
    return keys.map((key) => ({
      operator: sealed.operator.name,
      key,
      values: Object.fromEntries(sealed.state.entries(key)),
    }));
  });
}

/** The small part of a checkpoint. */
export function checkpointMeta(engine: Engine): CheckpointMeta {
  const finite = (timeMs: number): number | null => (Number.isFinite(timeMs) ? timeMs : null);
  return {
    watermarkMs: finite(engine.watermarkMs),
    nowMs: finite(engine.nowMs),
    waiting: engine.waitingMessages().map(({ kind, id }) => `${kind}/${id}`),
    timers: Object.fromEntries(engine.operators.map(({ operator, timers }) => [operator.name, timers.all()])),
    said: engine.publication.snapshot(),
    publicIds: engine.publication.publicIds(),
  };
}

/** Puts a checkpoint into a fresh engine with the same operators. */
export function restoreCheckpoint(engine: Engine, meta: CheckpointMeta, rows: Iterable<StateRow>): void {
  const byName = new Map(engine.operators.map((sealed) => [sealed.operator.name, sealed]));
  for (const { operator, key, values } of rows)
    byName.get(operator)?.state.restore(key, Object.entries(values));
  for (const [operator, timers] of Object.entries(meta.timers))
    for (const { key, name, atMs } of timers) byName.get(operator)?.timers.set(key, name, atMs);
  engine.publication.restore(meta.said);
  engine.publication.restorePublicIds(meta.publicIds);
  engine.resume(meta.watermarkMs ?? -Infinity, meta.nowMs ?? -Infinity, meta.waiting);
}
