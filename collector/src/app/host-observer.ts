/** Turns what the host reports into counters, quarantine entries, gauges and operator lines. */
import type { Surroundings } from '../contract/component.ts';
import { otherActivity } from '../contract/event-types.ts';
import type { Failure } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import type { CaseBoard } from '../8-sink/case-board.ts';
import type { FindingBoard } from '../8-sink/finding-board.ts';
import type { HostObserver } from '../host/host-options.ts';
import { parseInstant } from '../leaf/time.ts';
import type { DeadLetter, Quarantine } from '../log/quarantine.ts';
import type { SourceCounters } from '../self/source-counters.ts';
import type { SelfTracing } from '../self/tracing.ts';
import type { LiveHub } from '../api/live-stream.ts';
import type { CollectorFigures } from './collector-figures.ts';
import { sha256Hex } from './digest.ts';
import type { SourceIdentities } from './source-identities.ts';
import type { SourceWatch } from './source-watch.ts';

/** Where reports go. */
export interface ObserverParts {
  readonly figures: CollectorFigures;
  readonly counters: SourceCounters;
  readonly identities: SourceIdentities;
  readonly watch: SourceWatch;
  readonly quarantine: Quarantine;
  readonly board: CaseBoard;
  readonly findings: FindingBoard;
  readonly live: LiveHub;
  readonly tracing: SelfTracing;
  readonly around: Surroundings;
  /** Told the domain of a delivery that nothing proves, so that somebody goes and looks. */
  readonly onHint?: (domain: string) => void;
}

/** A hint older than this, as the log gives it again after a restart, makes nobody look. */
const hintAgeMs = 15 * 60_000;

function letterOf(record: RawRecord, failure: Failure): DeadLetter {
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

/** Observer of one collector's host. */
export function hostObserver(parts: ObserverParts): HostObserver {
  const { figures, counters, identities, watch, quarantine, board, findings, live, tracing, around } = parts;
  const letters: DeadLetter[] = [];
  return {
    settle() {
      if (letters.length === 0) return;
      quarantine.add(letters);
      letters.length = 0;
    },
    record(record, facts) {
      const identity = identities.of(record);
      watch.sign(identity, record.receivedAtMs);
      counters.accepted(identity, 1, record.bytes.length);
      for (const event of facts) {
        const atMs = parseInstant(event.timestamp)?.ms;
        if (atMs !== undefined) counters.event(identity, atMs, record.receivedAtMs);
        const isFresh = around.nowMs() - record.receivedAtMs < hintAgeMs;
        if (!record.verified && isFresh && event.domain !== undefined) parts.onHint?.(event.domain);
        if (event.event_type !== otherActivity) continue;
        figures.unknownTypes.set(record.source, (figures.unknownTypes.get(record.source) ?? 0) + 1);
      }
    },
    rejected(record, failure) {
      const identity = identities.of(record);
      counters.accepted(identity, 1, record.bytes.length);
      counters.rejected(identity, failure.code);
      letters.push(letterOf(record, failure));
      around.log('warn', `${identity.id}: a record was put into quarantine: ${failure.message}`, {
        code: failure.code,
        path: failure.path,
      });
    },
    heartbeat(source, atMs) {
      if (source.kind === 'pipeline') return;
      watch.sign(source, atMs);
      counters.heartbeat(source);
    },
    gap(source, fromMs, toMs) {
      counters.gap(source, fromMs, toMs);
    },
    batch(entries, messages, result, lagMs) {
      figures.entries += entries;
      figures.messages += messages;
      figures.duplicates += result.duplicates;
      figures.late += result.late;
      figures.lagMs = Math.max(0, lagMs);
      for (const published of result.published) {
        if (published.kind === 'finding') {
          figures.findings++;
          findings.apply({ kind: 'finding', body: published.finding });
          live.publish({ tenant: published.finding.tenant, event: 'finding', data: published.finding });
          continue;
        }
        const { case: found } = published;
        board.applyCase(found);
        // Watchers get summaries; remembered stories of many revisions would fill memory.
        live.publish({ tenant: found.tenant, event: 'case', data: { ...found, timeline: [] } });
        const endMs = around.nowMs();
        const { case_id: caseId, tenant, severity } = found;
        tracing.caseDecision({ caseId, tenant, severity, startMs: endMs - figures.lagMs, endMs });
      }
    },
    scored(score) {
      board.applyScore(score);
      live.publish({ tenant: score.tenant, event: 'score', data: score });
    },
    checkpoint() {
      figures.checkpoints++;
      figures.lastCheckpointMs = around.nowMs();
    },
    unsaved(entries) {
      around.log(
        'info',
        `stopped before all state was saved; nothing is lost: the next start reads ${entries} entries of the log again`,
      );
    },
    unreadable(sequence, message) {
      figures.unreadableEntries++;
      around.log('error', `log entry ${sequence} cannot be read and was passed over: ${message}`);
    },
  };
}
