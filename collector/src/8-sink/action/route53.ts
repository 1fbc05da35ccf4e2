/**
 * Amazon Route 53 (docs.aws.amazon.com/Route53/latest/APIReference: ListHostedZonesByName, ListResourceRecordSets,
 * ChangeResourceRecordSets, which makes all changes or none) and Route 53 Domains (GetDomainDetail,
 * EnableDomainTransferLock). Plain HTTPS with Signature Version 4.
 */
import { XMLParser } from 'fast-xml-parser';
import type { RecordSet } from '../../contract/api-bodies.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { textStrings } from '../../leaf/dns-rdata-writer.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordData, canonicalRecordSet } from '../../leaf/record-data.ts';
import { signAws, type AwsCredentials } from './aws-signature.ts';
import type { ActionHttp, Executor } from './executor.ts';
import { askJson, member, objects, refusedStatus } from './provider-answer.ts';
import { createExecutor, type LockBackend, type RecordBackend, type SetChange } from './record-sets.ts';

/** Settings; `ttl` in seconds for sets that have none. URLs without final slash. */
export interface Route53Settings {
  readonly id: string;
  readonly credentials: AwsCredentials;
  readonly url: string;
  readonly domainsUrl: string;
  readonly ttl: number;
  readonly http: ActionHttp;
  readonly nowMs: () => number;
}

const version = '2013-04-01';
const region = 'us-east-1';
const lists = new Set(['HostedZone', 'ResourceRecordSet', 'ResourceRecord']);
const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  isArray: (name: string) => lists.has(name),
});

function xmlText(text: string): string {
  return text.replace(/[<>&'"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** Route 53 writes other characters than letters, digits, `-` and `_` as `\ooo`. */
function nameOf(text: unknown): string | undefined {
  const plain = String(text).replace(/\\(\d{3})/g, (_, octal: string) =>
    String.fromCharCode(parseInt(octal, 8)),
  );
  return canonicalName(plain);
}

function writtenValue(type: string, value: string): string {
  return type === 'TXT' || type === 'SPF' ? textStrings(value) : canonicalRecordData(type, value);
}

function changeXml(action: 'UPSERT' | 'DELETE', set: RecordSet, ttl: number): string {
  const values = set.values.map(
    (value) => `<ResourceRecord><Value>${xmlText(writtenValue(set.type, value))}</Value></ResourceRecord>`,
  );
  return `<Change><Action>${action}</Action><ResourceRecordSet><Name>${xmlText(`${set.name}.`)}</Name><Type>${set.type}</Type><TTL>${ttl}</TTL><ResourceRecords>${values.join('')}</ResourceRecords></ResourceRecordSet></Change>`;
}

/** Deletions first, so that a CNAME can make room. */
function batchXml(changes: readonly SetChange[], ttl: number): string {
  const gone = changes.filter(({ to }) => to.values.length === 0);
  const set = changes.filter(({ to }) => to.values.length > 0);
  const parts = [
    ...gone.map(({ from }) => changeXml('DELETE', from, from.ttl ?? ttl)),
    ...set.map(({ from, to }) => changeXml('UPSERT', to, to.ttl ?? from.ttl ?? ttl)),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/${version}/"><ChangeBatch><Comment>Zonewarden</Comment><Changes>${parts.join('')}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
}

function setFrom(wanted: RecordSet, row: Record<string, unknown> | undefined): Outcome<RecordSet> {
  const { name, type } = wanted;
  if (row === undefined || nameOf(row['Name']) !== name || row['Type'] !== type)
    return succeeded({ name, type, values: [] });
  if (row['AliasTarget'] !== undefined || row['SetIdentifier'] !== undefined)
    return failed(
      'endpoint_refused',
      `${name} ${type} is an alias or has a routing policy; restore it in the console`,
    );
  const rows = objects(member(row['ResourceRecords'], 'ResourceRecord'));
  const values = canonicalRecordSet(
    type,
    rows.map((one) => String(one['Value'])),
  );
  return succeeded({ name, type, values, ttl: Number(row['TTL']) });
}

function recordBackend(settings: Route53Settings): RecordBackend {
  const { credentials, url, http, ttl, nowMs } = settings;

  async function askXml(
    method: string,
    path: string,
    body: string,
    signal: AbortSignal,
  ): Promise<Outcome<unknown>> {
    const address = `${url}/${version}/${path}`;
    const headers = signAws(
      {
        method,
        url: address,
        service: 'route53',
        region,
        headers: body === '' ? {} : { 'content-type': 'text/xml' },
        body,
      },
      credentials,
      nowMs(),
    );
    const answer = await http({ method, url: address, headers, ...(body === '' ? {} : { body }) }, signal);
    if (!answer.ok) return answer;
    const text = Buffer.from(answer.value.body).toString('utf8');
    if (answer.value.status !== 200) return refusedStatus(answer.value.status, text);
    try {
      return succeeded(parser.parse(text) as unknown);
    } catch {
      return failed('endpoint_refused', 'the provider answered something else than XML');
    }
  }

  async function zoneId(zone: string, signal: AbortSignal): Promise<Outcome<string>> {
    const query = new URLSearchParams({ dnsname: zone, maxitems: '100' });
    const found = await askXml('GET', `hostedzonesbyname?${query.toString()}`, '', signal);
    if (!found.ok) return found;
    const zones = member(member(found.value, 'ListHostedZonesByNameResponse'), 'HostedZones');
    const ids = objects(member(zones, 'HostedZone'))
      .filter((one) => nameOf(one['Name']) === zone && member(one['Config'], 'PrivateZone') !== 'true')
      .map((one) => String(one['Id']).replace('/hostedzone/', ''));
    const [id] = ids;
    return ids.length === 1 && id !== undefined && /^[A-Z0-9]+$/.test(id)
      ? succeeded(id)
      : failed('endpoint_refused', `the account has ${ids.length} public zones named ${zone}; one is needed`);
  }

  return {
    async read(zone, wanted, signal) {
      const id = await zoneId(zone, signal);
      if (!id.ok) return id;
      const sets: RecordSet[] = [];
      for (const one of wanted) {
        const query = new URLSearchParams({ name: one.name, type: one.type, maxitems: '1' });
        const found = await askXml('GET', `hostedzone/${id.value}/rrset?${query.toString()}`, '', signal);
        if (!found.ok) return found;
        const list = member(member(found.value, 'ListResourceRecordSetsResponse'), 'ResourceRecordSets');
        const set = setFrom(one, objects(member(list, 'ResourceRecordSet'))[0]);
        if (!set.ok) return set;
        sets.push(set.value);
      }
      return succeeded(sets);
    },
    async apply(zone, changes, signal) {
      const id = await zoneId(zone, signal);
      if (!id.ok) return id;
      const answer = await askXml('POST', `hostedzone/${id.value}/rrset`, batchXml(changes, ttl), signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
}

function lockBackend(settings: Route53Settings): LockBackend {
  const { credentials, domainsUrl, http, nowMs } = settings;
  const ask = (operation: string, domain: string, signal: AbortSignal): Promise<Outcome<unknown>> => {
    const body = { DomainName: domain };
    const url = `${domainsUrl}/`;
    const headers = signAws(
      {
        method: 'POST',
        url,
        service: 'route53domains',
        region,
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `Route53Domains_v20140515.${operation}`,
        },
        body: JSON.stringify(body),
      },
      credentials,
      nowMs(),
    );
    return askJson(http, { method: 'POST', url, headers, body }, signal);
  };
  return {
    async isLocked(domain, signal) {
      const answer = await ask('GetDomainDetail', domain, signal);
      if (!answer.ok) return answer;
      const list = member(answer.value, 'StatusList');
      return Array.isArray(list)
        ? succeeded(list.includes('clientTransferProhibited'))
        : failed('endpoint_refused', 'the provider did not say whether the lock is on');
    },
    async lock(domain, signal) {
      const answer = await ask('EnableDomainTransferLock', domain, signal);
      return answer.ok ? succeeded(undefined) : answer;
    },
  };
}

/** Executor over one account. */
export function createRoute53Executor(settings: Route53Settings): Executor {
  return createExecutor(settings.id, { records: recordBackend(settings), lock: lockBackend(settings) });
}
