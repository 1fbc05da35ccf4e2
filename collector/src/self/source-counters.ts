/** What the collector knows about its sources: liveness, lag, counts. Read by `/metrics`, coverage and the OTLP pusher. */
import type { SourceIdentity } from '../contract/component.ts';
import type { MetricReader, MetricSample } from '../contract/names.ts';

interface SourceFacts {
  readonly identity: SourceIdentity;
  records: number;
  bytes: number;
  events: number;
  duplicates: number;
  late: number;
  gaps: number;
  gapMs: number;
  rejected: Map<string, number>;
  /** Receipt minus event time of the newest event, ms; undefined before the first. */
  lagMs: number | undefined;
  newestEventMs: number;
  lastSuccessMs: number;
}

/** Figures of one source since the start of the process. `lastSuccessMs`: last delivery or sign of life. */
export interface SourceFigures {
  readonly identity: SourceIdentity;
  readonly alive: boolean;
  readonly records: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly gaps: number;
  readonly gapMs: number;
  readonly lastSuccessMs: number;
}

function idOf(identity: SourceIdentity): string {
  return `${identity.tenant}\n${identity.id}`;
}

/** A source is silent when it said nothing for this many of its intervals. */
const silentAfterIntervals = 3;

/** Counters per source, cumulative since the start of the process. Times are epoch milliseconds. */
export class SourceCounters {
  readonly #nowMs: () => number;
  readonly #sources = new Map<string, SourceFacts>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Makes a source known, so that one that never delivers is shown as silent. */
  register(identity: SourceIdentity): void {
    this.#of(identity);
  }

  #of(identity: SourceIdentity): SourceFacts {
    const key = `${identity.tenant}\n${identity.id}`;
    const known = this.#sources.get(key);
    if (known) return known;
    const fresh: SourceFacts = {
      identity,
      records: 0,
      bytes: 0,
      events: 0,
      duplicates: 0,
      late: 0,
      gaps: 0,
      gapMs: 0,
      rejected: new Map(),
      lagMs: undefined,
      newestEventMs: 0,
      lastSuccessMs: this.#nowMs(),
    };
    this.#sources.set(key, fresh);
    return fresh;
  }

  /** Records became durable. */
  accepted(identity: SourceIdentity, records: number, bytes: number): void {
    const facts = this.#of(identity);
    facts.records += records;
    facts.bytes += bytes;
    facts.lastSuccessMs = this.#nowMs();
  }

  /** The source says it lives. */
  heartbeat(identity: SourceIdentity): void {
    this.#of(identity).lastSuccessMs = this.#nowMs();
  }

  /** An event was made from a record received at `receivedAtMs`. */
  event(identity: SourceIdentity, eventMs: number, receivedAtMs: number): void {
    const facts = this.#of(identity);
    facts.events++;
    if (eventMs < facts.newestEventMs) return;
    facts.newestEventMs = eventMs;
    facts.lagMs = Math.max(0, receivedAtMs - eventMs);
  }

  /** An event that was known already, or came behind the watermark. */
  repeated(identity: SourceIdentity, what: 'duplicate' | 'late'): void {
    const facts = this.#of(identity);
    if (what === 'duplicate') facts.duplicates++;
    else facts.late++;
  }

  /** A record went to quarantine or was refused. */
  rejected(identity: SourceIdentity, code: string): void {
    const { rejected } = this.#of(identity);
    rejected.set(code, (rejected.get(code) ?? 0) + 1);
  }

  /** Blind time. */
  gap(identity: SourceIdentity, fromMs: number, toMs: number): void {
    const facts = this.#of(identity);
    facts.gaps++;
    facts.gapMs += Math.max(0, toMs - fromMs);
  }

  /** Figures of every source, by tenant and id. */
  figures(): SourceFigures[] {
    return [...this.#sources.values()]
      .map(({ identity, records, duplicates, gaps, gapMs, lastSuccessMs, rejected }) => ({
        identity,
        alive: this.isAlive(identity.tenant, identity.id) === true,
        records,
        duplicates,
        gaps,
        gapMs,
        lastSuccessMs,
        rejected: [...rejected.values()].reduce((sum, count) => sum + count, 0),
      }))
      .sort((a, b) => (idOf(a.identity) < idOf(b.identity) ? -1 : 1));
  }

  /** True while a source delivered or lived within three of its intervals; undefined when it is not known. */
  isAlive(tenant: string, id: string): boolean | undefined {
    const facts = this.#sources.get(`${tenant}\n${id}`);
    return facts && this.#nowMs() - facts.lastSuccessMs <= silentAfterIntervals * facts.identity.intervalMs;
  }

  /** The samples of now. */
  readonly reader: MetricReader = () => [...this.#sources.values()].flatMap((facts) => this.#samples(facts));

  #samples(facts: SourceFacts): MetricSample[] {
    const labels = { tenant: facts.identity.tenant, source: facts.identity.id };
    const ageMs = this.#nowMs() - facts.lastSuccessMs;
    const isUp = this.isAlive(facts.identity.tenant, facts.identity.id) === true;
    return [
      { metric: 'source_up', labels, value: isUp ? 1 : 0 },
      { metric: 'source_last_success', labels, value: ageMs / 1000 },
      { metric: 'source_records', labels, value: facts.records },
      { metric: 'source_bytes', labels, value: facts.bytes },
      { metric: 'source_events', labels, value: facts.events },
      { metric: 'source_duplicates', labels, value: facts.duplicates },
      { metric: 'source_late', labels, value: facts.late },
      { metric: 'source_gap', labels, value: facts.gapMs / 1000 },
      ...(facts.lagMs === undefined
        ? []
        : [{ metric: 'source_lag' as const, labels, value: facts.lagMs / 1000 }]),
      ...[...facts.rejected].map(([code, value]) => ({
        metric: 'source_rejected' as const,
        labels: { ...labels, code },
        value,
      })),
    ];
  }
}
