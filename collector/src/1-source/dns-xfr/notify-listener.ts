/**
 * Listens for NOTIFY (RFC 1996) over UDP and TCP. A NOTIFY is a hint: only from configured primaries, only for configured
 * zones, and it merely wakes the zone's own check. Everything else is refused or ignored.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { isIPv6 } from 'node:net';
import { canonicalIp } from '../../leaf/ip-address.ts';
import { readDnsMessage } from '../../leaf/dns-message.ts';
import { writeNotifyAnswer } from '../../leaf/dns-query-writer.ts';
import { takeName } from '../../leaf/dns-name.ts';
import { wireCursor } from '../../leaf/wire-cursor.ts';
import { checkRequest, signAnswer, type TsigKey } from './tsig-session.ts';

/**
 * What the listener asks and tells. `allowed`: may this peer notify this zone? `keyFor`: key that its NOTIFY must be signed with;
 * undefined: it need not be. `onNotify` gets the octets as they came.
 */
export interface NotifyHandler {
  allowed(zone: string, peer: string): boolean;
  keyFor?(zone: string, peer: string): TsigKey | undefined;
  nowMs(): number;
  onNotify(zone: string, peer: string, bytes: Uint8Array): void;
}

/** A listener that is bound. `port` is the real one when 0 was asked for. */
export interface NotifyListener {
  readonly port: number;
  close(): Promise<void>;
}

const headerOctets = 12;
const messageOctetsMax = 4096;
const connectionsMax = 64;
const connectionIdleMs = 5_000;
const rcodeRefused = 5;
const rcodeNotAuth = 9;

/** The answer to a datagram, or undefined when it deserves none. Tells the handler about an accepted NOTIFY. */
export function answerNotify(
  bytes: Uint8Array,
  peer: string,
  handler: NotifyHandler,
): Uint8Array | undefined {
  const read = readDnsMessage(bytes);
  if (!read.ok || read.value.response || read.value.opcode !== 'NOTIFY') return undefined;
  const zone = read.value.questions[0]?.name;
  if (zone === undefined) return undefined;
  const cursor = wireCursor(bytes, headerOctets);
  takeName(cursor);
  const questionEnd = cursor.at + 4;
  if (!handler.allowed(zone, peer)) return writeNotifyAnswer(bytes, questionEnd, rcodeRefused);
  const key = handler.keyFor?.(zone, peer);
  if (key === undefined) {
    handler.onNotify(zone, peer, bytes);
    return writeNotifyAnswer(bytes, questionEnd, 0);
  }
  const checked = checkRequest(bytes, read.value, key, handler.nowMs());
  if (!checked.ok) return writeNotifyAnswer(bytes, questionEnd, rcodeNotAuth);
  handler.onNotify(zone, peer, bytes);
  return signAnswer(writeNotifyAnswer(bytes, questionEnd, 0), checked.value, key, handler.nowMs());
}

/** Binds UDP and TCP on the same address and port. Rejects when the address cannot be bound. */
export async function listenForNotify(
  address: string,
  port: number,
  handler: NotifyHandler,
): Promise<NotifyListener> {
  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  udp.on('message', (bytes, from) => {
    const answer = answerNotify(bytes, canonicalIp(from.address) ?? from.address, handler);
    if (answer !== undefined) udp.send(answer, from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, address, () => {
      udp.removeListener('error', reject);
      // Errors of a bound socket concern single datagrams; the next NOTIFY or refresh makes up for them.
      udp.on('error', () => undefined);
      resolve();
    });
  });
  const bound = udp.address().port;
  const tcp = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.setTimeout(connectionIdleMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2) {
        const length = pending.readUInt16BE(0);
        if (length > messageOctetsMax) {
          socket.destroy();
          return;
        }
        if (pending.length < 2 + length) break;
        const peer = canonicalIp(socket.remoteAddress ?? '') ?? '';
        const answer = answerNotify(pending.subarray(2, 2 + length), peer, handler);
        pending = pending.subarray(2 + length);
        if (answer === undefined) continue;
        const framed = Buffer.alloc(2 + answer.length);
        framed.writeUInt16BE(answer.length);
        framed.set(answer, 2);
        socket.write(framed);
      }
    });
  });
  tcp.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(bound, address, () => resolve());
  }).catch((error: unknown) => {
    udp.close();
    throw error;
  });
  return {
    port: bound,
    async close() {
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}
