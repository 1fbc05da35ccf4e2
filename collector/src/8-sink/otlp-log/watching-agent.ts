/**
 * HTTP agents that note each answer. The OTLP exporter reports only "failed": it keeps the status of retryable answers,
 * Retry-After and the partial-success body to itself, and a delivery that must not lose anything needs all three.
 */
import { Agent as HttpAgent } from 'node:http';
import type { AgentOptions, ClientRequest, IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AgentOptions as TlsAgentOptions } from 'node:https';

/** What the last answer was. */
export interface WatchedAnswer {
  readonly status: number;
  readonly retryAfter?: string;
  readonly body: () => string;
}

/** Where the newest answer is found; cleared by the sink before each attempt. */
export interface AnswerSlot {
  answer: WatchedAnswer | undefined;
}

const bodyBytesMax = 64 * 1024;

function watch(request: ClientRequest, slot: AnswerSlot): void {
  request.once('response', (response: IncomingMessage) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    });
    const retryAfter = response.headers['retry-after'];
    slot.answer = {
      status: response.statusCode ?? 0,
      ...(retryAfter !== undefined && { retryAfter }),
      body: () => Buffer.concat(chunks).toString(),
    };
  });
}

type AddRequest = (request: ClientRequest, options: unknown) => void;

function watching<T extends HttpAgent>(agent: T, slot: AnswerSlot): T {
  const holder = agent as unknown as { addRequest: AddRequest };
  const add = holder.addRequest.bind(agent);
  holder.addRequest = (request, options) => {
    watch(request, slot);
    add(request, options);
  };
  return agent;
}

/** An agent for the protocol (`http:` or `https:`) that keeps one connection and notes answers in `slot`. */
export function watchingAgent(
  protocol: string,
  tls: TlsAgentOptions,
  slot: AnswerSlot,
): HttpAgent | HttpsAgent {
  const common: AgentOptions = { keepAlive: true, maxSockets: 1 };
  return protocol === 'https:'
    ? watching(new HttpsAgent({ ...common, ...tls }), slot)
    : watching(
        new HttpAgent({ ...common, ...(tls.lookup === undefined ? {} : { lookup: tls.lookup }) }),
        slot,
      );
}
