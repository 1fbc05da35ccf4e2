/**
 * Reads the records of a zone transfer answer, message by message: AXFR (RFC 5936), IXFR (RFC 1995) and a full zone in
 * answer to IXFR. Strict where a mistake would corrupt our copy of a zone, tolerant of message boundaries anywhere.
 */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { DnsRecord } from './dns-message.ts';
import { compareSerials } from './serial-number.ts';

/** Receives the content in order. `step` opens one incremental step; `remove` and `add` belong to the last step. */
export interface TransferReceiver {
  /** A record of a full zone; the SOA comes first and once. */
  record(record: DnsRecord): void;
  step(fromSerial: number, toSerial: number): void;
  remove(record: DnsRecord): void;
  add(record: DnsRecord): void;
  /** The step that was open is whole. */
  stepEnded?(): void;
}

/** Form of the answer, known after its second record. */
export type TransferForm = 'unknown' | 'full' | 'incremental';

/** `more`: the answer goes on; `complete`; `current`: our serial is the newest; `use_tcp`: one newer SOA over UDP. */
export type TransferProgress = 'more' | 'complete' | 'current' | 'use_tcp';

/** State of one answer. `soa` is the new SOA, absent before the first record. */
export interface TransferReader {
  readonly form: TransferForm;
  readonly soa: DnsRecord | undefined;
  readonly serial: number | undefined;
  /** Takes the answer section of the next message. After a failure or the end nothing more may be given. */
  push(records: readonly DnsRecord[]): Outcome<TransferProgress>;
}

/** Serial in the canonical data of a SOA record; undefined when it is not a SOA. */
export function soaSerial(record: DnsRecord): number | undefined {
  if (record.type !== 'SOA') return undefined;
  const serial = Number(record.data.split(' ')[2]);
  return Number.isInteger(serial) ? serial : undefined;
}

interface Expected {
  readonly zone: string;
  readonly asked: 'AXFR' | 'IXFR';
  /** Serial we have; absent for AXFR and for a look at a captured message. */
  readonly haveSerial?: number;
  readonly transport: 'udp' | 'tcp';
}

interface State {
  form: TransferForm;
  soa: DnsRecord | undefined;
  serial: number | undefined;
  /** Incremental: true while records are removals; toggles at each SOA. */
  removing: boolean;
  current: number | undefined;
  seen: number;
  done: boolean;
}

function wrong(message: string): Outcome<never> {
  return failed('bad_wire_format', `zone transfer: ${message}`, '/answer');
}

function takeFirst(state: State, record: DnsRecord, zone: string): Outcome<undefined> {
  const serial = soaSerial(record);
  if (serial === undefined || record.name !== zone)
    return wrong(`the first record is not the SOA of ${zone}`);
  state.soa = record;
  state.serial = serial;
  return succeeded(undefined);
}

function takeIncremental(state: State, record: DnsRecord, to: TransferReceiver): Outcome<undefined> {
  const serial = soaSerial(record);
  if (serial === undefined) {
    if (state.removing) to.remove(record);
    else to.add(record);
    return succeeded(undefined);
  }
  if (state.removing) {
    to.step(state.current!, serial);
    state.removing = false;
    state.current = serial;
    return succeeded(undefined);
  }
  if (state.current === state.serial && record.data === state.soa!.data) {
    state.done = true;
    to.stepEnded?.();
    return succeeded(undefined);
  }
  if (serial !== state.current)
    return wrong(`a step begins at serial ${serial}, but the last one ended at ${state.current}`);
  state.removing = true;
  to.stepEnded?.();
  return succeeded(undefined);
}

function takeSecond(
  state: State,
  record: DnsRecord,
  expected: Expected,
  to: TransferReceiver,
): Outcome<undefined> {
  const serial = soaSerial(record);
  if (expected.asked === 'IXFR' && serial !== undefined) {
    if (serial === state.serial) return wrong('the incremental answer is empty');
    if (expected.haveSerial !== undefined && serial !== expected.haveSerial)
      return wrong(`the first step begins at serial ${serial}, we have ${expected.haveSerial}`);
    state.form = 'incremental';
    state.removing = true;
    state.current = serial;
    return succeeded(undefined);
  }
  state.form = 'full';
  to.record(state.soa!);
  return takeFull(state, record, expected.zone, to);
}

function takeFull(state: State, record: DnsRecord, zone: string, to: TransferReceiver): Outcome<undefined> {
  if (record.type !== 'SOA') {
    to.record(record);
    return succeeded(undefined);
  }
  if (record.name !== zone || record.data !== state.soa!.data)
    return wrong('a second SOA differs from the first: the zone changed under the transfer');
  state.done = true;
  return succeeded(undefined);
}

/** Only SOA of the first message: newest already, or come back by TCP, or (TCP) the first of many small messages. */
function loneSoa(state: State, expected: Expected): TransferProgress {
  if (expected.asked !== 'IXFR' || state.seen !== 1) return 'more';
  const order =
    expected.haveSerial === undefined ? undefined : compareSerials(state.serial!, expected.haveSerial);
  if (order === 0 || order === -1) return 'current';
  return expected.transport === 'udp' ? 'use_tcp' : 'more';
}

/** A reader for one answer that hands the content to `to`. */
export function transferReader(expected: Expected, to: TransferReceiver): TransferReader {
  const state: State = {
    form: 'unknown',
    soa: undefined,
    serial: undefined,
    removing: false,
    current: undefined,
    seen: 0,
    done: false,
  };
  function take(record: DnsRecord): Outcome<undefined> {
    if (state.done) return wrong('records follow the final SOA');
    if (record.class !== 'IN') return wrong(`record of class ${record.class}`);
    state.seen++;
    if (state.seen === 1) return takeFirst(state, record, expected.zone);
    if (state.seen === 2) return takeSecond(state, record, expected, to);
    return state.form === 'full'
      ? takeFull(state, record, expected.zone, to)
      : takeIncremental(state, record, to);
  }
  return {
    get form() {
      return state.form;
    },
    get soa() {
      return state.soa;
    },
    get serial() {
      return state.serial;
    },
    push(records) {
      for (const record of records) {
        const outcome = take(record);
        if (!outcome.ok) return outcome;
      }
      return succeeded(state.done ? 'complete' : loneSoa(state, expected));
    },
  };
}
