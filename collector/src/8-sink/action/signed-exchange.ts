/** One DNS message over TCP, signed with TSIG (RFC 8945), and its signed answer. */
import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { connect } from 'node:net';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { readDnsMessage, type DnsMessage } from '../../leaf/dns-message.ts';
import { signatureVariables, withoutSignature, withSignature } from '../../leaf/dns-tsig.ts';

/** Server and key. `secret` in octets. */
export interface SignedServer {
  readonly address: string;
  readonly port: number;
  readonly keyName: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly secret: Uint8Array;
  readonly timeoutMs: number;
}

/** Id of a message; over TCP it only tells answers apart. */
export function freshId(): number {
  return randomInt(65_536);
}

/** Sends `message` signed at `nowMs` and checks that the answer is for it and signed with the same key. */
export async function exchangeSigned(
  server: SignedServer,
  message: Uint8Array,
  nowMs: number,
  signal: AbortSignal,
): Promise<Outcome<DnsMessage>> {
  const hash = server.algorithm.slice('hmac-'.length);
  const fields = {
    keyName: server.keyName,
    algorithm: server.algorithm,
    timeSigned: Math.floor(nowMs / 1000),
    fudge: 300,
    error: 0,
    otherData: new Uint8Array(0),
  };
  const mac = createHmac(hash, server.secret)
    .update(message)
    .update(signatureVariables(fields, false))
    .digest();
  const reply = await overTcp(server, withSignature(message, fields, mac), signal);
  if (!reply.ok) return reply;
  const read = readDnsMessage(reply.value);
  if (!read.ok) return read;
  const answer = read.value;
  const id = ((message[0] ?? 0) << 8) | (message[1] ?? 0);
  if (!answer.response || answer.id !== id)
    return failed('bad_wire_format', 'the answer is for another message');
  const { tsig } = answer;
  if (tsig === undefined)
    return failed(
      'unauthorised',
      `the server answered ${answer.rcode} without signature; it does not know the key`,
    );
  if (tsig.error !== 0)
    return failed(
      'unauthorised',
      `the server refused the signature: error ${tsig.error} (16 BADSIG, 17 BADKEY, 18 BADTIME)`,
    );
  const expected = createHmac(hash, server.secret)
    .update(Uint8Array.of(mac.length >> 8, mac.length & 0xff))
    .update(mac)
    .update(withoutSignature(reply.value, tsig))
    .update(signatureVariables(tsig, false))
    .digest();
  const genuine = tsig.mac.length === expected.length && timingSafeEqual(tsig.mac, expected);
  return genuine ? read : failed('bad_signature', 'the signature of the answer does not match');
}

function overTcp(server: SignedServer, query: Uint8Array, signal: AbortSignal): Promise<Outcome<Uint8Array>> {
  return new Promise((resolve) => {
    const place = `${server.address} port ${server.port}`;
    const socket = connect({ host: server.address, port: server.port });
    let pending = Buffer.alloc(0);
    const settle = (outcome: Outcome<Uint8Array>): void => {
      signal.removeEventListener('abort', stopped);
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const stopped = (): void => settle(failed('endpoint_unreachable', 'stopped'));
    const timer = setTimeout(
      () => settle(failed('endpoint_timeout', `${place} did not answer in time`)),
      server.timeoutMs,
    );
    signal.addEventListener('abort', stopped);
    socket.on('error', (error) => settle(failed('endpoint_unreachable', `${place}: ${error.message}`)));
    socket.on('close', () => settle(failed('endpoint_unreachable', `${place} closed the connection`)));
    socket.on('connect', () => {
      socket.write(Buffer.concat([Buffer.from([query.length >> 8, query.length & 0xff]), query]));
    });
    socket.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2) return;
      const length = pending.readUInt16BE(0);
      if (pending.length >= 2 + length) settle(succeeded(pending.subarray(2, 2 + length)));
    });
  });
}
