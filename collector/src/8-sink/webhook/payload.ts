/** Bodies of webhook deliveries in the shapes a receiver can ask for. Pure. */
import type { Signal } from '../../contract/component.ts';
import { formatInstant } from '../../leaf/time.ts';
import { ocsfOf } from './ocsf.ts';

/** `json`: Standard Webhooks `{type, timestamp, data}`; `cloudevents`: CloudEvents 1.0 structured mode; `ocsf`: OCSF 1.8. */
export const payloadShapes = ['json', 'cloudevents', 'ocsf'] as const;

/** A shape of the body. */
export type PayloadShape = (typeof payloadShapes)[number];

/** A body ready to send. */
export interface Payload {
  readonly contentType: string;
  readonly body: string;
}

const subjects = { event: 'domain', finding: 'finding_id', case: 'case_id', score: 'domain' } as const;

function member(body: unknown, name: string): string | undefined {
  const value =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The body of one signal; the same signal always gives the same bytes. */
export function payloadOf(signal: Signal, shape: PayloadShape): Payload {
  const time = formatInstant(signal.timeMs);
  const type = `zonewarden.${signal.kind}`;
  if (shape === 'json')
    return {
      contentType: 'application/json',
      body: JSON.stringify({ type, timestamp: time, data: signal.body }),
    };
  if (shape === 'ocsf') return { contentType: 'application/json', body: JSON.stringify(ocsfOf(signal)) };
  const subject = member(signal.body, subjects[signal.kind]);
  const event = {
    specversion: '1.0',
    id: signal.key,
    source: `urn:zonewarden:tenant:${encodeURIComponent(member(signal.body, 'tenant') ?? '')}`,
    type,
    ...(subject !== undefined && { subject }),
    time,
    datacontenttype: 'application/json',
    dataschema: `urn:zonewarden:${signal.kind}:1.0`,
    data: signal.body,
  };
  return { contentType: 'application/cloudevents+json', body: JSON.stringify(event) };
}
