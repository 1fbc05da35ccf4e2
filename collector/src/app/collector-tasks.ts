/** What a collector does side by side until it is told to stop, and how one failing part stops all. */
import type { Intake } from '../contract/component.ts';
import type { Outbox } from '../8-sink/outbox.ts';
import { applyRetention } from '../log/retention.ts';
import { isDiskFull } from '../log/space.ts';
import { saveSourceCursors, type SourceCursors } from '../log/source-cursors.ts';
import type { EmbeddedHost } from '../host/embedded-host.ts';
import type { CollectorEngine } from './collector-engine.ts';
import type { CollectorOptions } from './collector.ts';
import { appendControl, type ControlFollower } from './control-entries.ts';
import { TaskGroup } from './task-group.ts';

const tickMs = 1000;
const retentionEveryMs = 60_000;

/** Parts that run. */
export interface TaskParts {
  readonly options: CollectorOptions;
  readonly engine: CollectorEngine<EmbeddedHost>;
  readonly intake: Intake;
  readonly outboxes: readonly Outbox[];
  readonly follower: ControlFollower;
  readonly cursors: SourceCursors;
  /** True while intake is held because too much waits for the watermark. */
  readonly isEngineFull: () => boolean;
}

/** Runs everything until `signal` aborts; calls `open` when intake is open. Rejects with the first failure of a part. */
export async function runTasks(parts: TaskParts, signal: AbortSignal, open: () => void): Promise<void> {
  const { options, engine, intake, outboxes, follower } = parts;
  const group = new TaskGroup(options.around, signal);
  group.addFeeds(outboxes, options.sources, intake);
  group.add('the watch over inventory and rules', follower.follow(group.signal));
  group.add('the clock', ticks(parts, group.signal));
  group.add('retention', trim(parts, group.signal));
  group.add('the watch over the disk', watchLog(parts, group.signal));
  open();
  group.add('the engine', engine.host.run(group.signal));
  await group.ended(options.sinks);
}

/** Virtual time passes in the log even when nothing happens, and silence becomes an entry of its own. */
async function ticks(
  { options, engine, intake, isEngineFull }: TaskParts,
  signal: AbortSignal,
): Promise<void> {
  const { around, stores } = options;
  const source = {
    tenant: '*',
    id: 'collector',
    feed: 'collector',
    kind: 'pipeline',
    intervalMs: tickMs,
  } as const;
  let wasFull = false;
  while (!signal.aborted) {
    await around.sleep(tickMs, signal);
    const isFull = isEngineFull();
    if (isFull && !wasFull)
      around.log(
        'warn',
        'as much waits for stragglers as memory may hold (engine.waiting_mb): intake answers 503 and pollers pause until the watermark has passed it',
        { waiting: engine.host.engine.waiting },
      );
    if (wasFull && !isFull) around.log('info', 'intake takes records again');
    wasFull = isFull;
    if (around.nowMs() - engine.host.engine.nowMs >= tickMs) intake.heartbeat(source);
    for (const silence of engine.watch.newlySilent(around.nowMs()))
      // A full disk is reported by the log itself; the silence will still be there at the next tick.
      await appendControl(stores.log, 'silent', silence, around.nowMs()).catch(() =>
        engine.watch.forget(silence),
      );
  }
}

/** Deletes what retention allows and nobody needs. */
async function trim({ options, engine, outboxes, cursors }: TaskParts, signal: AbortSignal): Promise<void> {
  const { around, stores, retention } = options;
  while (!signal.aborted) {
    await around.sleep(retentionEveryMs, signal);
    await stores.checkpoints.whenClosed();
    try {
      saveSourceCursors(stores.checkpoints, stores.log, cursors);
    } catch (error) {
      // Positions still stand in the log; without a copy outside of it nothing may be deleted.
      if (!isDiskFull(error)) throw error;
      continue;
    }
    await applyRetention(stores.log, retention, [engine.host.checkpointPosition], around.nowMs());
    const readers = outboxes.map((outbox) => stores.signals.position(outbox.stats().sink));
    const holds = readers.length === 0 ? [stores.signals.end] : readers;
    await applyRetention(stores.signalSegments, retention, holds, around.nowMs());
  }
}

/** Says when the disk is full and when it is not any more; stops the process when the disk has failed. */
function watchLog({ options }: TaskParts, signal: AbortSignal): Promise<void> {
  const { around, stores } = options;
  return new Promise((resolve, reject) => {
    const stops = [stores.log, stores.signalSegments].map((log) =>
      log.onState((state) => {
        if (state === 'full')
          around.log('error', 'the disk is full: intake answers 503 and pollers pause until there is space');
        if (state === 'open') around.log('info', 'the log can be written again');
        if (state === 'failed')
          reject(log.fault ?? new Error('the disk failed; check the device, then start again'));
      }),
    );
    const finish = (): void => {
      for (const stop of stops) stop();
      resolve();
    };
    // Told to stop while it caught up: the event is over already.
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish, { once: true });
  });
}
