/**
 * Amazon Data Firehose, HTTP endpoint delivery (docs.aws.amazon.com/firehose, "HTTP endpoint delivery request and response
 * specifications"): a list of base64 data, each of which may be gzip, as CloudWatch Logs subscriptions are.
 */
import { gunzipSync } from 'node:zlib';
import { jsonAnswer } from '../../contract/http.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import { splitJsonList, splitJsonValues } from '../json-list.ts';
import { linesIn } from '../line-splitter.ts';
import { tooManyRecords, type BodyRecord, type FramedBody } from './body-framing.ts';

interface Delivery {
  readonly requestId: string;
  readonly timestamp?: unknown;
  readonly records: readonly unknown[];
}

/**
 * Records of a Firehose request: JSON values one after the other, or lines. The answer repeats the request id, without which
 * Firehose counts the delivery as failed. Data that cannot be read are refused alone.
 */
export function readFirehoseBody(bytes: Uint8Array): Outcome<FramedBody> {
  const delivery = deliveryOf(bytes);
  if (delivery === undefined)
    return failed('unsupported_format', 'expected a Firehose request: "requestId" and "records" with "data"');
  const records: BodyRecord[] = [];
  const refused: Failure[] = [];
  let left = limits.fileRecordBytesMax;
  for (const [index, each] of delivery.records.entries()) {
    const data = dataOf(each, left);
    if (!(data instanceof Uint8Array)) {
      refused.push({ ...data, path: `/records/${index}/data` });
      continue;
    }
    left -= data.length;
    const parts = partsOf(data, limits.bodyRecordsMax - records.length);
    if (parts === undefined) {
      refused.push({ ...tooManyRecords, path: `/records/${index}/data` });
      continue;
    }
    for (const part of parts)
      if ('bytes' in part) records.push(part);
      else refused.push({ ...part, path: `/records/${index}/data ${part.path}`.trimEnd() });
  }
  const { requestId, timestamp = 0 } = delivery;
  const answer = jsonAnswer(200, { requestId, timestamp }, { 'content-type': 'application/json' });
  return succeeded({ records, refused, answer });
}

function deliveryOf(bytes: Uint8Array): Delivery | undefined {
  try {
    const body = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Delivery> | null;
    const isDelivery = typeof body?.requestId === 'string' && Array.isArray(body.records);
    return isDelivery ? (body as Delivery) : undefined;
  } catch {
    return undefined;
  }
}

function dataOf(item: unknown, bytesMax: number): Uint8Array | Failure {
  const data = (item as { data?: unknown } | null)?.data;
  if (typeof data !== 'string' || data === '')
    return { code: 'missing_field', path: '', message: 'expected base64 text in "data"' };
  const bytes = Buffer.from(data, 'base64');
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (bytesMax <= 0 || (!isGzip && bytes.length > bytesMax)) return tooLarge();
  if (!isGzip) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return tooLarge();
    return { code: 'bad_wire_format', path: '', message: 'the gzip data are damaged' };
  }
}

function tooLarge(): Failure {
  const message = `a delivery inflates to more than ${limits.fileRecordBytesMax} bytes`;
  return { code: 'too_large', path: '', message };
}

/**
 * JSON values one after the other, else lines. A log subscription too large for one record gives one per log event. Undefined: there are
 * more than `partsMax`.
 */
function partsOf(data: Uint8Array, partsMax: number): (BodyRecord | Failure)[] | undefined {
  const first = data.find((byte) => byte > 0x20);
  if (first !== 0x7b && first !== 0x5b) return linesOf(data, partsMax);
  const values = splitJsonValues(data, partsMax + 1);
  if (values.length > partsMax) return undefined;
  const parts = values.flatMap((value) => {
    const members = value.length > limits.recordBytesMax ? ['logEvents'] : [];
    return (splitJsonList(value, members) ?? [value]).map((bytes) => ({
      bytes,
      contentType: 'application/json',
    }));
  });
  return parts.length > partsMax ? undefined : parts;
}

function linesOf(data: Uint8Array, partsMax: number): (BodyRecord | Failure)[] | undefined {
  const parts: (BodyRecord | Failure)[] = [];
  for (const line of linesIn(data, limits.recordBytesMax)) {
    if (parts.length === partsMax) return undefined;
    if ('bytes' in line) parts.push({ bytes: line.bytes, contentType: 'text/plain' });
    else {
      const message = `a line has ${line.tooLongBytes} bytes; at most ${limits.recordBytesMax} are accepted`;
      parts.push({ code: 'too_large', path: `byte ${line.endOffset - line.tooLongBytes}`, message });
    }
  }
  return parts;
}
