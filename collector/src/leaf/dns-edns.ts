/** The OPT pseudo record (RFC 6891) with the options that say something to us. */
import { addressText } from './address-octets.ts';
import { spoil, takeBytes, takeRest, takeU16, takeU8, wireCursor, type WireCursor } from './wire-cursor.ts';

/** EDNS of a message. `clientSubnet` is `address/prefix` of RFC 7871; `extendedErrors` are INFO-CODEs of RFC 8914. */
export interface Edns {
  readonly version: number;
  readonly udpPayloadBytes: number;
  readonly dnssecOk: boolean;
  /** Upper eight bits of the response code. */
  readonly extendedRcode: number;
  readonly optionCodes: readonly number[];
  readonly clientSubnet?: string;
  readonly extendedErrors?: readonly number[];
}

function clientSubnetText(value: Uint8Array): string | undefined {
  const cursor = wireCursor(value);
  const family = takeU16(cursor);
  const sourceBits = takeU8(cursor);
  takeU8(cursor);
  const given = takeRest(cursor);
  const size = family === 1 ? 4 : family === 2 ? 16 : 0;
  if (cursor.problem !== undefined || size === 0 || given.length > size || sourceBits > size * 8)
    return undefined;
  if (given.length !== Math.ceil(sourceBits / 8)) return undefined;
  const address = new Uint8Array(size);
  address.set(given);
  return `${addressText(address)}/${sourceBits}`;
}

/**
 * Reads the options of an OPT record; the fixed fields come in its class and TTL. An option that is cut spoils the cursor;
 * one whose inside is odd is only listed by its code, because servers must ignore it too.
 */
export function readEdns(cursor: WireCursor, classField: number, ttlField: number): Edns {
  const optionCodes: number[] = [];
  const extendedErrors: number[] = [];
  let clientSubnet: string | undefined;
  while (cursor.at < cursor.end) {
    const code = takeU16(cursor);
    const value = takeBytes(cursor, takeU16(cursor));
    if (cursor.problem !== undefined) {
      spoil(cursor, 'EDNS option is cut');
      break;
    }
    optionCodes.push(code);
    if (code === 8) clientSubnet = clientSubnetText(value);
    if (code === 15 && value.length >= 2) extendedErrors.push((value[0]! << 8) | value[1]!);
  }
  return {
    version: Math.floor(ttlField / 65_536) & 0xff,
    udpPayloadBytes: classField,
    dnssecOk: (ttlField & 0x8000) !== 0,
    extendedRcode: Math.floor(ttlField / 16_777_216),
    optionCodes,
    ...(clientSubnet !== undefined ? { clientSubnet } : {}),
    ...(extendedErrors.length > 0 ? { extendedErrors } : {}),
  };
}
