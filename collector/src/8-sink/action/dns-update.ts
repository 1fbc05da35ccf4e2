/**
 * Records by DNS UPDATE (RFC 2136). Every change carries what must stand there as prerequisite, so that server and dry run
 * agree, and the server makes all of it or nothing.
 */
import type { RecordSet } from '../../contract/api-bodies.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import type { DnsMessage } from '../../leaf/dns-message.ts';
import { writeQuery } from '../../leaf/dns-query-writer.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { writeUpdate, type UpdateSet } from '../../leaf/dns-update-writer.ts';
import type { Executor } from './executor.ts';
import { createExecutor, type RecordBackend, type SetChange } from './record-sets.ts';
import { exchangeSigned, freshId, type SignedServer } from './signed-exchange.ts';

/** Settings; `ttl` in seconds for sets that have none. */
export interface DnsUpdateSettings {
  readonly id: string;
  readonly server: SignedServer;
  readonly ttl: number;
  readonly nowMs: () => number;
}

async function readSet(
  settings: DnsUpdateSettings,
  wanted: RecordSet,
  signal: AbortSignal,
): Promise<Outcome<RecordSet>> {
  const { name, type } = wanted;
  const query = writeQuery({ id: freshId(), name, type, recursionDesired: false });
  if (query === undefined) return failed('bad_field', `${name} ${type} cannot be asked for`);
  const answer = await exchangeSigned(settings.server, query, settings.nowMs(), signal);
  if (!answer.ok) return answer;
  const { rcode, answers, authoritative } = answer.value;
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN')
    return failed('endpoint_refused', `the server answered ${rcode} for ${name} ${type}`);
  if (!authoritative)
    return failed('endpoint_refused', `the server is not authoritative for ${name}: it is the wrong one`);
  const found = answers.filter((record) => record.name === name && record.type === type);
  const values = canonicalRecordSet(
    type,
    found.map(({ data }) => data),
  );
  const [first] = found;
  return succeeded(first === undefined ? { name, type, values: [] } : { name, type, values, ttl: first.ttl });
}

/** Apex NS sets are changed record by record: servers ignore the deletion of all name servers (RFC 2136 section 3.4.2.3). */
function isApexNs(zone: string, { to }: SetChange): boolean {
  return to.type === 'NS' && to.name === zone;
}

function writtenSet(set: RecordSet, ttl: number): UpdateSet {
  return { name: set.name, type: set.type, values: set.values, ttl };
}

function updateOf(
  settings: DnsUpdateSettings,
  zone: string,
  changes: readonly SetChange[],
  really: boolean,
): Uint8Array | undefined {
  const ttlOf = ({ from, to }: SetChange): number => to.ttl ?? from.ttl ?? settings.ttl;
  const apex = changes.filter((change) => isApexNs(zone, change));
  const others = changes.filter((change) => !isApexNs(zone, change));
  return writeUpdate({
    id: freshId(),
    zone,
    require: changes.map(({ from }) => writtenSet(from, 0)),
    replace: really ? others.map((change) => writtenSet(change.to, ttlOf(change))) : [],
    add: really ? apex.map((change) => writtenSet(change.to, ttlOf(change))) : [],
    remove: really
      ? apex.map(({ from, to }) => {
          const stays = new Set(canonicalRecordSet('NS', to.values));
          return writtenSet({ ...from, values: from.values.filter((value) => !stays.has(value)) }, 0);
        })
      : [],
  });
}

function verdict({ rcode }: DnsMessage): Outcome<undefined> {
  if (rcode === 'NOERROR') return succeeded(undefined);
  if (rcode === 'YXRRSET' || rcode === 'NXRRSET' || rcode === 'YXDOMAIN' || rcode === 'NXDOMAIN')
    return failed('endpoint_refused', `the records changed in between (${rcode}); propose again`);
  if (rcode === 'SERVFAIL') return failed('endpoint_unreachable', 'the server answered SERVFAIL');
  if (rcode === 'REFUSED' || rcode === 'NOTAUTH')
    return failed('unauthorised', `the server answered ${rcode}: the key may not update this zone`);
  return failed('endpoint_refused', `the server answered ${rcode}`);
}

/** Executor over one primary name server. */
export function createDnsUpdateExecutor(settings: DnsUpdateSettings): Executor {
  const send = async (
    zone: string,
    changes: readonly SetChange[],
    really: boolean,
    signal: AbortSignal,
  ): Promise<Outcome<undefined>> => {
    const message = updateOf(settings, zone, changes, really);
    if (message === undefined) return failed('bad_field', 'a name or value of the plan cannot be written');
    const answer = await exchangeSigned(settings.server, message, settings.nowMs(), signal);
    return answer.ok ? verdict(answer.value) : answer;
  };
  const records: RecordBackend = {
    async read(zone, wanted, signal) {
      const found: RecordSet[] = [];
      for (const set of wanted) {
        const now = await readSet(settings, set, signal);
        if (!now.ok) return now;
        found.push(now.value);
      }
      return succeeded(found);
    },
    apply: (zone, changes, signal) => send(zone, changes, true, signal),
    async rehearse(zone, changes, signal) {
      // Values that cannot be written must be found now, not after two people have approved.
      if (updateOf(settings, zone, changes, true) === undefined)
        return failed('bad_field', 'a name or value of the plan cannot be written');
      return send(zone, changes, false, signal);
    },
  };
  return createExecutor(settings.id, { records });
}
