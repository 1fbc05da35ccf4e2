/**
 * NOTIFY, zone transfer and UPDATE messages in wire or dnspython text form, one DNS message a record, or all messages of one answer, and the zone differences that the transfer client writes. Requests and plain acknowledgements carry no fact.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { readDnsMessage, type DnsMessage } from '../leaf/dns-message.ts';
import { dnsStreamMediaType, readDnsStream } from '../leaf/dns-stream.ts';
import { netChanges, type NetChanges, type RecordChange } from '../leaf/record-change.ts';
import { soaSerial, transferReader } from '../leaf/zone-transfer.ts';
import { dnsDraft, domainOf, recordChangeDraft, type DnsWitness } from './dns-facts.ts';
import { updateDrafts } from './dns-update.ts';
import { readDnsTexts } from './dnspython-text.ts';
import { isZoneDifference, zoneDifferenceDrafts } from './zone-difference.ts';

interface Told {
  readonly message: DnsMessage;
  /** Messages of the same answer that came after it. */
  readonly later: readonly DnsMessage[];
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
  const closed = netChanges();
  let openStep: ((to: NetChanges) => void)[] = [];
  let from: number | undefined;
  let records = 0;
  const reader = transferReader(
    { zone, asked, transport: 'tcp' },
    {
      record: () => void records++,
      step: (fromSerial) => void (from ??= fromSerial),
      remove: (record) => void openStep.push((to) => to.remove(record)),
      add: (record) => void openStep.push((to) => to.add(record)),
      stepEnded: () => {
        for (const move of openStep) move(closed);
        openStep = [];
      },
    },
  );
  let whole = false;
  for (const each of [message, ...told.later]) {
    const progress = reader.push(each.answers);
    if (!progress.ok) return progress;
    whole = progress.value === 'complete';
  }
  // One SOA alone: up to date, or "come back by TCP". Nothing moved.
  if (reader.form === 'unknown') return succeeded([]);
  const source = {
    asked,
    form: reader.form,
    ...(whole ? {} : { part: 'first' }),
    ...(reader.form === 'full' ? { records } : { serial_from: from }),
    ...(told.later.length > 0 ? { messages: told.later.length + 1 } : {}),
    ...signer(message),
  };
  const transfer = transferDraft(
    told,
    zone,
    { outcome: whole ? 'success' : 'unknown', source },
    reader.serial,
  );
  if (reader.form === 'full') return succeeded([transfer]);
  if (!whole && !told.isWire)
    return failed(
      'bad_wire_format',
      'zone transfer: the incremental answer ends before its last SOA',
      '/answer',
    );
  // What the open step says may be undone in the part that is missing: removed here, added again there.
  const left = netChanges();
  for (const move of openStep) move(left);
  const undecided = left.changes();
  const changes = closed.changes();
  const transaction = {
    transaction_id: `${zone}/${from ?? ''}/${reader.serial ?? ''}`,
    transaction_size: changes.length + undecided.length,
    sequence: String(reader.serial ?? ''),
  };
  return succeeded([
    { ...transfer, ...transaction },
    ...changes.map((change) => transferChange(told, zone, change, transaction, from)),
    ...undecided.map((change) => ({
      ...transferChange(told, zone, change, transaction, from, 'part'),
      outcome: 'unknown' as const,
    })),
  ]);
}

function transferChange(
  told: Told,
  zone: string,
  change: RecordChange,
  transaction: Partial<EventDraft> & { sequence: string },
  from: number | undefined,
  part?: 'part',
): EventDraft {
  return recordChangeDraft(told.witness, change, {
    ...transaction,
    zone,
    source: { serial_from: from ?? null, scope: 'records', ...(part === undefined ? {} : { part: 'first' }) },
    key: [
      'difference',
      zone,
      String(from ?? ''),
      transaction.sequence,
      change.name,
      change.type,
      ...(part === undefined ? [] : [part]),
    ],
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

/** The messages of a record in the order they came. */
function messagesOf(record: RawRecord, isWire: boolean): Outcome<readonly DnsMessage[]> {
  if (!isWire) return readDnsTexts(record.bytes, record.meta?.['origin']);
  if (record.contentType !== dnsStreamMediaType) {
    const read = readDnsMessage(record.bytes);
    return read.ok ? succeeded([read.value]) : read;
  }
  const split = readDnsStream(record.bytes);
  if (!split.ok) return split;
  const messages: DnsMessage[] = [];
  for (const [index, bytes] of split.value.entries()) {
    const read = readDnsMessage(bytes);
    if (!read.ok)
      return failed(read.failure.code, `message ${index + 1}: ${read.failure.message}`, read.failure.path);
    messages.push(read.value);
  }
  return succeeded(messages);
}

/** Where the answer that begins at `from` ends: its later messages have its id and ask nothing new. */
function endOfAnswer(messages: readonly DnsMessage[], from: number): number {
  const first = messages[from]!;
  let to = from + 1;
  while (
    to < messages.length &&
    first.response &&
    first.opcode === 'QUERY' &&
    messages[to]!.response &&
    messages[to]!.opcode === 'QUERY' &&
    messages[to]!.id === first.id
  )
    to++;
  return to;
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  if (isZoneDifference(record)) return zoneDifferenceDrafts(record);
  const isWire = !looksLikeText(record);
  const read = messagesOf(record, isWire);
  if (!read.ok) return read;
  const peer = canonicalIp(record.meta?.['peer'] ?? '');
  const drafts: EventDraft[] = [];
  for (let from = 0; from < read.value.length;) {
    const message = read.value[from]!;
    const to = endOfAnswer(read.value, from);
    const later = read.value.slice(from + 1, to);
    const witness = witnessOf(record, message.opcode);
    const outcome = messageDrafts({ message, later, record, witness, peer, context, isWire });
    if (!outcome.ok) return outcome;
    drafts.push(...outcome.value);
    from = to;
  }
  return succeeded(drafts);
}

function witnessOf(record: RawRecord, opcode: string): DnsWitness {
  return {
    system: 'dns_transfer',
    kind: opcode === 'UPDATE' ? 'authoritative_log' : 'zone_feed',
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: opcode === 'NOTIFY' ? 'push' : 'passive',
    confidence: record.verified ? 0.9 : 0.6,
    confidenceBasis: record.verified ? 'passive' : 'unauthenticated_dns_message',
    timeMs: record.receivedAtMs,
    precision: 'ms',
  };
}

/** Feed `dns-xfr`. */
export const dnsXfr: Normaliser = { source: 'dns-xfr', version: 2, normalise };
