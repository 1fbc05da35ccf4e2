/**
 * Our copy of a zone and the difference between two of them. One string per record set keeps a million records within a
 * few hundred megabytes; changes come out per record set with whole old and new sets.
 */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { DnsRecord } from '../../leaf/dns-message.ts';
import type { RecordChange } from '../../leaf/record-change.ts';
import { soaSerial, type TransferReceiver } from '../../leaf/zone-transfer.ts';

/** Types that a signer rewrites all the time and nobody changes by hand; kept out of the copy. */
const machineTypes: ReadonlySet<string> = new Set(['RRSIG', 'NSEC', 'NSEC3', 'ZONEMD']);

/** A zone at one serial. `sets`: `name TAB type` to `ttl LF data LF data …`, data sorted. */
export interface ZoneCopy {
  readonly zone: string;
  serial: number;
  /** When the primary last said that this serial is the newest, epoch milliseconds; 0 before the first time. */
  seenAtMs: number;
  readonly sets: Map<string, string>;
}

/** Joined, because a template would keep the pieces alive beside the whole, a million times. */
function keyOf(record: DnsRecord): string {
  return [record.name, record.type].join('\t');
}

function withRecord(packed: string | undefined, record: DnsRecord): string {
  if (packed === undefined) return [record.ttl, record.data].join('\n');
  const [, ...values] = packed.split('\n');
  if (!values.includes(record.data)) {
    values.push(record.data);
    values.sort();
  }
  return `${record.ttl}\n${values.join('\n')}`;
}

/** Undefined: the record was not there. '' : the set is empty now. */
function withoutRecord(packed: string | undefined, record: DnsRecord): string | undefined {
  if (packed === undefined) return undefined;
  const [ttl, ...values] = packed.split('\n');
  const at = values.indexOf(record.data);
  if (at === -1) return undefined;
  values.splice(at, 1);
  return values.length === 0 ? '' : `${ttl}\n${values.join('\n')}`;
}

/** SOA data without its serial: only a change of the rest is a fact. */
function soaRest(value: string): string {
  const words = value.split(' ');
  words[2] = '';
  return words.join(' ');
}

function setChange(
  key: string,
  before: string | undefined,
  after: string | undefined,
): RecordChange | undefined {
  if (before === after) return undefined;
  const tab = key.indexOf('\t');
  const name = key.slice(0, tab);
  const type = key.slice(tab + 1);
  const [ttlOld, ...old] = before?.split('\n') ?? [];
  const [ttlNew, ...fresh] = after?.split('\n') ?? [];
  if (type === 'SOA' && soaRest(old[0] ?? '') === soaRest(fresh[0] ?? '') && ttlOld === ttlNew)
    return undefined;
  return {
    name,
    type,
    old: before === undefined ? null : old,
    new: after === undefined ? null : fresh,
    ...(ttlOld !== undefined ? { ttlOld: Number(ttlOld) } : {}),
    ...(ttlNew !== undefined ? { ttlNew: Number(ttlNew) } : {}),
    whole: true,
  };
}

/** Changes from `before` to `after`, one at a time; order: sets of the new zone first, then those that are gone. */
export function* zoneDifference(before: ZoneCopy, after: ZoneCopy): Generator<RecordChange> {
  for (const [key, value] of after.sets) {
    const change = setChange(key, before.sets.get(key), value);
    if (change !== undefined) yield change;
  }
  for (const [key, value] of before.sets) {
    if (after.sets.has(key)) continue;
    const change = setChange(key, value, undefined);
    if (change !== undefined) yield change;
  }
}

/** An update of a copy that is under way: takes a transfer, then commits or leaves the copy as it was. */
export interface ZoneUpdate {
  readonly receiver: TransferReceiver;
  /**
   * Ends the update. The result is the new copy (the same object after an incremental transfer) and its changes.
   * Fails when a removed record was not in our copy: we are out of step, load in full.
   */
  commit(serial: number): Outcome<{ copy: ZoneCopy; changes: Iterable<RecordChange> }>;
  /** Puts the copy back. Safe to call at any time before `commit` succeeded. */
  abandon(): void;
}

/** Begins an update of `current`; undefined: there is no copy yet and the transfer must be a full one. */
export function openZoneUpdate(zone: string, current: ZoneCopy | undefined, recordsMax: number): ZoneUpdate {
  const fresh: ZoneCopy = { zone, serial: 0, seenAtMs: 0, sets: new Map() };
  const touched = new Map<string, string | undefined>();
  let problem: string | undefined;
  let records = 0;
  let isFull = false;
  function touch(key: string): void {
    if (!touched.has(key)) touched.set(key, current?.sets.get(key));
  }
  function counted(record: DnsRecord): boolean {
    if (++records > recordsMax) problem ??= `more than ${recordsMax} records; raise the limit of this zone`;
    return problem === undefined && !machineTypes.has(record.type);
  }
  const receiver: TransferReceiver = {
    record(record) {
      isFull = true;
      if (!counted(record)) return;
      const key = keyOf(record);
      const packed = withRecord(fresh.sets.get(key), record);
      const known = current?.sets.get(key);
      // The same text is kept once, not once a copy.
      fresh.sets.set(key, known === packed ? known : packed);
    },
    step() {
      if (current === undefined) problem ??= 'an incremental answer came although we have no copy';
    },
    remove(record) {
      if (!counted(record) || current === undefined) return;
      const key = keyOf(record);
      const left = withoutRecord(current.sets.get(key), record);
      if (left === undefined) {
        problem ??= `${record.name} ${record.type} was to be removed, but our copy does not have it`;
        return;
      }
      touch(key);
      if (left === '') current.sets.delete(key);
      else current.sets.set(key, left);
    },
    add(record) {
      if (!counted(record) || current === undefined) return;
      const key = keyOf(record);
      touch(key);
      current.sets.set(key, withRecord(current.sets.get(key), record));
    },
  };
  function abandon(): void {
    for (const [key, value] of touched)
      if (value === undefined) current?.sets.delete(key);
      else current?.sets.set(key, value);
    touched.clear();
  }
  return {
    receiver,
    abandon,
    commit(serial) {
      if (problem !== undefined) {
        abandon();
        return failed('bad_wire_format', `zone ${zone}: ${problem}`);
      }
      if (isFull || current === undefined) {
        fresh.serial = serial;
        return succeeded({
          copy: fresh,
          changes: current === undefined ? [] : zoneDifference(current, fresh),
        });
      }
      current.serial = serial;
      const changes: RecordChange[] = [];
      for (const [key, before] of touched) {
        const change = setChange(key, before, current.sets.get(key));
        if (change !== undefined) changes.push(change);
      }
      return succeeded({ copy: current, changes });
    },
  };
}

/** The SOA set changes its serial in every incremental step; the steps' SOAs never reach the receiver, so the copy is told. */
export function setZoneSoa(copy: ZoneCopy, soa: DnsRecord): string | undefined {
  const key = keyOf(soa);
  const before = copy.sets.get(key);
  copy.sets.set(key, `${soa.ttl}\n${soa.data}`);
  copy.serial = soaSerial(soa) ?? copy.serial;
  return before;
}

/** Change of the SOA beyond its serial, or undefined. */
export function soaChange(before: string | undefined, soa: DnsRecord): RecordChange | undefined {
  return setChange(keyOf(soa), before, `${soa.ttl}\n${soa.data}`);
}
