/**
 * DNSimple API v2 (developer.dnsimple.com/v2/zones/records, /v2/registrar/transfer-lock). Record changes go through the
 * batch endpoint, which makes all of them or none.
 */
import type { RecordSet } from '../../contract/api-bodies.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordData, canonicalRecordSet } from '../../leaf/record-data.ts';
import type { ActionHttp, Executor } from './executor.ts';
import { askJson, member, objects, textMember } from './provider-answer.ts';
import { createExecutor, type LockBackend, type RecordBackend, type SetChange } from './record-sets.ts';

/** Settings; `ttl` in seconds for sets that have none. `url` without final slash. */
export interface DnsimpleSettings {
  readonly id: string;
  readonly account: string;
  readonly token: string;
  readonly url: string;
  readonly ttl: number;
  readonly http: ActionHttp;
}

interface Row {
  readonly id: number;
  readonly value: string;
  readonly ttl: number;
  readonly system: boolean;
}

const withPriority = new Set(['MX', 'SRV']);
const pagesMax = 20;

/** Name inside the zone as the API wants it: '' at the apex. */
function relative(name: string, zone: string): string {
  return name === zone ? '' : name.slice(0, -(zone.length + 1));
}

/** Content and priority of a value: the API keeps the first number of MX and SRV apart. */
function contentOf(type: string, value: string): { content: string; priority?: number } {
  const canonical = canonicalRecordData(type, value);
  if (!withPriority.has(type)) return { content: canonical };
  const cut = canonical.indexOf(' ');
  return { content: canonical.slice(cut + 1), priority: Number(canonical.slice(0, cut)) };
}

/** Executor over one account. */
export function createDnsimpleExecutor(settings: DnsimpleSettings): Executor {
  const { account, token, url, http, ttl } = settings;
  const headers = { authorization: `Bearer ${token}` };
  const root = `${url}/v2/${encodeURIComponent(account)}`;

  async function rowsOf(
    zone: string,
    { name, type }: RecordSet,
    signal: AbortSignal,
  ): Promise<Outcome<Row[]>> {
    const rows: Row[] = [];
    for (let page = 1; page <= pagesMax; page++) {
      const query = new URLSearchParams({
        name: relative(name, zone),
        type,
        per_page: '100',
        page: String(page),
      });
      const address = `${root}/zones/${encodeURIComponent(zone)}/records?${query.toString()}`;
      const answer = await askJson(http, { method: 'GET', url: address, headers }, signal);
      if (!answer.ok) return answer;
      for (const row of objects(member(answer.value, 'data'))) {
        const content = textMember(row, 'content');
        const priority = row['priority'];
        const hasPriority = withPriority.has(type) && typeof priority === 'number';
        // The filter of the API is a wish; what it gives is looked at again.
        if (row['type'] !== type || row['name'] !== relative(name, zone)) continue;
        const value = canonicalRecordData(type, hasPriority ? `${priority} ${content}` : content);
        rows.push({
          id: Number(row['id']),
          value,
          ttl: Number(row['ttl']),
          system: row['system_record'] === true,
        });
      }
      const pages = Number(member(member(answer.value, 'pagination'), 'total_pages') ?? 1);
      if (page >= pages) return succeeded(rows);
    }
    return failed('too_large', `${name} ${type} has too many records`);
  }

  async function batchOf(
    zone: string,
    changes: readonly SetChange[],
    signal: AbortSignal,
  ): Promise<Outcome<object>> {
    const creates: object[] = [];
    const updates: object[] = [];
    const deletes: object[] = [];
    for (const { from, to } of changes) {
      const rows = await rowsOf(zone, to, signal);
      if (!rows.ok) return rows;
      const lasting = to.ttl ?? from.ttl ?? ttl;
      const wanted = new Set(canonicalRecordSet(to.type, to.values));
      for (const row of rows.value) {
        if (row.system) return failed('endpoint_refused', `${to.name} ${to.type} is a record of the system`);
        if (!wanted.delete(row.value)) deletes.push({ id: row.id });
        else if (row.ttl !== lasting) updates.push({ id: row.id, ttl: lasting });
      }
      for (const value of wanted)
        creates.push({
          name: relative(to.name, zone),
          type: to.type,
          ttl: lasting,
          ...contentOf(to.type, value),
        });
    }
    return succeeded({ creates, updates, deletes });
  }

  const records: RecordBackend = {
    async read(zone, wanted, signal) {
      const sets: RecordSet[] = [];
      for (const set of wanted) {
        const rows = await rowsOf(zone, set, signal);
        if (!rows.ok) return rows;
        const values = canonicalRecordSet(
          set.type,
          rows.value.map(({ value }) => value),
        );
        const [first] = rows.value;
        const { name, type } = set;
        sets.push(first === undefined ? { name, type, values: [] } : { name, type, values, ttl: first.ttl });
      }
      return succeeded(sets);
    },
    async apply(zone, changes, signal) {
      const body = await batchOf(zone, changes, signal);
      if (!body.ok) return body;
      const address = `${root}/zones/${encodeURIComponent(zone)}/batch`;
      const answer = await askJson(http, { method: 'POST', url: address, headers, body: body.value }, signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };

  const lockUrl = (domain: string): string =>
    `${root}/registrar/domains/${encodeURIComponent(canonicalName(domain) ?? domain)}/transfer_lock`;
  const lock: LockBackend = {
    async isLocked(domain, signal) {
      const answer = await askJson(http, { method: 'GET', url: lockUrl(domain), headers }, signal);
      if (!answer.ok) return answer;
      const enabled = member(member(answer.value, 'data'), 'enabled');
      return typeof enabled === 'boolean'
        ? succeeded(enabled)
        : failed('endpoint_refused', 'the provider did not say whether the lock is on');
    },
    async lock(domain, signal) {
      const answer = await askJson(http, { method: 'POST', url: lockUrl(domain), headers }, signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
  return createExecutor(settings.id, { records, lock });
}
