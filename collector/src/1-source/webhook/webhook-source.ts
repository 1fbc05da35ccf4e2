/** Deliveries pushed to us: verified, stored, and only then answered 2xx. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Intake, SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { jsonAnswer, problemAnswer, type HttpAnswer, type HttpRequest } from '../../contract/http.ts';
import { limits } from '../../contract/limits.ts';
import { succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import type { SourceName } from '../../contract/source-name.ts';
import type { Secret } from '../../leaf/secret.ts';
import { wholeBody, type BodyRecord, type FrameBody } from './body-framing.ts';
import type { SchemeSettings, Verdict, VerifyLater } from './delivery.ts';
import { createDeliveryMemory } from './delivery-memory.ts';
import { sameSecret } from './digest.ts';
import { createRateBucket } from './rate-bucket.ts';
import { schemes, type SchemeName } from './schemes.ts';

/** Settings of one webhook source. */
export interface WebhookSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string;
  readonly scheme: SchemeName;
  readonly schemeSettings: SchemeSettings;
  /** Judges deliveries instead of the scheme. */
  readonly verify?: VerifyLater;
  /** How a body becomes records; absent: the body is the record. */
  readonly frame?: FrameBody;
  /** Path below the source that the protocol of the sender appends, e.g. `v1/logs`. */
  readonly pathSuffix?: string;
  /** Last part of the path, `/ingest/<id>/<secret>`; absent: no such part. */
  readonly pathSecret?: Secret;
  /** Metadata every record of this source carries, such as a field mapping, so that a replay reads it alike. */
  readonly meta?: Readonly<Record<string, string>>;
  readonly bodyBytesMax: number;
  readonly acceptCompressed: boolean;
  readonly ratePerSecond: number;
}

/** A webhook source: a run like any other, and the handler of its path. */
export interface WebhookSource extends SourceRun {
  readonly bodyBytesMax: number;
  /** Path its protocol prescribes, e.g. `v1/logs`. */
  readonly pathSuffix?: string;
  /** Answers one delivery. `rest` is the path after `/ingest/<id>`, without slash; '' for none. Never rejects. */
  deliver(request: HttpRequest, rest: string): Promise<HttpAnswer>;
}

const inflate = promisify(gunzip);
const retryLater = { 'retry-after': '30' };

/** Builds the source. Deliveries before `run` was called are answered 503. */
export function createWebhookSource(settings: WebhookSettings, surroundings: Surroundings): WebhookSource {
  const verify = settings.verify ?? schemes[settings.scheme](settings.schemeSettings);
  const memory = createDeliveryMemory();
  const inFlight = new Map<string, Promise<HttpAnswer>>();
  // Apart, so that strangers cannot use up what the sender may send.
  const fromSender = createRateBucket(settings.ratePerSecond);
  const fromStranger = createRateBucket(settings.ratePerSecond);
  let intake: Intake | undefined;

  const store = async (
    request: HttpRequest,
    verdict: Extract<Verdict, { kind: 'verified' | 'hint' }>,
  ): Promise<HttpAnswer> => {
    if (intake === undefined) return problemAnswer(503, 'not ready', 'intake is not open', retryLater);
    const plain = await plainBody(request, settings);
    if ('status' in plain) return plain;
    const framed = await (settings.frame ?? wholeBody)(plain.body, contentTypeOf(request));
    if (!framed.ok) return problemAnswer(400, framed.failure.code, framed.failure.message);
    for (const failure of framed.value.refused)
      surroundings.log('error', 'part of a delivery could not be taken', {
        source: settings.identity.id,
        ...failure,
      });
    const records = framed.value.records.map((part) => recordOf(settings, request, part, verdict));
    try {
      if (records.length > 0) await intake.accept(records);
    } catch (error) {
      return notStored(error, surroundings);
    }
    intake.heartbeat(settings.identity);
    if (verdict.deliveryId !== undefined) memory.add(verdict.deliveryId, request.receivedAtMs);
    return framed.value.answer ?? jsonAnswer(200, { accepted: true });
  };

  const once = (
    request: HttpRequest,
    verdict: Extract<Verdict, { kind: 'verified' | 'hint' }>,
  ): Promise<HttpAnswer> => {
    const id = verdict.deliveryId;
    if (id === undefined) return store(request, verdict);
    if (memory.has(id, request.receivedAtMs))
      return Promise.resolve(jsonAnswer(200, { accepted: true, repeated: true }));
    const running = inFlight.get(id);
    if (running !== undefined) return running;
    const storing = store(request, verdict).finally(() => inFlight.delete(id));
    inFlight.set(id, storing);
    return storing;
  };

  return {
    identity: settings.identity,
    bodyBytesMax: settings.bodyBytesMax,
    ...(settings.pathSuffix === undefined ? {} : { pathSuffix: settings.pathSuffix }),
    async run(opened, signal) {
      intake = opened;
      await aborted(signal);
      intake = undefined;
    },
    probe: () => Promise.resolve(succeeded(`waiting for deliveries at /ingest/${settings.identity.id}`)),
    async deliver(request, rest) {
      if (!pathMatches(settings, rest)) return problemAnswer(404, 'not found');
      if (request.method !== 'POST' && !(request.method === 'GET' && settings.scheme === 'okta'))
        return problemAnswer(405, 'method not allowed', undefined, { allow: 'POST' });
      if (request.body.length > settings.bodyBytesMax) return tooLarge(settings.bodyBytesMax);
      const verdict = await verify(request);
      const known = verdict.kind === 'verified' || verdict.kind === 'hint';
      if (!(known ? fromSender : fromStranger)(request.receivedAtMs))
        return problemAnswer(429, 'too many deliveries', undefined, { 'retry-after': '1' });
      if (verdict.kind === 'challenge') return jsonAnswer(200, verdict.body);
      if (verdict.kind === 'unjudged') {
        surroundings.log('warn', `webhook delivery cannot be judged: ${verdict.failure.message}`, {
          source: settings.identity.id,
          code: verdict.failure.code,
        });
        return problemAnswer(503, 'not judged', 'the proof cannot be checked now; send it again', retryLater);
      }
      if (verdict.kind === 'refused') {
        const { code, message } = verdict.failure;
        surroundings.log('warn', 'webhook delivery refused', {
          source: settings.identity.id,
          code,
          reason: message,
        });
        return problemAnswer(401, code, message);
      }
      return once(request, verdict);
    },
  };
}

function recordOf(
  settings: WebhookSettings,
  request: HttpRequest,
  part: BodyRecord,
  verdict: Extract<Verdict, { kind: 'verified' | 'hint' }>,
): RawRecord {
  const meta: Record<string, string> = { ...settings.meta };
  if (verdict.event !== undefined) meta['event'] = verdict.event;
  if (verdict.deliveryId !== undefined) meta['delivery'] = verdict.deliveryId;
  return {
    tenant: settings.identity.tenant,
    source: settings.feed,
    ...(settings.instance === undefined ? {} : { instance: settings.instance }),
    receivedAtMs: request.receivedAtMs,
    contentType: part.contentType ?? contentTypeOf(request),
    verified: verdict.kind === 'verified',
    bytes: part.bytes,
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
  };
}

function contentTypeOf(request: HttpRequest): string {
  return (request.headers['content-type'] ?? 'application/json').slice(0, 200);
}

async function plainBody(
  request: HttpRequest,
  settings: WebhookSettings,
): Promise<{ body: Uint8Array } | HttpAnswer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return { body: request.body };
  if (encoding !== 'gzip' || !settings.acceptCompressed)
    return problemAnswer(415, 'unsupported content encoding', 'send the body uncompressed', {
      'accept-encoding': 'identity',
    });
  // A body of many records may be larger than one record.
  const bytesMax = settings.frame === undefined ? limits.inflatedBytesMax : limits.fileRecordBytesMax;
  try {
    return { body: await inflate(request.body, { maxOutputLength: bytesMax }) };
  } catch (error) {
    const large = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    return large ? tooLarge(bytesMax) : problemAnswer(400, 'not gzip', 'the body cannot be inflated');
  }
}

function notStored(error: unknown, surroundings: Surroundings): HttpAnswer {
  const code = (error as { code?: string }).code ?? 'unknown';
  surroundings.log('warn', 'webhook delivery could not be stored; the sender was asked to repeat it', {
    code,
  });
  return problemAnswer(503, 'not stored', 'the record could not be made durable; send it again', retryLater);
}

function tooLarge(bytesMax: number): HttpAnswer {
  return problemAnswer(413, 'too large', `at most ${bytesMax} bytes are accepted`);
}

function pathMatches({ pathSecret, pathSuffix }: WebhookSettings, path: string): boolean {
  const rest =
    pathSuffix !== undefined && `/${path}`.endsWith(`/${pathSuffix}`)
      ? path.slice(0, -pathSuffix.length).replace(/\/$/, '')
      : path;
  return pathSecret === undefined ? rest === '' : sameSecret(rest, pathSecret.reveal());
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
