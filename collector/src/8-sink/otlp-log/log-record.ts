/** Signals as OpenTelemetry log records (logs data model 1.0; detection reference table of docs/telemetry.md). Pure. */
import type { Case } from '../../contract/case.ts';
import type { Signal } from '../../contract/component.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { Finding } from '../../contract/finding.ts';
import type { AttributeDefinition } from '../../contract/names.ts';
import { attributeNames, commonAttributes, eventNames } from '../../contract/names.ts';
import type { ControlScore } from '../../contract/score.ts';
import { otelSeverityNumber } from '../../contract/severity.ts';
import type { Severity } from '../../contract/severity.ts';
import { printable } from '../../leaf/printable.ts';
import { parseInstant } from '../../leaf/time.ts';
import { caseSentence, eventSentence, findingSentence, scoreSentence } from '../sentence.ts';

/** Value of an attribute in the types OTLP and Loki carry well. */
export type AttributeValue = string | number | boolean | string[];

/** A log record before it gets its resource. Times are epoch milliseconds. */
export interface LogRecordDraft {
  readonly timeMs: number;
  readonly observedMs: number;
  readonly eventName: string;
  readonly severityNumber?: number;
  readonly severityText?: string;
  /** One line for people; characters that act or hide are written out. Attributes hold values as they are. */
  readonly body: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Attributes left out because of the bounds. */
  readonly dropped: number;
}

/** Loki drops a line with more than 128 metadata entries or 64 KiB of them; below both with room for its own. */
const attributesMax = 112;
const attributeBytesMax = 48 * 1024;
const valueCharsMax = 4096;
const originalCharsMax = 32 * 1024;
const flattenDepthMax = 4;

function at(body: unknown, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function attributeValue(value: unknown, charsMax: number): AttributeValue | undefined {
  if (typeof value === 'string') return value.length > charsMax ? `${value.slice(0, charsMax - 1)}…` : value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.length > 0)
    return value
      .slice(0, 100)
      .map((item) => (typeof item === 'string' ? item : JSON.stringify(item)).slice(0, 512));
  return undefined;
}

class AttributeCollector {
  readonly found: Record<string, AttributeValue> = {};
  dropped = 0;
  #count = 0;
  #bytes = 0;

  add(name: string, value: unknown, charsMax = valueCharsMax): void {
    if (Object.hasOwn(this.found, name)) return;
    const usable = attributeValue(value, charsMax);
    if (usable === undefined) return;
    const bytes =
      name.length + Buffer.byteLength(Array.isArray(usable) ? JSON.stringify(usable) : String(usable));
    if (this.#count >= attributesMax || this.#bytes + bytes > attributeBytesMax) {
      this.dropped++;
      return;
    }
    this.#count++;
    this.#bytes += bytes;
    this.found[name] = usable;
  }

  table(body: unknown, definitions: readonly AttributeDefinition[]): void {
    for (const { field, attribute } of definitions)
      if (attribute !== 'log.record.original') this.add(attribute, at(body, field));
  }

  flat(prefix: string, value: unknown, depth = flattenDepthMax): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.add(prefix, value);
    else if (depth > 0)
      for (const [key, member] of Object.entries(value))
        this.flat(`${prefix}.${key.slice(0, 100)}`, member, depth - 1);
  }
}

interface Facts {
  readonly eventName: string;
  readonly uid: string;
  readonly body: string;
  readonly severity?: Severity;
  readonly observedMs: number;
}

function msOf(text: string | undefined, otherwise: number): number {
  return (text === undefined ? undefined : parseInstant(text)?.ms) ?? otherwise;
}

function factsOf(signal: Signal): Facts {
  switch (signal.kind) {
    case 'event': {
      const event = signal.body as CanonicalEvent;
      const observedMs = msOf(event.observed_at, signal.timeMs);
      return { eventName: event.event_type, uid: event.event_id, body: eventSentence(event), observedMs };
    }
    case 'finding': {
      const finding = signal.body as Finding;
      const { severity } = finding;
      const observedMs = msOf(finding.evidence.at(-1)?.ingested_at, signal.timeMs);
      return {
        eventName: eventNames.finding,
        uid: signal.key,
        body: findingSentence(finding),
        severity,
        observedMs,
      };
    }
    case 'case': {
      const one = signal.body as Case;
      const observedMs = msOf(one.updated_at, signal.timeMs);
      return {
        eventName: eventNames.case,
        uid: signal.key,
        body: caseSentence(one),
        severity: one.severity,
        observedMs,
      };
    }
    case 'score': {
      const score = signal.body as ControlScore;
      const observedMs = msOf(score.as_of, signal.timeMs);
      return { eventName: eventNames.score, uid: signal.key, body: scoreSentence(score), observedMs };
    }
  }
}

/** What of an event is flattened because its members are not listed one by one. */
const openParts = ['enrich', 'feature', 'cert', 'query', 'identity', 'mail'] as const;

/**
 * The log record of a signal. Event times before `oldestMs` are raised and those after `newestMs` lowered to it, because
 * Loki refuses samples that are too old or too new, with the whole request; the true time is always in
 * `zonewarden.timestamp`.
 */
export function logRecordOf(signal: Signal, oldestMs: number, newestMs = Infinity): LogRecordDraft {
  const facts = factsOf(signal);
  const attributes = new AttributeCollector();
  attributes.add(commonAttributes.eventName, facts.eventName);
  attributes.add(commonAttributes.uid, facts.uid);
  attributes.add(commonAttributes.kind, signal.kind);
  attributes.table(signal.body, attributeNames[signal.kind]);
  if (signal.kind === 'event') {
    const event = signal.body as CanonicalEvent;
    for (const part of openParts) attributes.flat(`zonewarden.${part}`, event[part]);
    attributes.add('log.record.original', event.raw.inline, originalCharsMax);
  } else attributes.add('zonewarden.timestamp', new Date(signal.timeMs).toISOString());
  if (signal.kind === 'case') attributes.add('zonewarden.title', (signal.body as Case).title);
  return {
    timeMs: Math.min(Math.max(signal.timeMs, oldestMs), newestMs),
    observedMs: Math.min(Math.max(facts.observedMs, oldestMs), newestMs),
    eventName: facts.eventName,
    ...(facts.severity !== undefined && {
      severityNumber: otelSeverityNumber[facts.severity],
      severityText: facts.severity,
    }),
    body: printable(facts.body.slice(0, 8192)),
    attributes: attributes.found,
    dropped: attributes.dropped,
  };
}
