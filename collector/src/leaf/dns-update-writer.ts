/** DNS UPDATE messages (RFC 2136): what must be there, what goes, what comes. */
import { recordTypeCode } from './dns-codes.ts';
import { nameToWire } from './dns-name.ts';
import { rdataOctets } from './dns-rdata-writer.ts';

/** A record set. No values: it must not exist (prerequisite), or it goes (update). */
export interface UpdateSet {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  /** Seconds; 0 in prerequisites. */
  readonly ttl: number;
}

/** One update. `replace` sets are removed as a whole and added anew; `remove` are single records, after all additions. */
export interface UpdateToWrite {
  readonly id: number;
  readonly zone: string;
  readonly require: readonly UpdateSet[];
  readonly replace: readonly UpdateSet[];
  readonly add: readonly UpdateSet[];
  readonly remove: readonly UpdateSet[];
}

const classIn = 1;
const classNone = 254;
const classAny = 255;

function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(Math.floor(value / 65_536)), ...u16(value % 65_536)];
}

/** One record; `data` absent: RDLENGTH 0. */
function record(
  set: Pick<UpdateSet, 'name' | 'type'>,
  className: number,
  ttl: number,
  value?: string,
): number[] | undefined {
  const name = nameToWire(set.name);
  const type = recordTypeCode(set.type);
  const data = value === undefined ? new Uint8Array(0) : rdataOctets(set.type, value);
  if (name === undefined || type === undefined || data === undefined) return undefined;
  return [...name, ...u16(type), ...u16(className), ...u32(ttl), ...u16(data.length), ...data];
}

type Octets = number[] | undefined;

function each(sets: readonly UpdateSet[], className: number, ttlOf: (set: UpdateSet) => number): Octets[] {
  return sets.flatMap((set) => set.values.map((value) => record(set, className, ttlOf(set), value)));
}

/** The message as octets without TCP length and signature. Undefined: a name or value cannot be written. */
export function writeUpdate(update: UpdateToWrite): Uint8Array | undefined {
  const zone = nameToWire(update.zone);
  const prerequisites = [
    ...each(update.require, classIn, () => 0),
    ...update.require.filter(({ values }) => values.length === 0).map((set) => record(set, classNone, 0)),
  ];
  const changes = [
    ...update.replace.map((set) => record(set, classAny, 0)),
    ...each(update.replace, classIn, ({ ttl }) => ttl),
    ...each(update.add, classIn, ({ ttl }) => ttl),
    ...each(update.remove, classNone, () => 0),
  ];
  const all = [...prerequisites, ...changes];
  if (zone === undefined || all.some((one) => one === undefined)) return undefined;
  const opcodeUpdate = 5 << 3;
  return Uint8Array.from([
    ...u16(update.id),
    opcodeUpdate,
    0,
    ...u16(1),
    ...u16(prerequisites.length),
    ...u16(changes.length),
    ...u16(0),
    ...zone,
    ...u16(6),
    ...u16(classIn),
    ...all.flatMap((one) => one ?? []),
  ]);
}
