/** Turns what the host reports into figures, quarantine entries and operator lines. */
import type { Surroundings } from '../contract/component.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import { otherActivity } from '../contract/event-types.ts';
import type { Failure } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import type { HostObserver } from '../host/embedded-host.ts';
import type { DeadLetter, Quarantine } from '../log/quarantine.ts';
import type { CollectorFigures } from './collector-figures.ts';
import { sha256Hex } from './digest.ts';
import type { SourceWatch } from './source-watch.ts';

function letter(record: RawRecord, failure: Failure): DeadLetter {
  const normaliser = normaliserFor(record.source);
  const { tenant, source, instance, verified, meta, bytes } = record;
  return {
    id: sha256Hex(`${tenant}\u0000${source}\u0000${sha256Hex(bytes)}`).slice(0, 32),
    tenant,
    source,
    receivedAtMs: record.receivedAtMs,
    code: failure.code,
    path: failure.path,
    message: failure.message,
    normaliser: normaliser === undefined ? '' : `${normaliser.source}@${normaliser.version}`,
    contentType: record.contentType,
    bytes,
    meta: { instance, verified, meta },
  };
}

/** Observer over the figures of a collector. */
export function hostObserver(
  figures: CollectorFigures,
  watch: SourceWatch,
  quarantine: Quarantine,
  around: Surroundings,
): HostObserver {
  return {
    record(record: RawRecord, events: readonly CanonicalEvent[], relevant: number) {
      const feed = figures.feed(record.source);
      feed.records++;
      feed.bytes += record.bytes.length;
      feed.events += events.length;
      feed.relevant += relevant;
      feed.lastRecordMs = record.receivedAtMs;
      for (const event of events) if (event.event_type === otherActivity) feed.unknownTypes++;
    },
    rejected(record, failure) {
      const feed = figures.feed(record.source);
      feed.records++;
      feed.rejected++;
      quarantine.add([letter(record, failure)]);
      around.log('warn', `${record.source}: a record was put into quarantine: ${failure.message}`, {
        code: failure.code,
        path: failure.path,
      });
    },
    heartbeat(source, atMs) {
      watch.sign(source, atMs);
    },
    gap(source, fromMs, toMs) {
      const feed = figures.feed(source.feed);
      feed.gaps++;
      feed.gapMs += toMs - fromMs;
    },
    batch(entries, messages, result, lagMs) {
      figures.entries += entries;
      figures.messages += messages;
      figures.duplicates += result.duplicates;
      figures.late += result.late;
      figures.lagMs = Math.max(0, lagMs);
      for (const { kind } of result.published) {
        if (kind === 'finding') figures.findings++;
        else figures.cases++;
      }
    },
    checkpoint() {
      figures.checkpoints++;
      figures.lastCheckpointMs = around.nowMs();
    },
    unreadable(sequence, message) {
      figures.unreadableEntries++;
      around.log('error', `log entry ${sequence} cannot be read and was passed over: ${message}`);
    },
  };
}
