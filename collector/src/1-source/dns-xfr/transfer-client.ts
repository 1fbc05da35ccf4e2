/** Fetches a zone from a primary: SOA, IXFR with all its forms of answer, AXFR; with TSIG when a key is given. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { readDnsMessage, type DnsRecord } from '../../leaf/dns-message.ts';
import { writeQuery } from '../../leaf/dns-query-writer.ts';
import { soaSerial, transferReader, type TransferForm } from '../../leaf/zone-transfer.ts';
import {
  exchangeTcp,
  exchangeUdp,
  freshMessageId,
  udpPayloadBytes,
  type ServerAddress,
} from '../dns-exchange.ts';
import { openTsigSession, type TsigKey } from './tsig-session.ts';
import { openZoneUpdate, setZoneSoa, soaChange, zoneDifference, type ZoneCopy } from './zone-copy.ts';
import type { RecordChange } from '../../leaf/record-change.ts';

/** A primary and how to talk to it. `idleMs`: silence after which it counts as gone. */
export interface TransferPeer {
  readonly server: ServerAddress;
  readonly key?: TsigKey;
  readonly idleMs: number;
  readonly recordsMax: number;
  readonly nowMs: () => number;
}

/** A transfer that ended. `current`: our serial is the newest and nothing was fetched. */
export interface FetchedZone {
  readonly copy: ZoneCopy;
  readonly form: TransferForm | 'current';
  readonly changes: Iterable<RecordChange>;
}

/** The SOA that the primary has now, over UDP, signed when there is a key. */
export async function fetchSoa(
  zone: string,
  peer: TransferPeer,
  signal?: AbortSignal,
): Promise<Outcome<DnsRecord>> {
  const id = freshMessageId();
  const plain = writeQuery({ id, name: zone, type: 'SOA', recursionDesired: false, udpPayloadBytes });
  if (plain === undefined) return failed('bad_domain_name', `${zone} is not a zone name`);
  const session = peer.key === undefined ? undefined : openTsigSession(plain, peer.key, peer.nowMs());
  const isAnswer = (bytes: Uint8Array): boolean =>
    bytes.length > 2 && bytes[0] === id >> 8 && bytes[1] === (id & 0xff);
  const reply = await exchangeUdp(peer.server, session?.request ?? plain, peer.idleMs, isAnswer, signal);
  if (!reply.ok) return reply;
  const message = readDnsMessage(reply.value);
  if (!message.ok) return message;
  const signed = session?.check(reply.value, message.value) ?? succeeded(undefined);
  if (!signed.ok) return signed;
  if (message.value.rcode !== 'NOERROR')
    return failed(
      'endpoint_refused',
      `${peer.server.address} answered ${message.value.rcode} for the SOA of ${zone}`,
    );
  const soa = message.value.answers.find((record) => record.type === 'SOA' && record.name === zone);
  return soa === undefined
    ? failed('endpoint_refused', `${peer.server.address} has no SOA for ${zone}: it does not serve this zone`)
    : succeeded(soa);
}

async function fetchOnce(
  zone: string,
  current: ZoneCopy | undefined,
  peer: TransferPeer,
  signal?: AbortSignal,
): Promise<Outcome<FetchedZone>> {
  const asked = current === undefined ? 'AXFR' : 'IXFR';
  const id = freshMessageId();
  const plain = writeQuery({
    id,
    name: zone,
    type: asked,
    recursionDesired: false,
    ...(current !== undefined ? { haveSerial: current.serial } : {}),
  });
  if (plain === undefined) return failed('bad_domain_name', `${zone} is not a zone name`);
  const session =
    peer.key === undefined ? undefined : openTsigSession(plain, peer.key, peer.nowMs(), peer.nowMs);
  const update = openZoneUpdate(zone, current, peer.recordsMax);
  const reader = transferReader(
    { zone, asked, ...(current !== undefined ? { haveSerial: current.serial } : {}), transport: 'tcp' },
    update.receiver,
  );
  function take(bytes: Uint8Array): Outcome<'complete' | 'current'> | 'more' {
    const read = readDnsMessage(bytes);
    if (!read.ok) return read;
    const message = read.value;
    if (!message.response || message.id !== id)
      return failed('bad_wire_format', `${peer.server.address} answered another message`);
    const signed = session?.check(bytes, message) ?? succeeded(undefined);
    if (!signed.ok) return signed;
    if (message.rcode !== 'NOERROR')
      return failed(
        'endpoint_refused',
        `${peer.server.address} answered ${message.rcode} for ${asked} of ${zone}`,
      );
    const progress = reader.push(message.answers);
    if (!progress.ok) return progress;
    if (progress.value !== 'complete' && progress.value !== 'current') return 'more';
    const last = session?.finish() ?? succeeded(undefined);
    return last.ok ? succeeded(progress.value) : last;
  }
  const ended = await exchangeTcp(peer.server, session?.request ?? plain, peer.idleMs, take, signal);
  if (!ended.ok) {
    update.abandon();
    return ended;
  }
  if (ended.value === 'current') {
    update.abandon();
    return succeeded({ copy: current!, form: 'current', changes: [] });
  }
  const committed = update.commit(reader.serial!);
  if (!committed.ok) return committed;
  const { copy, changes } = committed.value;
  if (reader.form === 'full') return succeeded({ copy, form: 'full', changes });
  const before = setZoneSoa(copy, reader.soa!);
  const soa = soaChange(before, reader.soa!);
  return succeeded({ copy, form: reader.form, changes: soa === undefined ? changes : [...changes, soa] });
}

/**
 * Brings the copy up to date: IXFR from its serial, and AXFR when the incremental answer is refused, damaged or does not
 * fit our copy. Without a copy: AXFR. On failure the copy is as it was. `current` may be changed in place.
 */
export async function fetchZone(
  zone: string,
  current: ZoneCopy | undefined,
  peer: TransferPeer,
  signal?: AbortSignal,
): Promise<Outcome<FetchedZone>> {
  const first = await fetchOnce(zone, current, peer, signal);
  if (first.ok || current === undefined) return first;
  // Not reachable, or not trusted: a full transfer would fare no better.
  if (['endpoint_unreachable', 'endpoint_timeout', 'bad_signature'].includes(first.failure.code))
    return first;
  const full = await fetchOnce(zone, undefined, peer, signal);
  if (!full.ok) return full;
  return succeeded({ ...full.value, changes: zoneDifference(current, full.value.copy) });
}

/** Serial of a SOA record, for comparing before a transfer. */
export function serialOf(soa: DnsRecord): number {
  return soaSerial(soa) ?? 0;
}
