/**
 * Records inside the envelopes that pipelines put around them: event buses (`detail`), log shippers (`message`), search
 * stores (`_raw`, `event.original`, `fields`), exports (`raw_data`, `AuditData`), host agents (`data.office365`). The envelope adds no fact of its own.
 */
import { asObject } from './json-field.ts';
import { parseJsonText } from './json-record.ts';
import type { JsonObject } from './json-record.ts';

/** Members that hold the vendor's record, as an object or as JSON text, nearest to the vendor first. */
const envelopeMembers = [
  'detail',
  'AuditData',
  'auditData',
  'CloudTrailEvent',
  'eventJson',
  'event.original',
  'log.original',
  'original',
  '_raw',
  'raw_data',
  'raw',
  'message',
  '@message',
  'Message',
  'event',
  'log',
  'result',
  'record',
  'body',
  'payload',
  'data',
  'value',
  '_source',
  'textPayload',
  'jsonPayload',
  'attributes',
  'json',
  'github',
  'office365',
  'aws',
  'gcp',
  'okta',
  'azure',
  'cloudflare',
  'google_workspace',
] as const;

const depthMax = 4;

/**
 * The record itself where `isNative` knows it, else the first one found inside the usual envelopes, at most four deep.
 * The body as it came when there is none, so that the fault is told about what was sent.
 */
export function nativeRecord(body: JsonObject, isNative: (candidate: JsonObject) => boolean): JsonObject {
  return isNative(body) ? body : (nativeInside(body, isNative, 1) ?? body);
}

function nativeInside(
  body: JsonObject,
  isNative: (candidate: JsonObject) => boolean,
  depth: number,
): JsonObject | undefined {
  if (depth > depthMax) return undefined;
  for (const member of envelopeMembers) {
    const inner = Object.hasOwn(body, member) ? objectOf(body[member]) : undefined;
    if (inner === undefined) continue;
    if (isNative(inner)) return inner;
    const deeper = nativeInside(inner, isNative, depth + 1);
    if (deeper !== undefined) return deeper;
  }
  const fields = asObject(body['fields']);
  if (fields === undefined) return undefined;
  const whole = unflattened(fields);
  return isNative(whole) ? whole : nativeInside(whole, isNative, depth + 1);
}

const nameDepthMax = 16;

/**
 * The `fields` of a search answer, where every value is a list and names are joined by dots, as an object again. A list of
 * one text or number is its member; that the record itself had a list there is not in the answer.
 */
function unflattened(fields: JsonObject): JsonObject {
  const whole: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const steps = name.split('.', nameDepthMax);
    const last = steps.pop() ?? name;
    let at = whole;
    for (const step of steps) {
      if (!Object.hasOwn(at, step) || asObject(at[step]) === undefined) define(at, step, {});
      at = at[step] as Record<string, unknown>;
    }
    define(at, last, scalarOf(value));
  }
  return whole;
}

function scalarOf(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1) return value;
  const only = value[0] as unknown;
  return typeof only === 'object' ? value : only;
}

/** An own member whatever its name: `__proto__` is an ordinary one. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

function objectOf(value: unknown): JsonObject | undefined {
  if (typeof value !== 'string') return asObject(value);
  if (!value.trimStart().startsWith('{')) return undefined;
  const parsed = parseJsonText(value);
  return parsed.ok ? asObject(parsed.value) : undefined;
}

const textMembers = [
  'event.original',
  '_raw',
  'message',
  '@message',
  'MESSAGE',
  'log',
  'msg',
  'raw',
] as const;
const timeMembers = ['@timestamp', 'time', 'timestamp', 'ts'] as const;

/** A log line that a shipper wrapped in JSON, and the shipper's own time as RFC 3339 text. Undefined: no such wrapping. */
export function wrappedLine(text: string): { line: string; time: string | undefined } | undefined {
  if (!text.startsWith('{')) return undefined;
  const parsed = parseJsonText(text);
  const body = parsed.ok ? asObject(parsed.value) : undefined;
  if (body === undefined) return undefined;
  const original = asObject(body['event'])?.['original'];
  const fields = asObject(body['fields']);
  const listed = textMembers
    .map((member) => fields?.[member])
    .map((each) => (Array.isArray(each) ? (each[0] as unknown) : each));
  for (const candidate of [original, ...textMembers.map((member) => body[member]), ...listed]) {
    if (typeof candidate !== 'string' || candidate.trim() === '') continue;
    const inner = wrappedLine(candidate.trim());
    if (inner !== undefined) return inner;
    const time = timeMembers.map((member) => body[member]).find((each) => typeof each === 'string');
    return { line: candidate.trim(), time };
  }
  return undefined;
}

/** The log events of a CloudWatch Logs subscription record, none for its control message; undefined for anything else. */
export function subscriptionMessages(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('{') || !text.includes('"logEvents"')) return undefined;
  const parsed = parseJsonText(text);
  const events = parsed.ok ? asObject(parsed.value)?.['logEvents'] : undefined;
  return Array.isArray(events) ? (events as readonly unknown[]) : undefined;
}
