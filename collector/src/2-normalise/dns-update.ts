/** Dynamic updates (RFC 2136) as seen on the wire: what was asked for, per record set. Whether it was taken is another message. */
import type { EventDraft } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { DnsMessage, DnsRecord } from '../leaf/dns-message.ts';
import { dnsDraft, domainOf, recordChangeDraft, type DnsWitness } from './dns-facts.ts';

interface SetUpdate {
  readonly name: string;
  readonly type: string;
  readonly added: string[];
  readonly removed: string[];
  wiped: boolean;
  ttlNew?: number;
}

function collect(updates: readonly DnsRecord[]): SetUpdate[] {
  const sets = new Map<string, SetUpdate>();
  for (const record of updates) {
    const key = `${record.name}\t${record.type}`;
    let set = sets.get(key);
    if (set === undefined)
      sets.set(key, (set = { name: record.name, type: record.type, added: [], removed: [], wiped: false }));
    if (record.class === 'ANY') set.wiped = true;
    else if (record.class === 'NONE') set.removed.push(record.data);
    else {
      set.added.push(record.data);
      set.ttlNew = record.ttl;
    }
  }
  return [...sets.values()];
}

function setDraft(
  witness: DnsWitness,
  set: SetUpdate,
  zone: string,
  peer: string | undefined,
  transaction: Partial<EventDraft>,
  key: readonly string[],
): EventDraft {
  const gone = set.wiped || set.removed.length > 0;
  const draft = recordChangeDraft(
    witness,
    {
      name: set.name,
      type: set.type,
      old: gone ? [...set.removed].sort() : null,
      new: set.added.length > 0 ? [...set.added].sort() : null,
      ...(set.ttlNew !== undefined ? { ttlNew: set.ttlNew } : {}),
      whole: false,
    },
    {
      ...transaction,
      // RFC 2136 section 3.4: prerequisites or policy may still refuse it, so it is no change yet.
      outcome: 'attempt',
      zone,
      ...(peer !== undefined ? { source_ip: peer } : {}),
      source: { scope: set.wiped ? 'rrset' : 'records' },
      key,
    },
  );
  // The message never says what a wiped set held, and an added record may join a set that exists.
  const oldKnown = set.removed.length > 0 && !set.wiped;
  return oldKnown ? draft : { ...draft, old_value: undefined, old_known: false };
}

/** The update as received, and one `dns.record.*` attempt per record set. A refused answer is a failure; an accepted one carries nothing new. */
export function updateDrafts(
  message: DnsMessage,
  witness: DnsWitness,
  peer: string | undefined,
  digest: string,
): Outcome<readonly EventDraft[]> {
  const zone = message.questions[0]?.name;
  if (zone === undefined) return failed('missing_field', 'UPDATE without a zone section', '/question');
  const failure = message.response && message.rcode !== 'NOERROR';
  if (message.response && !failure) return succeeded([]);
  const key = ['update', digest];
  const sets = message.response ? [] : collect(message.authorities);
  const transaction = { transaction_id: `update/${digest.slice(0, 16)}`, transaction_size: sets.length };
  const domain = domainOf(zone, zone);
  const received = dnsDraft(witness, {
    event_type: 'dns.zone.update_received',
    outcome: failure ? 'failure' : 'attempt',
    zone,
    ...(domain !== undefined ? { domain } : {}),
    ...(peer !== undefined ? { source_ip: peer } : {}),
    ...transaction,
    source: {
      message_id: message.id,
      prerequisites: message.answers.length,
      updates: message.authorities.length,
      ...(failure ? { rcode: message.rcode } : {}),
      ...(message.tsig !== undefined ? { tsig_key: message.tsig.keyName } : {}),
    },
    key,
    atom: zone,
  });
  return succeeded([received, ...sets.map((set) => setDraft(witness, set, zone, peer, transaction, key))]);
}
