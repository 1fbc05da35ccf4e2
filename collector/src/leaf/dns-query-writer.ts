/** DNS messages we send: queries of probes and transfers, and the answer to a NOTIFY. */
import { recordTypeCode } from './dns-codes.ts';
import { nameToWire } from './dns-name.ts';

/** What to ask. `id` 0..65535, chosen by the caller; `udpPayloadBytes` absent means no EDNS. */
export interface QueryToWrite {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly recursionDesired: boolean;
  readonly udpPayloadBytes?: number;
  readonly dnssecOk?: boolean;
  readonly checkingDisabled?: boolean;
  /** IXFR: the serial we have; goes into a SOA of the authority section (RFC 1995 section 3). */
  readonly haveSerial?: number;
}

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(Math.floor(value / 65_536)), ...u16(value & 0xffff)];
}

/** The query as octets without TCP length. Undefined: the name or type cannot be written. */
export function writeQuery(query: QueryToWrite): Uint8Array | undefined {
  const name = nameToWire(query.name);
  const type = recordTypeCode(query.type);
  if (name === undefined || type === undefined) return undefined;
  const authority =
    query.haveSerial === undefined
      ? []
      : [
          0xc0,
          12,
          ...u16(6),
          ...u16(1),
          ...u32(0),
          ...u16(22),
          0,
          0,
          ...u32(query.haveSerial),
          ...Array<number>(16).fill(0),
        ];
  const edns =
    query.udpPayloadBytes === undefined
      ? []
      : [0, ...u16(41), ...u16(query.udpPayloadBytes), 0, 0, query.dnssecOk === true ? 0x80 : 0, 0, 0, 0];
  return Uint8Array.from([
    ...u16(query.id),
    query.recursionDesired ? 1 : 0,
    query.checkingDisabled === true ? 0x10 : 0,
    ...u16(1),
    ...u16(0),
    ...u16(authority.length > 0 ? 1 : 0),
    ...u16(edns.length > 0 ? 1 : 0),
    ...name,
    ...u16(type),
    ...u16(1),
    ...authority,
    ...edns,
  ]);
}

/**
 * Answer to a NOTIFY (RFC 1996 section 3.11): same id, opcode and question, QR set. `rcode` 0 accepts, 5 refuses.
 * `questionEnd` is the octet after the question in the request.
 */
export function writeNotifyAnswer(request: Uint8Array, questionEnd: number, rcode: number): Uint8Array {
  const answer = request.slice(0, questionEnd);
  answer[2] = (request[2]! & 0x79) | 0x84;
  answer[3] = rcode & 15;
  answer.set([0, 1, 0, 0, 0, 0, 0, 0], 4);
  return answer;
}
