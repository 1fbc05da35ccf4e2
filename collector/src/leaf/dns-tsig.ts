/** The TSIG record (RFC 8945): its fields, and the octets a MAC is computed over. Computing it is the transport's work. */
import { nameToWire, takeName } from './dns-name.ts';
import { spoil, takeBytes, takeU16, takeU32, type WireCursor } from './wire-cursor.ts';

/** A transaction signature as received. `timeSigned` and `fudge` in seconds. */
export interface TransactionSignature {
  readonly keyName: string;
  readonly algorithm: string;
  readonly timeSigned: number;
  readonly fudge: number;
  readonly mac: Uint8Array;
  readonly originalId: number;
  /** Extended RCODE: 0, 16 BADSIG, 17 BADKEY, 18 BADTIME. */
  readonly error: number;
  readonly otherData: Uint8Array;
  /** Octet of the message at which the TSIG record begins. */
  readonly startsAt: number;
}

/** Reads the RDATA of a TSIG record. */
export function readTransactionSignature(
  cursor: WireCursor,
  keyName: string,
  startsAt: number,
): TransactionSignature {
  const algorithm = takeName(cursor);
  const timeSigned = takeU16(cursor) * 4_294_967_296 + takeU32(cursor);
  const fudge = takeU16(cursor);
  const mac = takeBytes(cursor, takeU16(cursor));
  const originalId = takeU16(cursor);
  const error = takeU16(cursor);
  const otherData = takeBytes(cursor, takeU16(cursor));
  if (cursor.problem === undefined && cursor.at !== cursor.end) spoil(cursor, 'TSIG RDATA is too long');
  return { keyName, algorithm, timeSigned, fudge, mac, originalId, error, otherData, startsAt };
}

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function timeOctets(seconds: number): number[] {
  const high = Math.floor(seconds / 4_294_967_296);
  const low = seconds % 4_294_967_296;
  return [...u16(high), ...u16(Math.floor(low / 65_536)), ...u16(low & 0xffff)];
}

/** Fields a signer chooses. Names canonical, `timeSigned` and `fudge` in seconds. */
export type SignatureFields = Pick<
  TransactionSignature,
  'keyName' | 'algorithm' | 'timeSigned' | 'fudge' | 'error' | 'otherData'
>;

/**
 * The "TSIG variables" that follow the message in the digest (RFC 8945 section 4.3.3). `timersOnly` is the short form for
 * the second and later messages of one answer (section 5.3.1).
 */
export function signatureVariables(fields: SignatureFields, timersOnly: boolean): Uint8Array {
  const timers = [...timeOctets(fields.timeSigned), ...u16(fields.fudge)];
  if (timersOnly) return Uint8Array.from(timers);
  return Uint8Array.from([
    ...(nameToWire(fields.keyName) ?? [0]),
    ...u16(255),
    0,
    0,
    0,
    0,
    ...(nameToWire(fields.algorithm) ?? [0]),
    ...timers,
    ...u16(fields.error),
    ...u16(fields.otherData.length),
    ...fields.otherData,
  ]);
}

/** A request or answer before its TSIG record was added: record cut off, ARCOUNT one less, original id restored. */
export function withoutSignature(message: Uint8Array, tsig: TransactionSignature): Uint8Array {
  const bare = message.slice(0, tsig.startsAt);
  const additional = ((bare[10]! << 8) | bare[11]!) - 1;
  bare.set(u16(additional), 10);
  bare.set(u16(tsig.originalId), 0);
  return bare;
}

/** `message` with a TSIG record for `mac` at its end. */
export function withSignature(message: Uint8Array, fields: SignatureFields, mac: Uint8Array): Uint8Array {
  const rdata = [
    ...(nameToWire(fields.algorithm) ?? [0]),
    ...timeOctets(fields.timeSigned),
    ...u16(fields.fudge),
    ...u16(mac.length),
    ...mac,
    message[0]!,
    message[1]!,
    ...u16(fields.error),
    ...u16(fields.otherData.length),
    ...fields.otherData,
  ];
  const record = [
    ...(nameToWire(fields.keyName) ?? [0]),
    ...u16(250),
    ...u16(255),
    0,
    0,
    0,
    0,
    ...u16(rdata.length),
    ...rdata,
  ];
  const signed = new Uint8Array(message.length + record.length);
  signed.set(message);
  signed.set(record, message.length);
  const additional = ((message[10]! << 8) | message[11]!) + 1;
  signed.set(u16(additional), 10);
  return signed;
}
