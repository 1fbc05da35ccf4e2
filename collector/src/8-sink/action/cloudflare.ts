/**
 * Cloudflare API v4 (developers.cloudflare.com/api: dns/records/batch, registrar/domains). A batch is one transaction;
 * its operations run in the order deletes, patches, puts, posts.
 */
import type { RecordSet } from '../../contract/api-bodies.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalRecordData, canonicalRecordSet } from '../../leaf/record-data.ts';
import { textStrings } from '../../leaf/dns-rdata-writer.ts';
import type { ActionHttp, Executor } from './executor.ts';
import { askJson, member, objects, textMember, type JsonRequest } from './provider-answer.ts';
import { createExecutor, type LockBackend, type RecordBackend, type SetChange } from './record-sets.ts';

/** Settings; `account` is needed for the lock only. `ttl` in seconds for sets that have none. `url` without final slash. */
export interface CloudflareSettings {
  readonly id: string;
  readonly account?: string;
  readonly token: string;
  readonly url: string;
  readonly ttl: number;
  readonly http: ActionHttp;
}

interface Row {
  readonly id: string;
  readonly value: string;
  readonly ttl: number;
  readonly proxied: boolean;
}

/** Types whose data the API takes as numbers and texts instead of one line. */
function dataOf(type: string, value: string): object {
  const words = canonicalRecordData(type, value).split(' ');
  const [a, b, c, d] = words;
  if (type === 'MX') return { priority: Number(a), content: b };
  if (type === 'SRV') return { data: { priority: Number(a), weight: Number(b), port: Number(c), target: d } };
  if (type === 'CAA') {
    const quoted = words.slice(2).join(' ');
    return { data: { flags: Number(a), tag: b, value: quoted.slice(1, -1).replace(/\\(.)/g, '$1') } };
  }
  if (type === 'TXT') return { content: textStrings(value) };
  return { content: canonicalRecordData(type, value) };
}

function valueOf(type: string, row: Record<string, unknown>): string {
  const content = textMember(row, 'content');
  const priority = row['priority'];
  if ((type === 'MX' || type === 'SRV') && typeof priority === 'number') {
    const words = content.split(' ').length;
    // SRV content comes with and without its priority.
    if (type === 'MX' || words === 3) return canonicalRecordData(type, `${priority} ${content}`);
  }
  return canonicalRecordData(type, content);
}

/** Executor over one API token. */
export function createCloudflareExecutor(settings: CloudflareSettings): Executor {
  const { token, url, http, ttl, account } = settings;
  const headers = { authorization: `Bearer ${token}` };

  async function ask(request: Omit<JsonRequest, 'headers'>, signal: AbortSignal): Promise<Outcome<unknown>> {
    const answer = await askJson(http, { ...request, headers }, signal);
    if (!answer.ok) return answer;
    if (member(answer.value, 'success') === true) return succeeded(member(answer.value, 'result'));
    const said = objects(member(answer.value, 'errors'))
      .map(({ message }) => String(message))
      .join('; ');
    return failed('endpoint_refused', `the provider refused it: ${said.slice(0, 300)}`);
  }

  async function zoneId(zone: string, signal: AbortSignal): Promise<Outcome<string>> {
    const query = new URLSearchParams({ name: zone });
    const found = await ask({ method: 'GET', url: `${url}/zones?${query.toString()}` }, signal);
    if (!found.ok) return found;
    const ids = objects(found.value).filter(({ name }) => name === zone);
    const id = ids[0]?.['id'];
    return ids.length === 1 && typeof id === 'string'
      ? succeeded(id)
      : failed('endpoint_refused', `the token sees ${ids.length} zones named ${zone}; one is needed`);
  }

  async function rowsOf(id: string, { name, type }: RecordSet, signal: AbortSignal): Promise<Outcome<Row[]>> {
    const query = new URLSearchParams({ 'name.exact': name, type, per_page: '1000' });
    const address = `${url}/zones/${id}/dns_records?${query.toString()}`;
    const answer = await ask({ method: 'GET', url: address }, signal);
    if (!answer.ok) return answer;
    return succeeded(
      objects(answer.value)
        .filter((row) => row['name'] === name && row['type'] === type)
        .map((row) => ({
          id: String(row['id']),
          value: valueOf(type, row),
          ttl: Number(row['ttl']),
          proxied: row['proxied'] === true,
        })),
    );
  }

  async function batchOf(
    id: string,
    changes: readonly SetChange[],
    signal: AbortSignal,
  ): Promise<Outcome<object>> {
    const deletes: object[] = [];
    const patches: object[] = [];
    const posts: object[] = [];
    for (const { from, to } of changes) {
      const rows = await rowsOf(id, to, signal);
      if (!rows.ok) return rows;
      const lasting = to.ttl ?? from.ttl ?? ttl;
      const proxied = rows.value.some((row) => row.proxied);
      const wanted = new Set(canonicalRecordSet(to.type, to.values));
      for (const row of rows.value) {
        if (!wanted.delete(row.value)) deletes.push({ id: row.id });
        // Proxied records have the automatic TTL 1 and nothing else.
        else if (row.ttl !== lasting && !row.proxied) patches.push({ id: row.id, ttl: lasting });
      }
      for (const value of wanted)
        posts.push({
          name: to.name,
          type: to.type,
          ttl: proxied ? 1 : lasting,
          ...(proxied ? { proxied } : {}),
          ...dataOf(to.type, value),
        });
    }
    return succeeded({ deletes, patches, posts });
  }

  const records: RecordBackend = {
    async read(zone, wanted, signal) {
      const id = await zoneId(zone, signal);
      if (!id.ok) return id;
      const sets: RecordSet[] = [];
      for (const set of wanted) {
        const rows = await rowsOf(id.value, set, signal);
        if (!rows.ok) return rows;
        const { name, type } = set;
        const values = canonicalRecordSet(
          type,
          rows.value.map(({ value }) => value),
        );
        const [first] = rows.value;
        sets.push(first === undefined ? { name, type, values: [] } : { name, type, values, ttl: first.ttl });
      }
      return succeeded(sets);
    },
    async apply(zone, changes, signal) {
      const id = await zoneId(zone, signal);
      if (!id.ok) return id;
      const body = await batchOf(id.value, changes, signal);
      if (!body.ok) return body;
      const address = `${url}/zones/${id.value}/dns_records/batch`;
      const answer = await ask({ method: 'POST', url: address, body: body.value }, signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
  if (account === undefined) return createExecutor(settings.id, { records });
  const domainUrl = (domain: string): string =>
    `${url}/accounts/${encodeURIComponent(account)}/registrar/domains/${encodeURIComponent(domain)}`;
  const lock: LockBackend = {
    async isLocked(domain, signal) {
      const answer = await ask({ method: 'GET', url: domainUrl(domain) }, signal);
      if (!answer.ok) return answer;
      const locked = member(answer.value, 'locked');
      return typeof locked === 'boolean'
        ? succeeded(locked)
        : failed('endpoint_refused', 'the provider did not say whether the lock is on');
    },
    async lock(domain, signal) {
      const answer = await ask({ method: 'PUT', url: domainUrl(domain), body: { locked: true } }, signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
  return createExecutor(settings.id, { records, lock });
}
