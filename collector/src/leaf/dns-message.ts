/**
 * One DNS message from the wire (RFC 1035 section 4, EDNS of RFC 6891, UPDATE of RFC 2136, TSIG of RFC 8945).
 *
 * Own code because two needs meet here that no kept package has together: query telemetry at well over 100,000 messages a
 * second, and refusing damaged input with a reason instead of an exception or a guess. A message is read whole or refused.
 */
import { opcodeName, rcodeName, recordClassName, recordTypeName } from './dns-codes.ts';
import { readEdns, type Edns } from './dns-edns.ts';
import { takeName } from './dns-name.ts';
import { rdataText } from './dns-rdata.ts';
import { readTransactionSignature, type TransactionSignature } from './dns-tsig.ts';
import {
  adoptProblem,
  spoil,
  takeBytes,
  takeU16,
  takeU32,
  wireCursor,
  type WireCursor,
} from './wire-cursor.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';

/** A question, or the zone section of an UPDATE. Names are canonical; `nativeName` keeps the letters as sent (0x20). */
export interface DnsQuestion {
  readonly name: string;
  readonly nativeName: string;
  readonly type: string;
  readonly class: string;
}

/** A resource record. `data` is in presentation form; '' when the RDATA is empty, as in UPDATE deletions. `ttl` seconds. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly ttl: number;
  readonly data: string;
}

/** A whole message. In an UPDATE: questions = zone, answers = prerequisites, authorities = updates. */
export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: string;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** Mnemonic, with the extended bits of EDNS. */
  readonly rcode: string;
  readonly questions: readonly DnsQuestion[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  /** Without OPT and TSIG, which stand in `edns` and `tsig`. */
  readonly additionals: readonly DnsRecord[];
  readonly edns?: Edns;
  readonly tsig?: TransactionSignature;
}

const typeOpt = 41;
const typeTsig = 250;
const headerOctets = 12;
/** Smallest record: root owner, type, class, TTL, empty RDATA. Bounds counts before anything is stored. */
const recordOctetsMin = 11;

interface Sections {
  edns?: Edns;
  tsig?: TransactionSignature;
}

function readQuestion(cursor: WireCursor): DnsQuestion {
  const start = cursor.at;
  const nativeName = takeName(cursor, 'native');
  const name = takeName(wireCursor(cursor.bytes, start));
  return { name, nativeName, type: recordTypeName(takeU16(cursor)), class: recordClassName(takeU16(cursor)) };
}

/** RFC 2181 section 8: a TTL with the top bit set counts as zero. */
function ttlSeconds(raw: number): number {
  return raw > 0x7fff_ffff ? 0 : raw;
}

function readRecord(
  cursor: WireCursor,
  found: Sections,
  isAdditional: boolean,
  isLast: boolean,
): DnsRecord | undefined {
  const startsAt = cursor.at;
  const name = takeName(cursor);
  const type = takeU16(cursor);
  const classCode = takeU16(cursor);
  const ttl = takeU32(cursor);
  const length = takeU16(cursor);
  const dataAt = cursor.at;
  takeBytes(cursor, length);
  if (cursor.problem !== undefined) return undefined;
  const dataEnd = dataAt + length;
  if (type === typeOpt) {
    if (!isAdditional || found.edns !== undefined || name !== '.')
      spoil(cursor, 'OPT record is repeated or misplaced (RFC 6891 section 6.1.1)');
    const inner = wireCursor(cursor.bytes, dataAt, dataEnd);
    found.edns = readEdns(inner, classCode, ttl);
    if (inner.problem !== undefined) adoptProblem(cursor, `EDNS: ${inner.problem}`);
    return undefined;
  }
  if (type === typeTsig) {
    if (!isAdditional || !isLast) spoil(cursor, 'TSIG record is not the last one (RFC 8945 section 5.1)');
    const inner = wireCursor(cursor.bytes, dataAt, dataEnd);
    found.tsig = readTransactionSignature(inner, name, startsAt);
    if (inner.problem !== undefined) adoptProblem(cursor, `TSIG: ${inner.problem}`);
    return undefined;
  }
  const { text, problem } = rdataText(cursor.bytes, type, dataAt, dataEnd);
  if (problem !== undefined) {
    adoptProblem(cursor, problem);
    return undefined;
  }
  return {
    name,
    type: recordTypeName(type),
    class: recordClassName(classCode),
    ttl: ttlSeconds(ttl),
    data: text,
  };
}

function readSection(cursor: WireCursor, count: number, found: Sections, isAdditional: boolean): DnsRecord[] {
  const records: DnsRecord[] = [];
  if (count * recordOctetsMin > cursor.end - cursor.at) spoil(cursor, `${count} records cannot fit`);
  for (let i = 0; i < count && cursor.problem === undefined; i++) {
    const record = readRecord(cursor, found, isAdditional, i === count - 1);
    if (record !== undefined) records.push(record);
  }
  return records;
}

/**
 * Reads one message without the two-octet length of TCP. Never throws; anything damaged is `bad_wire_format` with the
 * octet. Refused too: records whose RDATA is shorter or longer than their type says, octets after the last record,
 * counts that cannot fit.
 */
export function readDnsMessage(bytes: Uint8Array): Outcome<DnsMessage> {
  if (bytes.length < headerOctets)
    return failed('bad_wire_format', `DNS message of ${bytes.length} octets has no whole header`, '/header');
  const cursor = wireCursor(bytes);
  const id = takeU16(cursor);
  const flags = takeU16(cursor);
  const counts = [takeU16(cursor), takeU16(cursor), takeU16(cursor), takeU16(cursor)] as const;
  const questions: DnsQuestion[] = [];
  for (let i = 0; i < counts[0] && cursor.problem === undefined; i++) questions.push(readQuestion(cursor));
  const found: Sections = {};
  const answers = readSection(cursor, counts[1], found, false);
  const authorities = readSection(cursor, counts[2], found, false);
  const additionals = readSection(cursor, counts[3], found, true);
  if (cursor.problem === undefined && cursor.at !== bytes.length)
    spoil(cursor, `${bytes.length - cursor.at} octets follow the last record`);
  if (cursor.problem !== undefined) return failed('bad_wire_format', `DNS message: ${cursor.problem}`);
  return succeeded({
    id,
    response: (flags & 0x8000) !== 0,
    opcode: opcodeName((flags >> 11) & 15),
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    authenticData: (flags & 0x0020) !== 0,
    checkingDisabled: (flags & 0x0010) !== 0,
    rcode: rcodeName((flags & 15) | ((found.edns?.extendedRcode ?? 0) << 4)),
    questions,
    answers,
    authorities,
    additionals,
    ...(found.edns !== undefined ? { edns: found.edns } : {}),
    ...(found.tsig !== undefined ? { tsig: found.tsig } : {}),
  });
}
