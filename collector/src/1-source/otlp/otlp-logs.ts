/**
 * Log records sent over OTLP/HTTP (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"), in JSON or protobuf.
 *
 * A record of the feed `webhook` becomes one JSON object for its declarative mapping; for every other feed the body of
 * the log record is the record, as the vendor wrote it.
 */
import { limits } from '../../contract/limits.ts';
import { jsonAnswer, type HttpAnswer } from '../../contract/http.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import { formatInstant } from '../../leaf/time.ts';
import { decodeLogsRequest } from './otlp-protobuf.ts';

/** One log record as bytes. */
export interface OtlpRecord {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** Records of a request, those that cannot be taken, and the answer of the protocol with their count. */
export interface OtlpRequest {
  readonly records: readonly OtlpRecord[];
  readonly refused: readonly Failure[];
  readonly answer: HttpAnswer;
}

type Fields = Readonly<Record<string, unknown>>;

const depthMax = 32;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads an export request. `whole`: each record with resource, scope and attributes; else the body alone. */
export function readOtlpLogs(bytes: Uint8Array, contentType: string, whole: boolean): Outcome<OtlpRequest> {
  const isProtobuf = /^application\/(x-)?protobuf\b/i.test(contentType);
  const request = isProtobuf ? decodeLogsRequest(bytes) : parsed(bytes);
  if (request === undefined)
    return failed(
      'bad_wire_format',
      `the body is no OTLP logs request in ${isProtobuf ? 'protobuf' : 'JSON'}`,
    );
  const records: OtlpRecord[] = [];
  const refused: Failure[] = [];
  for (const group of objects(fieldsOf(request)['resourceLogs'])) {
    const resource = attributesOf(fieldsOf(group['resource'])['attributes']);
    for (const scoped of objects(group['scopeLogs']))
      for (const log of objects(scoped['logRecords'])) {
        const bytesOf = whole
          ? wholeRecord(log, resource, fieldsOf(scoped['scope']))
          : bodyRecord(log['body']);
        if (bytesOf === undefined) refused.push(noBody);
        else if (bytesOf.bytes.length > limits.recordBytesMax) refused.push(tooLarge);
        else records.push(bytesOf);
      }
  }
  return succeeded({ records, refused, answer: answerOf(isProtobuf, refused) });
}

const noBody: Failure = { code: 'missing_field', path: '/body', message: 'a log record has no body' };
const tooLarge: Failure = { code: 'too_large', path: '/body', message: 'a log record is too large' };

function parsed(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Refused records are told in `partialSuccess`; the sender must not repeat them. */
function answerOf(isProtobuf: boolean, refused: readonly Failure[]): HttpAnswer {
  const [first] = refused;
  if (!isProtobuf)
    return jsonAnswer(
      200,
      first === undefined
        ? {}
        : { partialSuccess: { rejectedLogRecords: String(refused.length), errorMessage: first.message } },
    );
  const headers = { 'content-type': 'application/x-protobuf' };
  if (first === undefined) return { status: 200, headers, body: new Uint8Array() };
  // partial_success = 1 { rejected_log_records = 1 (varint), error_message = 2 }; the message is short ASCII.
  const message = Buffer.from(first.message);
  const inner = Buffer.concat([
    Buffer.from([0x08, ...varint(refused.length), 0x12, message.length]),
    message,
  ]);
  return { status: 200, headers, body: Buffer.concat([Buffer.from([0x0a, inner.length]), inner]) };
}

/** Seven bits a byte, low ones first, the high bit on all but the last. */
function varint(count: number): number[] {
  const bytes: number[] = [];
  let left = count;
  for (; left > 0x7f; left >>>= 7) bytes.push((left & 0x7f) | 0x80);
  return [...bytes, left];
}

function wholeRecord(log: Fields, resource: Fields, scope: Fields): OtlpRecord {
  const value: Record<string, unknown> = {
    time: instantOf(log['timeUnixNano']),
    time_unix_nano: nanosOf(log['timeUnixNano']),
    observed_time: instantOf(log['observedTimeUnixNano']),
    severity_number: log['severityNumber'],
    severity_text: log['severityText'],
    event_name: log['eventName'],
    body: valueOf(log['body'], 0),
    attributes: attributesOf(log['attributes']),
    resource,
    scope: { name: scope['name'], version: scope['version'] },
    trace_id: hexOf(log['traceId']),
    span_id: hexOf(log['spanId']),
  };
  return { bytes: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}

/** A text body as it is; a structured one as JSON. */
function bodyRecord(body: unknown): OtlpRecord | undefined {
  const value = valueOf(body, 0);
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') {
    const looksLikeJson = /^\s*[{[]/.test(value);
    return { bytes: Buffer.from(value), contentType: looksLikeJson ? 'application/json' : 'text/plain' };
  }
  return { bytes: Buffer.from(JSON.stringify(value)), contentType: 'application/json' };
}

/** An AnyValue; undefined for none and for what nests deeper than any log does. */
function valueOf(any: unknown, depth: number): unknown {
  if (depth > depthMax) return undefined;
  const value = fieldsOf(any);
  if (typeof value['stringValue'] === 'string') return value['stringValue'];
  if (typeof value['boolValue'] === 'boolean') return value['boolValue'];
  if (value['intValue'] !== undefined) return integerOf(value['intValue']);
  if (typeof value['doubleValue'] === 'number') return value['doubleValue'];
  if (value['arrayValue'] !== undefined)
    return objects(fieldsOf(value['arrayValue'])['values']).map((each) => valueOf(each, depth + 1));
  if (value['kvlistValue'] !== undefined)
    return attributesOf(fieldsOf(value['kvlistValue'])['values'], depth + 1);
  const bytes = value['bytesValue'];
  return typeof bytes === 'string' ? bytes : Array.isArray(bytes) ? base64(bytes) : undefined;
}

/** JSON carries int64 as text; what JSON numbers cannot hold stays text. */
function integerOf(value: unknown): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function attributesOf(list: unknown, depth = 0): Fields {
  const attributes: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const { key, value } of objects(list) as readonly { key?: unknown; value?: unknown }[])
    if (typeof key === 'string') attributes[key] = valueOf(value, depth);
  return attributes;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function objects(value: unknown): readonly Fields[] {
  return Array.isArray(value)
    ? value.filter((each): each is Fields => typeof each === 'object' && each !== null)
    : [];
}

function nanosOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[1-9]\d{0,19}$/.test(text) ? text : undefined;
}

function instantOf(value: unknown): string | undefined {
  const nanos = nanosOf(value);
  const ms = nanos === undefined ? Number.NaN : Number(BigInt(nanos) / 1_000_000n);
  return ms <= 253_402_300_799_999 ? formatInstant(ms) : undefined;
}

function hexOf(value: unknown): string | undefined {
  const hex = Array.isArray(value) ? Buffer.from(value as number[]).toString('hex') : value;
  return typeof hex === 'string' && hex !== '' ? hex.toLowerCase() : undefined;
}

function base64(bytes: readonly unknown[]): string {
  return Buffer.from(bytes as readonly number[]).toString('base64');
}
