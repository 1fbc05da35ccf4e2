/**
 * Signals as Kafka records: CloudEvents 1.0 in binary mode (Kafka protocol binding section 3.2), value is the contract
 * object as JSON, key `tenant|domain`, so that everything about one domain stays in order in one partition. Pure.
 */
import type { Signal, SignalKind } from '../../contract/component.ts';
import type { KafkaMessage } from '../../contract/kafka.ts';
import { formatInstant } from '../../leaf/time.ts';

/** Topic of each kind of signal, without the prefix. */
export const signalTopics: Readonly<Record<SignalKind, string>> = {
  event: 'canonical',
  finding: 'findings',
  case: 'cases',
  score: 'scores',
};

const subjects = { event: 'domain', finding: 'finding_id', case: 'case_id', score: 'domain' } as const;

interface Body {
  readonly tenant?: unknown;
  readonly domain?: unknown;
  readonly domains?: unknown;
  readonly case_id?: unknown;
  readonly finding_id?: unknown;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Key of a signal: `tenant|domain`, the first domain of a case; `tenant|` when it is about no domain. */
export function signalKey(signal: Signal): string {
  const body = signal.body as Body;
  const first: unknown = Array.isArray(body.domains) ? body.domains[0] : undefined;
  return `${textOf(body.tenant) ?? ''}|${textOf(body.domain) ?? textOf(first) ?? ''}`;
}

/** Headers of a CloudEvent in binary mode; absent members are left out. */
export function cloudEventHeaders(event: {
  readonly id: string;
  readonly tenant: string;
  readonly type: string;
  readonly timeMs: number;
  readonly contentType: string;
  readonly subject?: string;
  readonly dataSchema?: string;
}): Record<string, string> {
  return {
    'content-type': event.contentType,
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: `urn:zonewarden:tenant:${encodeURIComponent(event.tenant)}`,
    ce_type: event.type,
    ce_time: formatInstant(event.timeMs),
    ...(event.subject === undefined ? {} : { ce_subject: event.subject }),
    ...(event.dataSchema === undefined ? {} : { ce_dataschema: event.dataSchema }),
  };
}

/**
 * The record of one signal; the same signal always gives the same bytes and the same `ce_id`. Kafka's own time is that of
 * writing, or retention would delete what is published late; the time of the event is in `ce_time`.
 */
export function signalMessage(signal: Signal, prefix: string): KafkaMessage {
  const body = signal.body as Readonly<Record<string, unknown>>;
  const subject = textOf(body[subjects[signal.kind]]);
  return {
    topic: `${prefix}.${signalTopics[signal.kind]}`,
    key: signalKey(signal),
    value: JSON.stringify(signal.body),
    headers: cloudEventHeaders({
      id: signal.key,
      tenant: textOf(body['tenant']) ?? '',
      type: `zonewarden.${signal.kind}`,
      timeMs: signal.timeMs,
      contentType: 'application/json',
      dataSchema: `urn:zonewarden:${signal.kind}:1.0`,
      ...(subject === undefined ? {} : { subject }),
    }),
  };
}
