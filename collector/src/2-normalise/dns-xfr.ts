/**
 * NOTIFY, zone transfer and UPDATE messages, one DNS message a record (without the TCP length), in wire or dnspython text
 * form, and the zone differences that the transfer client writes. Requests and plain acknowledgements carry no fact.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { readDnsMessage, type DnsMessage } from '../leaf/dns-message.ts';
import { netChanges, type RecordChange } from '../leaf/record-change.ts';
import { soaSerial, transferReader } from '../leaf/zone-transfer.ts';
import { dnsDraft, domainOf, recordChangeDraft, type DnsWitness } from './dns-facts.ts';
import { updateDrafts } from './dns-update.ts';
import { readDnsText } from './dnspython-text.ts';
import { isZoneDifference, zoneDifferenceDrafts } from './zone-difference.ts';

interface Told {
  readonly message: DnsMessage;
  readonly record: RawRecord;
  readonly witness: DnsWitness;
  readonly peer: string | undefined;
  readonly context: NormaliseContext;
  /** False: recorded as text, where a message stands for itself and not for a part of a captured stream. */
  readonly isWire: boolean;
}

function zoneFields(zone: string, peer: string | undefined): Partial<EventDraft> {
  const domain = domainOf(zone, zone);
  return {
    zone,
    ...(domain !== undefined ? { domain } : {}),
    ...(peer !== undefined ? { source_ip: peer } : {}),
  };
}

function signer(message: DnsMessage): Record<string, unknown> {
  return message.tsig === undefined ? {} : { tsig_key: message.tsig.keyName };
}

function notifyDrafts(told: Told): Outcome<readonly EventDraft[]> {
  const { message } = told;
  const zone = message.questions[0]?.name;
  if (zone === undefined) return failed('missing_field', 'NOTIFY without a question', '/question');
  const failure = message.response && message.rcode !== 'NOERROR';
  if (message.response && !failure) return succeeded([]);
  const soa = message.answers.find((record) => record.type === 'SOA');
  const serial = soa === undefined ? undefined : soaSerial(soa);
  return succeeded([
    dnsDraft(told.witness, {
      event_type: 'dns.zone.notify_received',
      ...(failure ? { outcome: 'failure' } : {}),
      ...zoneFields(zone, told.peer),
      ...(serial !== undefined ? { sequence: String(serial) } : {}),
      source: { message_id: message.id, ...(failure ? { rcode: message.rcode } : {}), ...signer(message) },
      key: ['notify', zone, String(serial ?? ''), String(message.id)],
      atom: zone,
    }),
  ]);
}

function transferDraft(
  told: Told,
  zone: string,
  fields: Partial<EventDraft>,
  serial: number | undefined,
): EventDraft {
  return dnsDraft(told.witness, {
    event_type: 'dns.zone.transferred_out',
    ...zoneFields(zone, told.peer),
    ...(serial !== undefined ? { sequence: String(serial) } : {}),
    ...fields,
    key: ['transfer', zone, String(serial ?? ''), String(told.message.id), told.message.rcode],
    atom: zone,
  });
}

/** Later messages of an answer, with or without a question (RFC 5936 section 2.2.1); they begin with anything but count as parts. */
function partDrafts(told: Told): Outcome<readonly EventDraft[]> {
  const soa = told.message.answers.find((record) => record.type === 'SOA');
  if (soa === undefined) return succeeded([]);
  const fields = {
    outcome: 'unknown' as const,
    source: { part: 'last', records: told.message.answers.length },
  };
  return succeeded([transferDraft(told, soa.name, fields, soaSerial(soa))]);
}

function transferDrafts(told: Told, asked: 'AXFR' | 'IXFR', zone: string): Outcome<readonly EventDraft[]> {
  const { message } = told;
  if (!message.response) return succeeded([]);
  if (message.rcode !== 'NOERROR')
    return succeeded([
      transferDraft(told, zone, { outcome: 'failure', source: { rcode: message.rcode, asked } }, undefined),
    ]);
  if (told.isWire && message.answers[0] !== undefined && message.answers[0].type !== 'SOA')
    return partDrafts(told);
  const net = netChanges();
  let from: number | undefined;
  let records = 0;
  const reader = transferReader(
    { zone, asked, transport: 'tcp' },
    {
      record: () => void records++,
      step: (fromSerial) => void (from ??= fromSerial),
      remove: (record) => net.remove(record),
      add: (record) => net.add(record),
    },
  );
  const progress = reader.push(message.answers);
  if (!progress.ok) return progress;
  // One SOA alone: up to date, or "come back by TCP". Nothing moved.
  if (reader.form === 'unknown') return succeeded([]);
  const whole = progress.value === 'complete';
  const source = {
    asked,
    form: reader.form,
    ...(whole ? {} : { part: 'first' }),
    ...(reader.form === 'full' ? { records } : { serial_from: from }),
    ...signer(message),
  };
  const transfer = transferDraft(
    told,
    zone,
    { outcome: whole ? 'success' : 'unknown', source },
    reader.serial,
  );
  if (reader.form === 'full') return succeeded([transfer]);
  const changes = net.changes();
  const transaction = {
    transaction_id: `${zone}/${from ?? ''}/${reader.serial ?? ''}`,
    transaction_size: changes.length,
    sequence: String(reader.serial ?? ''),
  };
  return succeeded([
    { ...transfer, ...transaction },
    ...changes.map((change) => transferChange(told, zone, change, transaction, from)),
  ]);
}

function transferChange(
  told: Told,
  zone: string,
  change: RecordChange,
  transaction: Partial<EventDraft> & { sequence: string },
  from: number | undefined,
): EventDraft {
  return recordChangeDraft(told.witness, change, {
    ...transaction,
    zone,
    source: { serial_from: from ?? null, scope: 'records' },
    key: ['difference', zone, String(from ?? ''), transaction.sequence, change.name, change.type],
  });
}

function messageDrafts(told: Told): Outcome<readonly EventDraft[]> {
  const { message } = told;
  if (message.opcode === 'NOTIFY') return notifyDrafts(told);
  if (message.opcode === 'UPDATE')
    return updateDrafts(message, told.witness, told.peer, told.context.sha256(told.record.bytes));
  const question = message.questions[0];
  if (question === undefined && message.response) return partDrafts(told);
  if (question?.type === 'AXFR' || question?.type === 'IXFR')
    return transferDrafts(told, question.type, question.name);
  // SOA look-ups around a transfer and everything else: a query, kept because nothing may vanish.
  return succeeded([
    dnsDraft(told.witness, {
      event_type: 'other.activity',
      event_type_original: `${message.opcode} ${question?.type ?? ''}`.trim(),
      ...(question !== undefined ? zoneFields(question.name, told.peer) : {}),
      source: { rcode: message.rcode, response: message.response },
      key: [told.context.sha256(told.record.bytes)],
      atom: question?.name ?? '',
    }),
  ]);
}

function looksLikeText(record: RawRecord): boolean {
  if (record.contentType.startsWith('text/')) return true;
  const start = new TextDecoder('latin1').decode(record.bytes.subarray(0, 16));
  return /^id \d{1,5}\r?\n/.test(start);
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isZoneDifference(record)) return zoneDifferenceDrafts(record);
  const isWire = !looksLikeText(record);
  const read = isWire ? readDnsMessage(record.bytes) : readDnsText(record.bytes, record.meta?.['origin']);
  if (!read.ok) return read;
  const witness: DnsWitness = {
    system: 'dns_transfer',
    kind: read.value.opcode === 'UPDATE' ? 'authoritative_log' : 'zone_feed',
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: read.value.opcode === 'NOTIFY' ? 'push' : 'passive',
    confidence: record.verified ? 0.9 : 0.6,
    confidenceBasis: record.verified ? 'passive' : 'unauthenticated_dns_message',
    timeMs: record.receivedAtMs,
    precision: 'ms',
  };
  const peer = canonicalIp(record.meta?.['peer'] ?? '');
  return messageDrafts({ message: read.value, record, witness, peer, context, isWire });
}

/** Feed `dns-xfr`. */
export const dnsXfr: Normaliser = { source: 'dns-xfr', version: 1, normalise };
