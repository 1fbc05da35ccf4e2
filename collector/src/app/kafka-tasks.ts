/** What a collector on Kafka does side by side until it is told to stop. */
import { applyRetention } from '../log/retention.ts';
import { deliverSignals } from '../host/kafka/signal-delivery.ts';
import type { ControlFollower } from './control-entries.ts';
import { readControlDocuments } from './control-entries.ts';
import { TaskGroup } from './task-group.ts';
import { partitionOfSource, type KafkaWiring } from './kafka-wiring.ts';

const tickMs = 1_000;
const retentionEveryMs = 60_000;
const refreshDocumentsMs = 86_400_000;

/** Runs everything until `signal` aborts; calls `open` when intake is open. Rejects with the first failure of a part. */
export async function runKafkaTasks(
  wiring: KafkaWiring,
  follower: ControlFollower,
  signal: AbortSignal,
  open: () => void,
): Promise<void> {
  const { host, options, outboxes, intake, sources, control, positions } = wiring;
  const group = new TaskGroup(options.around, signal);
  await control.catchUp(group.signal);
  // A new engine begins with the documents of whoever comes first; every other edit is the leader's.
  if (control.newestMs('inventory') === undefined || control.newestMs('rules') === undefined) {
    await follower.write(options.documents);
    await control.catchUp(group.signal);
  }
  await positions.refresh(group.signal);
  const kinds = [...new Set(options.sinks.flatMap(({ accepts }) => accepts))];
  const delivery = {
    reader: wiring.delivery,
    lease: wiring.lease,
    partitions: options.engine.partitions,
    positions,
    signals: options.stores.signals,
    kinds,
    delivered: () =>
      Math.min(...outboxes.map((outbox) => options.stores.signals.position(outbox.stats().sink))),
    around: options.around,
  };
  group.addFeeds(outboxes, sources, intake);
  group.add('the watch over inventory and rules', follower.follow(group.signal));
  group.add('the clock', ticks(wiring, group.signal));
  group.add('edits of the control topic', documents(wiring, group.signal));
  group.add('retention', trim(wiring, group.signal));
  group.add('delivery to the sinks', deliverSignals(delivery, group.signal));
  open();
  group.add('the engine', host.run(group.signal));
  await group.ended(options.sinks);
}

/** The owner of a partition lets its time pass and writes down which of its sources fell silent. */
async function ticks(wiring: KafkaWiring, signal: AbortSignal): Promise<void> {
  const { options, parts, intake, lease, control, sources } = wiring;
  const { around, engine } = options;
  while (!signal.aborted) {
    await around.sleep(tickMs, signal);
    const owned = lease.partitions();
    await intake.tick(owned, control.number);
    for (const source of sources)
      // Silence counts from when we began to listen for it.
      if (owned.has(partitionOfSource(source, engine.partitions)) && !isKnown(wiring, source.identity))
        parts.watch.sign(source.identity, around.nowMs());
    for (const silence of parts.watch.newlySilent(around.nowMs())) {
      const { tenant, feed } = silence.source;
      await intake.control('silent', silence, `${tenant}|${feed}`).catch(() => parts.watch.forget(silence));
    }
  }
}

function isKnown({ parts }: KafkaWiring, { tenant, id }: { tenant: string; id: string }): boolean {
  return parts.watch.lives.has(`${tenant}\n${id}`);
}

/** Follows edits, and lets the leader write the documents again before retention takes them. */
async function documents({ control, lease, options }: KafkaWiring, signal: AbortSignal): Promise<void> {
  const { around, paths } = options;
  while (!signal.aborted) {
    await control.catchUp(signal);
    const oldestMs = Math.min(control.newestMs('inventory') ?? 0, control.newestMs('rules') ?? 0);
    if (lease.partitions().has(0) && around.nowMs() - oldestMs > refreshDocumentsMs) {
      const { inventory, rules } = await readControlDocuments(paths);
      const atMs = around.nowMs();
      await control.append({ type: 'inventory', atMs, body: inventory });
      await control.append({ type: 'rules', atMs, body: { files: rules } });
    }
    await around.sleep(1_000, signal);
  }
}

/** The local signal log holds only what the sinks of this collector have not taken. */
async function trim({ options, outboxes }: KafkaWiring, signal: AbortSignal): Promise<void> {
  const { around, stores, retention } = options;
  while (!signal.aborted) {
    await around.sleep(retentionEveryMs, signal);
    const readers = outboxes.map((outbox) => stores.signals.position(outbox.stats().sink));
    const holds = readers.length === 0 ? [stores.signals.end] : readers;
    await applyRetention(stores.signalSegments, retention, holds, around.nowMs());
  }
}
