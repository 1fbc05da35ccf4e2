/** Webhooks for chat, ticket and SOAR systems: one POST per signal, signed, with an id that repeats at repetitions. */
import type { Signal, SignalKind, SinkRun, Surroundings } from '../../contract/component.ts';
import type { Delivery } from '../../contract/outcome.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Case } from '../../contract/case.ts';
import type { Finding } from '../../contract/finding.ts';
import { compareSeverity } from '../../contract/severity.ts';
import type { Severity } from '../../contract/severity.ts';
import { deliveryOf } from '../http-outcome.ts';
import { createHttpPost } from './http-post.ts';
import type { HttpPost } from './http-post.ts';
import { payloadOf } from './payload.ts';
import type { PayloadShape } from './payload.ts';
import { signedHeaders, webhookKey } from './signature.ts';

/** Where to send what. */
export interface WebhookSinkOptions {
  readonly id: string;
  readonly url: string;
  readonly accepts: readonly SignalKind[];
  readonly shape: PayloadShape;
  /** Shared secret, `whsec_…` or any text. Absent: unsigned, only for receivers that know the sender otherwise. */
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Findings and cases below it are passed over. Absent: everything is sent. Events and scores have no severity. */
  readonly minimumSeverity?: Severity;
  readonly around: Pick<Surroundings, 'nowMs'>;
  /** Transport; default: node's own client with default TLS settings. */
  readonly post?: HttpPost;
}

function isBelow({ kind, body }: Signal, minimum: Severity | undefined): boolean {
  if (minimum === undefined) return false;
  if (kind === 'finding') return compareSeverity((body as Finding).severity, minimum) < 0;
  if (kind !== 'case') return false;
  // By the worst it ever was: who heard of a case must also hear that it became harmless or was closed.
  const { severity, severity_history: history } = body as Case;
  return (
    history.every((entry) => compareSeverity(entry.severity, minimum) < 0) &&
    compareSeverity(severity, minimum) < 0
  );
}

/** Builds the sink. */
export function createWebhookSink(options: WebhookSinkOptions): SinkRun {
  const post = options.post ?? createHttpPost();
  const key = options.secret === undefined ? undefined : webhookKey(options.secret);
  const send = async (
    id: string,
    contentType: string,
    body: string,
    signal: AbortSignal,
  ): Promise<Delivery> => {
    const timestampS = Math.floor(options.around.nowMs() / 1000);
    const headers = {
      'user-agent': 'zonewarden',
      ...options.headers,
      'content-type': contentType,
      ...(key === undefined ? { 'webhook-id': id } : signedHeaders(key, id, timestampS, body)),
    };
    try {
      const answer = await post(options.url, { headers, body, timeoutMs: options.timeoutMs }, signal);
      return deliveryOf(answer, 1, options.around.nowMs());
    } catch (error) {
      const isTimeout =
        error instanceof Error && /Timeout|Abort/.test(`${error.name} ${String(error.cause)}`);
      const message = error instanceof Error ? error.message : String(error);
      return { status: 'retryable', code: isTimeout ? 'endpoint_timeout' : 'endpoint_unreachable', message };
    }
  };
  return {
    id: options.id,
    accepts: options.accepts,
    // One: an answer is about one delivery, so a batch could be half taken.
    batchMax: 1,
    async write(batch: readonly Signal[], signal) {
      for (const one of batch) {
        if (isBelow(one, options.minimumSeverity)) continue;
        const { contentType, body } = payloadOf(one, options.shape);
        const delivery = await send(one.key, contentType, body, signal);
        if (delivery.status !== 'delivered') return delivery;
      }
      return { status: 'delivered' };
    },
    async probe(signal) {
      const body = JSON.stringify({
        type: 'zonewarden.probe',
        timestamp: new Date(options.around.nowMs()).toISOString(),
        data: {},
      });
      const delivery = await send(`probe-${options.around.nowMs()}`, 'application/json', body, signal);
      // Refusing a body it does not know still proves that the endpoint is there and lets us in.
      if (delivery.status !== 'retryable') return succeeded('answers');
      return failed(delivery.code, delivery.message, options.url.replace(/\?.*$/, ''));
    },
    close: async () => undefined,
  };
}
