/** DNS messages one after the other as TCP carries them (RFC 1035 section 4.2.2): two octets of length before each. */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';

/** Media type of a raw record that holds the messages of one answer, each behind its length. */
export const dnsStreamMediaType = 'application/vnd.zonewarden.dns-stream';

const headerOctets = 12;

/** Whole messages without their lengths; `cut` says what is missing at the end. Undefined: not even one message fits. */
export interface DnsStream {
  readonly messages: readonly Uint8Array[];
  readonly cut?: string;
}

/** Splits a stream; lengths below a header mean that this is no stream. */
export function splitDnsStream(bytes: Uint8Array): DnsStream | undefined {
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = at + 1 < bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : 0;
    const left = bytes.length - at - 2;
    if (length < headerOctets || length > left) {
      if (messages.length === 0) return undefined;
      const cut =
        length < headerOctets
          ? `octet ${at} does not begin a message`
          : `message ${messages.length + 1} announces ${length} octets, ${left} are there`;
      return { messages, cut };
    }
    messages.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return messages.length === 0 ? undefined : { messages };
}

/** True for a query answer (QR set, opcode QUERY) that goes on what `previous` began: the same id. */
export function continuesAnswer(previous: Uint8Array, next: Uint8Array): boolean {
  const isAnswer = (bytes: Uint8Array): boolean => (bytes[2]! & 0xf8) === 0x80;
  return isAnswer(previous) && isAnswer(next) && previous[0] === next[0] && previous[1] === next[1];
}

/** Messages of one answer together, each behind its length again. */
export function joinDnsStream(messages: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(messages.reduce((sum, each) => sum + each.length + 2, 0));
  let at = 0;
  for (const each of messages) {
    joined[at] = each.length >> 8;
    joined[at + 1] = each.length & 0xff;
    joined.set(each, at + 2);
    at += each.length + 2;
  }
  return joined;
}

/** The messages of a record of `dnsStreamMediaType`; a cut stream is refused. */
export function readDnsStream(bytes: Uint8Array): Outcome<readonly Uint8Array[]> {
  const stream = splitDnsStream(bytes);
  if (stream === undefined || stream.cut !== undefined)
    return failed('bad_wire_format', `DNS over TCP: ${stream?.cut ?? 'no whole message'}`);
  return succeeded(stream.messages);
}
