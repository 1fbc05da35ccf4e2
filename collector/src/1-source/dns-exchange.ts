/** One DNS question to one server: UDP with fallback to TCP, and the TCP stream that zone transfers read from. */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { randomInt } from 'node:crypto';
import { messageQueue } from './message-queue.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { readDnsMessage, type DnsMessage } from '../leaf/dns-message.ts';
import { writeQuery } from '../leaf/dns-query-writer.ts';

/** Address and port of a name server; port 53 when absent. `from`: address of ours to ask from, the system's choice when absent. */
export interface ServerAddress {
  readonly address: string;
  readonly port?: number;
  readonly from?: string;
}

/** What to ask. `timeoutMs` bounds UDP and TCP each; UDP is tried twice inside it. */
export interface Question {
  readonly name: string;
  readonly type: string;
  readonly recursionDesired: boolean;
  readonly dnssecOk?: boolean;
  /** Asks a resolver for the answer even when validation fails (CD, RFC 4035 section 3.2.2). */
  readonly checkingDisabled?: boolean;
  readonly timeoutMs: number;
}

/** Payload that passes without fragments nearly everywhere (DNS flag day 2020). */
export const udpPayloadBytes = 1232;

function timedOut(server: ServerAddress): Outcome<never> {
  return failed('endpoint_timeout', `no answer from ${server.address} port ${server.port ?? 53} in time`);
}

/** How long messages are taken in one go. */
const turnMs = 10;
/** Octets read ahead of our work. Primaries give up when a message cannot be sent for half a second, so we read while we think. */
const queuedOctetsMax = 64 * 1024 * 1024;

/** A random message id; the source port is random too, so that a blind forger has 32 bits to guess (RFC 5452). */
export function freshMessageId(): number {
  return randomInt(65_536);
}

/** Sends one datagram and waits for the one that `matches`; anything else that arrives is ignored. */
export function exchangeUdp(
  server: ServerAddress,
  query: Uint8Array,
  timeoutMs: number,
  matches: (bytes: Uint8Array) => boolean,
  signal?: AbortSignal,
): Promise<Outcome<Uint8Array>> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    let settled = false;
    let resend: NodeJS.Timeout | undefined;
    const settle = (outcome: Outcome<Uint8Array>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearTimeout(resend);
      signal?.removeEventListener('abort', abort);
      socket.close();
      resolve(outcome);
    };
    const abort = (): void => settle(failed('endpoint_unreachable', 'stopped'));
    const timer = setTimeout(() => settle(timedOut(server)), timeoutMs);
    const send = (): void => {
      // Connected, so that the kernel drops datagrams of other senders and reports a closed port.
      if (!settled) socket.send(query, (error) => error && settle(unreachable(server, error)));
    };
    signal?.addEventListener('abort', abort);
    socket.on('error', (error) => settle(unreachable(server, error)));
    socket.on('message', (bytes) => {
      if (matches(bytes)) settle(succeeded(bytes));
    });
    const open = (): void =>
      socket.connect(server.port ?? 53, server.address, () => {
        send();
        resend = setTimeout(send, Math.floor(timeoutMs / 2));
      });
    if (server.from === undefined) open();
    else socket.bind(0, server.from, open);
  });
}

function unreachable(server: ServerAddress, error: Error): Outcome<never> {
  return failed('endpoint_unreachable', `${server.address} port ${server.port ?? 53}: ${error.message}`);
}

/**
 * Opens a TCP connection, sends one message, and hands every whole message that comes back to `onMessage`, which returns
 * what to do: `more` to go on, or a final value. `idleMs` bounds the silence between octets.
 */
export function exchangeTcp<T>(
  server: ServerAddress,
  query: Uint8Array,
  idleMs: number,
  onMessage: (bytes: Uint8Array) => Outcome<T> | 'more',
  signal?: AbortSignal,
): Promise<Outcome<T>> {
  return new Promise((resolve) => {
    const { from } = server;
    const socket = connect({
      host: server.address,
      port: server.port ?? 53,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    let settled = false;
    let ended: Outcome<T> | undefined;
    const reader = messageQueue();
    const settle = (outcome: Outcome<T>): void => {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(outcome);
    };
    const abort = (): void => settle(failed('endpoint_unreachable', 'stopped'));
    signal?.addEventListener('abort', abort);
    let isWorking = false;
    /** Takes messages for a few milliseconds, then lets others have their turn; the socket goes on filling the queue meanwhile. */
    const work = (): void => {
      const untilMs = performance.now() + turnMs;
      while (!settled && performance.now() < untilMs) {
        const message = reader.take();
        if (message === undefined) {
          isWorking = false;
          if (ended !== undefined) settle(ended);
          return;
        }
        const verdict = onMessage(message);
        if (verdict !== 'more') settle(verdict);
      }
      if (settled) return;
      if (reader.octets < queuedOctetsMax) socket.resume();
      setImmediate(work);
    };
    const end = (outcome: Outcome<T>): void => {
      ended ??= outcome;
      if (!isWorking) settle(ended);
    };
    socket.setTimeout(idleMs, () => {
      // While we are at work with what came, the silence is ours.
      if (!isWorking) settle(timedOut(server));
    });
    socket.on('error', (error) => end(unreachable(server, error)));
    socket.on('close', () =>
      end(failed('endpoint_unreachable', `${server.address} closed the connection early`)),
    );
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
    });
    socket.on('data', (chunk: Buffer) => {
      reader.push(chunk);
      if (reader.octets >= queuedOctetsMax) socket.pause();
      if (isWorking || settled) return;
      isWorking = true;
      work();
    });
  });
}

function answers(question: Question, id: number): (bytes: Uint8Array) => DnsMessage | undefined {
  return (bytes) => {
    const read = readDnsMessage(bytes);
    if (!read.ok) return undefined;
    const message = read.value;
    const asked = message.questions[0];
    if (!message.response || message.id !== id) return undefined;
    // A server that cannot read the question may answer without it.
    if (asked === undefined) return message.rcode === 'NOERROR' ? undefined : message;
    return asked.name === question.name && asked.type === question.type ? message : undefined;
  };
}

/** True for our answer that was cut so hard that it cannot be read: the header still says so (TC). */
function isCutAnswer(bytes: Uint8Array, id: number): boolean {
  return bytes.length >= 12 && ((bytes[0]! << 8) | bytes[1]!) === id && (bytes[2]! & 0x82) === 0x82;
}

/** Codes by which old servers say that they do not know EDNS (RFC 6891 section 7). */
const ednsRefusals: ReadonlySet<string> = new Set(['FORMERR', 'NOTIMP', 'BADVERS']);

async function askOnce(
  server: ServerAddress,
  question: Question,
  withEdns: boolean,
  signal?: AbortSignal,
): Promise<Outcome<DnsMessage>> {
  const id = freshMessageId();
  const query = writeQuery({
    id,
    name: question.name,
    type: question.type,
    recursionDesired: question.recursionDesired,
    ...(withEdns ? { udpPayloadBytes } : {}),
    ...(question.dnssecOk !== undefined ? { dnssecOk: question.dnssecOk } : {}),
    ...(question.checkingDisabled === true ? { checkingDisabled: true } : {}),
  });
  if (query === undefined) return failed('bad_domain_name', `${question.name} cannot be asked for`);
  const accept = answers(question, id);
  const reply = await exchangeUdp(
    server,
    query,
    question.timeoutMs,
    (bytes) => accept(bytes) !== undefined || isCutAnswer(bytes, id),
    signal,
  );
  if (!reply.ok) return reply;
  const message = accept(reply.value);
  if (message !== undefined && !message.truncated) return succeeded(message);
  return exchangeTcp(
    server,
    query,
    question.timeoutMs,
    (bytes) => {
      const found = accept(bytes);
      return found === undefined
        ? failed('bad_wire_format', `${server.address} answered something else over TCP`)
        : succeeded(found);
    },
    signal,
  );
}

/** Asks over UDP, over TCP when the answer is truncated, without EDNS when the server refuses it. `name` must be canonical. */
export async function askServer(
  server: ServerAddress,
  question: Question,
  signal?: AbortSignal,
): Promise<Outcome<DnsMessage>> {
  const reply = await askOnce(server, question, true, signal);
  if (!reply.ok || !ednsRefusals.has(reply.value.rcode)) return reply;
  const plain = await askOnce(server, question, false, signal);
  return plain.ok ? plain : reply;
}
