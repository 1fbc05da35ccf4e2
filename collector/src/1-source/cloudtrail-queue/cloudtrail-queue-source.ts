/**
 * CloudTrail files announced in an SQS queue (docs.aws.amazon.com, "Amazon SQS API reference", JSON protocol 1.0).
 *
 * The queue is the cursor: a message is deleted once the records of its objects are durable, so that a crash only makes
 * it visible again. What cannot be read stays in the queue, for its redrive policy.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded, type Failure, type Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { jsonElements } from '../json-elements.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { acceptWhenPossible } from '../patient-intake.ts';
import { notifiedObjects, type NotifiedObject } from './notified-objects.ts';
import { createAskAws, type AskAws, type AwsKeys } from './signed-request.ts';

/** Settings. The keys need `sqs:ReceiveMessage` and `sqs:DeleteMessage` on the queue and `s3:GetObject` on the prefix. */
export interface CloudtrailQueueSettings {
  readonly identity: SourceIdentity;
  readonly instance?: string | undefined;
  readonly region: string;
  readonly queueUrl: string;
  readonly keys: AwsKeys;
  /** Only objects of these buckets are read; absent: of any that the keys may read. */
  readonly buckets?: readonly string[] | undefined;
  /** Absent: `https://s3.<region>.amazonaws.com`. */
  readonly s3Url?: string | undefined;
}

interface Message {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
}

const longPollS = 20;
/** Longer than reading ten objects takes; a message that is not deleted by then is delivered again. */
const hiddenS = 300;
const inflate = promisify(gunzip);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Builds the source. */
export function createCloudtrailQueueSource(
  settings: CloudtrailQueueSettings,
  client: OutgoingClient,
  around: Surroundings,
): SourceRun {
  const ask = createAskAws(client, settings.region, settings.keys);
  const queue = createQueue(settings, ask);
  return {
    identity: settings.identity,
    probe: async (signal) => {
      const answer = await queue.call(
        'GetQueueAttributes',
        { AttributeNames: ['QueueArn'] },
        around.nowMs(),
        signal,
      );
      return answer.ok ? succeeded('the queue answers') : answer;
    },
    run: (intake, signal) => drain(settings, queue, ask, around, intake, signal),
  };
}

/** The queue's API; failures carry the wait the other side asked for. */
interface Queue {
  call(
    action: string,
    fields: Readonly<Record<string, unknown>>,
    nowMs: number,
    signal: AbortSignal,
  ): Promise<Outcome<Readonly<Record<string, unknown>>> & { readonly afterMs?: number | undefined }>;
}

function createQueue(settings: CloudtrailQueueSettings, ask: AskAws): Queue {
  const url = new URL('/', settings.queueUrl).href;
  return {
    async call(action, fields, nowMs, signal) {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` };
      const body = JSON.stringify({ QueueUrl: settings.queueUrl, ...fields });
      const timeoutMs = (longPollS + 15) * 1000;
      const answer = await ask(
        { service: 'sqs', method: 'POST', url, headers, body, timeoutMs },
        nowMs,
        signal,
      );
      if (!answer.ok) return { ok: false, failure: answer.failure, afterMs: answer.afterMs };
      try {
        const value: unknown = answer.text === '' ? {} : JSON.parse(answer.text);
        if (typeof value === 'object' && value !== null) return succeeded(value as Record<string, unknown>);
      } catch {
        // Said below.
      }
      return failed('not_json', 'the queue answered with something that is no JSON object');
    },
  };
}

async function drain(
  settings: CloudtrailQueueSettings,
  queue: Queue,
  ask: AskAws,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<void> {
  const { identity } = settings;
  let failures = 0;
  let told = '';
  while (!signal.aborted) {
    const wish = { MaxNumberOfMessages: 10, WaitTimeSeconds: longPollS, VisibilityTimeout: hiddenS };
    const received = await queue.call('ReceiveMessage', wish, around.nowMs(), signal);
    if (signal.aborted) return;
    if (!received.ok) {
      failures += 1;
      if (told !== received.failure.code)
        report(around, identity.id, 'source cannot be read', received.failure);
      told = received.failure.code;
      const own = Math.min(300_000, 1_000 * 2 ** Math.min(failures - 1, 20));
      const waitMs = Math.max(received.afterMs ?? 0, own / 2 + (own / 2) * around.random());
      await around.sleep(waitMs, signal).catch(() => {});
      continue;
    }
    if (told !== '') around.log('info', 'source answers again', { source: identity.id });
    told = '';
    failures = 0;
    intake.heartbeat(identity);
    const messages = messagesOf(received.value);
    let taken = 0;
    for (const message of messages) {
      if (!(await takeMessage(settings, message, queue, ask, around, intake, signal))) continue;
      taken += 1;
    }
    // A queue of nothing but what cannot be read must not make the loop spin.
    if (taken === 0) await around.sleep(1_000, signal).catch(() => {});
  }
}

function report(around: Surroundings, source: string, what: string, failure: Failure): void {
  const needsPerson = failure.code === 'unauthorised';
  around.log(needsPerson ? 'error' : 'warn', `${what}: ${failure.message}`, { source, code: failure.code });
}

function messagesOf(answer: Readonly<Record<string, unknown>>): readonly Message[] {
  const list = Array.isArray(answer['Messages']) ? (answer['Messages'] as unknown[]) : [];
  return list.flatMap((each) => {
    const { MessageId: id, ReceiptHandle: receipt, Body: body } = (each ?? {}) as Record<string, unknown>;
    return typeof id === 'string' && typeof receipt === 'string' && typeof body === 'string'
      ? [{ id, receipt, body }]
      : [];
  });
}

/** True when the message is done with. */
async function takeMessage(
  settings: CloudtrailQueueSettings,
  message: Message,
  queue: Queue,
  ask: AskAws,
  around: Surroundings,
  intake: Intake,
  signal: AbortSignal,
): Promise<boolean> {
  const { identity, buckets } = settings;
  const leave = (failure: Failure): false => {
    around.log('error', `a message stays in the queue: ${failure.message}`, {
      source: identity.id,
      code: failure.code,
      message: message.id,
    });
    return false;
  };
  const objects = notifiedObjects(message.body);
  if (objects === undefined)
    return leave({ code: 'unsupported_format', path: '', message: 'it is no notice about S3 objects' });
  for (const object of objects) {
    if (buckets !== undefined && !buckets.includes(object.bucket))
      return leave({
        code: 'bad_configuration',
        path: '',
        message: `bucket ${object.bucket} is not one of "buckets"`,
      });
    const records = await readObject(settings, object, ask, around, signal);
    if (signal.aborted) return false;
    if (!records.ok) return leave(records.failure);
    if (
      records.value.length > 0 &&
      !(await acceptWhenPossible(intake, records.value, undefined, around, signal))
    )
      return false;
  }
  const deleted = await queue.call(
    'DeleteMessage',
    { ReceiptHandle: message.receipt },
    around.nowMs(),
    signal,
  );
  if (!deleted.ok)
    report(
      around,
      identity.id,
      'a message that was taken could not be deleted and will come again',
      deleted.failure,
    );
  return true;
}

async function readObject(
  settings: CloudtrailQueueSettings,
  { bucket, key }: NotifiedObject,
  ask: AskAws,
  around: Surroundings,
  signal: AbortSignal,
): Promise<Outcome<readonly RawRecord[]>> {
  const base = settings.s3Url ?? `https://s3.${settings.region}.amazonaws.com`;
  const url = `${base.replace(/\/$/, '')}/${bucket}/${key.split('/').map(encodeKey).join('/')}`;
  const answer = await ask(
    { service: 's3', method: 'GET', url, answerBytesMax: limits.fileRecordBytesMax },
    around.nowMs(),
    signal,
    'bytes',
  );
  const place = `s3://${bucket}/${key}`;
  if (!answer.ok) return failed(answer.failure.code, `${place}: ${answer.failure.message}`);
  const plain = await inflated(answer.answer.body);
  if (!plain.ok) return failed(plain.failure.code, `${place}: ${plain.failure.message}`);
  const elements = jsonElements(plain.value, 'Records');
  if (!elements.ok) return failed(elements.failure.code, `${place}: ${elements.failure.message}`);
  return succeeded(
    elements.value.map((text) => ({
      tenant: settings.identity.tenant,
      source: 'aws-cloudtrail',
      ...(settings.instance === undefined ? {} : { instance: settings.instance }),
      receivedAtMs: around.nowMs(),
      contentType: 'application/json',
      verified: true,
      bytes: Buffer.from(text),
      meta: { source: settings.identity.id, file: key.slice(key.lastIndexOf('/') + 1) },
    })),
  );
}

/** Percent-encoding of RFC 3986, which SigV4 asks for; `encodeURIComponent` leaves five characters more as they are. */
function encodeKey(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** CloudTrail writes gzip; S3 gives it as stored, whether or not the transport names it. */
async function inflated(bytes: Uint8Array): Promise<Outcome<string>> {
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const plain = isGzip ? await inflate(bytes, { maxOutputLength: 8 * limits.fileRecordBytesMax }) : bytes;
    return succeeded(utf8.decode(plain));
  } catch (error) {
    const code = (error as { code?: string }).code;
    return code === 'ERR_BUFFER_TOO_LARGE'
      ? failed('too_large', 'the object is too large after inflating')
      : failed('bad_wire_format', 'the object is neither gzip nor UTF-8 text');
  }
}
