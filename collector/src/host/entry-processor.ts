/**
 * Log entries to engine messages. Everything that influences a result comes through here, in log order, under a clock
 * that is made of the entries' own times: processing the same log again gives the same messages.
 */
import type { SourceIdentity } from '../contract/component.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Intent } from '../contract/inventory.ts';
import type { Failure, Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { Directive, InventoryView, Message } from '../contract/step.ts';
import type { EngineTables } from '../engine/surroundings.ts';
import { SilentSources } from './silent-sources.ts';
import { stampOrder } from '../engine/order-time.ts';
import type { LogEntry } from '../log/entry-codec.ts';
import { instantMs } from './instant-ms.ts';
import { sourceNoticeEvent, watchChangeEvent, type WatchChange } from './pipeline-event.ts';

/** Type and time of something a record told. */
export type ToldFact = Pick<CanonicalEvent, 'event_type' | 'timestamp' | 'domain'>;

/** What normalisation of one record gives: events, how many drafts said nothing new, and what is about nobody here. */
export interface Normalised {
  readonly events: readonly CanonicalEvent[];
  readonly duplicates: number;
  readonly unrelated: readonly ToldFact[];
}

/** Stage functions the processor is wired with. */
export interface EntryStages {
  readonly normalise: (record: RawRecord, ingestMs: number, inventory: InventoryView) => Outcome<Normalised>;
  /** One event per tenant it concerns; empty when it concerns nobody here. */
  readonly enrich: (event: CanonicalEvent, inventory: InventoryView) => readonly CanonicalEvent[];
  /** `known`: what is in force; given back when the document says the same. */
  readonly inventoryOf: (document: unknown, known: InventoryView) => InventoryView;
  /** Takes new rules over from `fromMs` on. */
  readonly useRules: (document: unknown, fromMs: number) => void;
}

/** What processing tells its observer; counts are per call. */
export interface EntryObserver {
  /** `facts`: everything the record told, whomever it is about; `relevant`: messages made of it. */
  record(record: RawRecord, facts: readonly ToldFact[], relevant: number): void;
  rejected(record: RawRecord, failure: Failure): void;
  heartbeat(source: SourceIdentity, atMs: number): void;
  gap(source: SourceIdentity, fromMs: number, toMs: number): void;
}

/** Turns entries into messages. One instance per log, fed in order. */
export class EntryProcessor {
  readonly #stages: EntryStages;
  readonly #tables: EngineTables;
  readonly #latenessMs: number;
  readonly #observer: EntryObserver;
  /** Which sources are silent; a checkpoint keeps it for the place it begins at. */
  readonly silences = new SilentSources();
  #clockMs: number;

  constructor(
    stages: EntryStages,
    tables: EngineTables,
    latenessMs: number,
    clockMs: number,
    observer: EntryObserver,
  ) {
    this.#stages = stages;
    this.#tables = tables;
    this.#latenessMs = latenessMs;
    this.#clockMs = clockMs;
    this.#observer = observer;
  }

  /** Largest time met so far, epoch ms: never goes back, whatever wall clocks did. */
  get clockMs(): number {
    return this.#clockMs;
  }

  /**
   * Messages of the entry at `sequence` of the log, in order; a record that cannot be read gives none and is reported to the
   * observer.
   */
  process(entry: LogEntry, sequence: number): Message[] {
    const atMs = entry.kind === 'raw' ? entry.record.receivedAtMs : entry.atMs;
    this.#clockMs = Math.max(this.#clockMs, atMs);
    switch (entry.kind) {
      case 'raw':
        return this.#raw(entry.record);
      case 'heartbeat':
        return this.#heartbeat(entry.source, sequence);
      case 'gap':
        return this.#gap(entry.source, entry.fromMs, entry.toMs, entry.reason, sequence);
      case 'control':
        return this.#control(entry.type, entry.body, sequence);
      case 'cursor':
        return [];
    }
  }

  #raw(record: RawRecord): Message[] {
    const inventory = this.#tables.inventory.at(this.#clockMs);
    const result = this.#stages.normalise(record, this.#clockMs, inventory);
    if (!result.ok) {
      this.#observer.rejected(record, result.failure);
      return [];
    }
    const { events, unrelated } = result.value;
    const messages: Message[] = [];
    for (const event of events)
      for (const enriched of this.#stages.enrich(event, inventory)) messages.push(this.#event(enriched));
    const facts =
      events.length === 0 ? unrelated : unrelated.length === 0 ? events : [...events, ...unrelated];
    this.#observer.record(record, facts, messages.length);
    return messages;
  }

  #event(event: CanonicalEvent): Message {
    const { timeMs, late } = stampOrder(instantMs(event.timestamp), this.#clockMs, this.#latenessMs);
    const message: Message = {
      kind: 'event',
      timeMs,
      id: event.event_id,
      tenant: event.tenant,
      ingestMs: this.#clockMs,
      event,
    };
    return late ? { ...message, late } : message;
  }

  #heartbeat(source: SourceIdentity, sequence: number): Message[] {
    this.#observer.heartbeat(source, this.#clockMs);
    if (source.kind === 'pipeline') return [];
    const wasSilent = this.silences.before(source, sequence);
    this.silences.note(source, sequence, false);
    this.#noteSource(source, this.#clockMs, true, sequence);
    if (!wasSilent) return [];
    return this.#notice(source, 'pipeline.source.recovered', this.#clockMs, 'heartbeat again');
  }

  #gap(source: SourceIdentity, fromMs: number, toMs: number, reason: string, sequence: number): Message[] {
    this.silences.note(source, sequence, false);
    this.#observer.gap(source, fromMs, toMs);
    this.#noteSource(source, fromMs, false, sequence);
    this.#noteSource(source, toMs, true, sequence);
    return [
      ...this.#notice(source, 'pipeline.source.silent', fromMs, reason),
      ...this.#notice(source, 'pipeline.source.recovered', toMs, reason),
    ];
  }

  #noteSource(source: SourceIdentity, atMs: number, alive: boolean, sequence: number): void {
    const { tenant, kind, id, intervalMs } = source;
    const watermarkMs = this.#clockMs - this.#latenessMs;
    this.#tables.sources.note(tenant, kind, id, atMs, alive, intervalMs, sequence, watermarkMs);
  }

  #notice(
    source: SourceIdentity,
    type: 'pipeline.source.silent' | 'pipeline.source.recovered',
    atMs: number,
    reason: string,
  ): Message[] {
    const notice = { type, source, atMs, ingestMs: this.#clockMs, reason };
    return [this.#event(sourceNoticeEvent(notice, this.#tables.sha256))];
  }

  #control(type: string, body: unknown, sequence: number): Message[] {
    switch (type) {
      case 'inventory':
        return this.#inventory(this.#stages.inventoryOf(body, this.#tables.inventory.latest()));
      case 'rules':
        this.#stages.useRules(body, this.#clockMs);
        this.#tables.inventory.noteChange(this.#clockMs);
        return [];
      case 'intent':
        return [this.#intent(body as Intent)];
      case 'directive':
        return this.#directive(body as Directive & { readonly id: string });
      case 'watch':
        return this.#watch(body as WatchChange);
      case 'silent': {
        const { source, sinceMs } = body as { source: SourceIdentity; sinceMs: number };
        this.silences.note(source, sequence, true);
        this.#noteSource(source, sinceMs, false, sequence);
        return this.#notice(source, 'pipeline.source.silent', sinceMs, 'no heartbeat in three intervals');
      }
      default:
        return [];
    }
  }

  #intent(intent: Intent): Message {
    const knownMs = instantMs(intent.known_at ?? intent.valid_from);
    const { timeMs } = stampOrder(knownMs, this.#clockMs, this.#latenessMs);
    const version = this.#tables.sha256(JSON.stringify(intent)).slice(0, 8);
    const id = `${intent.id}#${version}`;
    return { kind: 'intent', timeMs, id, tenant: intent.tenant, ingestMs: this.#clockMs, intent };
  }

  #directive(directive: Directive & { readonly id: string }): Message[] {
    const { id, tenant, by, data } = directive;
    const message: Message = {
      kind: 'directive',
      timeMs: this.#clockMs,
      id,
      tenant,
      ingestMs: this.#clockMs,
      directive,
    };
    if (directive.type !== 'suppression.created') return [message];
    const { domain } = (data['scope'] ?? {}) as { domain?: unknown };
    const object = typeof data['suppression_id'] === 'string' ? data['suppression_id'] : id;
    const reason = `suppression ${object} was created`;
    const about = typeof domain === 'string' ? { domain } : {};
    const change = { type: 'pipeline.suppression.created', tenant, by, object, reason, ...about } as const;
    return [message, ...this.#watch({ ...change, atMs: this.#clockMs })];
  }

  /** The watch itself is an event like any other: who changes it just before a change of a domain is seen by P02. */
  #watch(change: WatchChange): Message[] {
    const event = watchChangeEvent(change, this.#tables.sha256);
    const inventory = this.#tables.inventory.at(this.#clockMs);
    return this.#stages.enrich(event, inventory).map((enriched) => this.#event(enriched));
  }

  /** Takes an inventory over; each approved state that it changes for a known domain is told. */
  #inventory(next: InventoryView): Message[] {
    const before = this.#tables.inventory.latest();
    this.#tables.inventory.add(this.#clockMs, next);
    const messages: Message[] = [];
    for (const domain of before.allDomains())
      for (const tenant of before.tenantsOf(domain)) {
        const was = before.domain(tenant, domain);
        const is = next.domain(tenant, domain);
        if (was === undefined || is === undefined) continue;
        if (JSON.stringify(was.approved) === JSON.stringify(is.approved)) continue;
        const reason = `the approved state of ${domain} was changed in the inventory`;
        const about = { tenant, domain, by: 'unknown', object: next.version, atMs: this.#clockMs, reason };
        messages.push(...this.#watch({ type: 'pipeline.baseline.approved', ...about }));
      }
    return messages;
  }
}
