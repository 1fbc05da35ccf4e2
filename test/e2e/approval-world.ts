/** A collector with people, an executor whose provider is played here, and one hostile change: for pages on which people decide. */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeDnsimple } from '../unit/8-sink/provider-fakes.ts';
import { deliverPatiently, eventually, startCollector, untilReady } from './collector-process.ts';

const roles = {
  vera: 'viewer',
  rob: 'responder',
  ann: 'approver',
  ben: 'approver',
  cleo: 'approver',
  ada: 'admin',
} as const;

/** Somebody with a token. */
export type PersonName = keyof typeof roles;

/** Token of a person. */
export function tokenOf(name: PersonName): string {
  return `token-of-${name}-0123456789abcdef`;
}

/** Id under which the collector knows a person. */
export function personId(name: PersonName): string {
  return `okta:${name}@acme.example`;
}

/** Domains beside shop.example, each with one critical record. */
export const otherDomains = ['pay', 'mail', 'blog', 'wiki', 'docs', 'help'].map((name) => `${name}.example`);

/** The critical record of a domain points elsewhere, as an outside probe saw it. */
export function movedRecord(domain: string, newValue: string): Readonly<Record<string, unknown>> {
  return {
    event_type: 'dns.record.updated',
    source_kind: 'answer_probe',
    domain,
    record_name: `www.${domain}`,
    record_type: 'A',
    old_value: ['192.0.2.1'],
    new_value: [newValue],
  };
}

/** What runs. */
export interface ApprovalWorld {
  readonly base: string;
  /** Folder of its audit log. */
  readonly auditFolder: string;
  readonly caseId: string;
  /** Addresses that the provider serves for www.shop.example now. */
  readonly served: () => readonly string[];
  /** Moves a critical record of one of `otherDomains` and waits for the case of it. */
  readonly anotherCase: (domain: string) => Promise<string>;
  /** Hands an event, or bytes that are none, to the intake. */
  readonly deliver: (event: Readonly<Record<string, unknown>> | string) => Promise<void>;
  readonly call: (
    method: string,
    path: string,
    name: PersonName,
    body?: unknown,
  ) => Promise<{ readonly status: number; readonly body: any }>;
  readonly stop: () => Promise<void>;
}

/** Starts everything and waits for the case. */
export async function startApprovalWorld(): Promise<ApprovalWorld> {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-approval-'));
  const fake = await fakeDnsimple('1010', 'secret', 'shop.example');
  fake.records.push({ id: '1', name: 'www', type: 'A', content: '203.0.113.66', ttl: 60 });
  writeFileSync(
    join(at, 'inventory.yaml'),
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
domains:
  - {domain: shop.example, tenant: acme, tier: 0, team: ops, dns_provider: dnsimple, critical_hosts: [www], approved: {records: [{name: www.shop.example, type: A, values: [192.0.2.1]}]}}
${otherDomains
  .map(
    (domain) =>
      `  - {domain: ${domain}, tenant: acme, tier: 0, team: ops, critical_hosts: [www], approved: {nameservers: [ns1.a.example], records: [{name: www.${domain}, type: A, values: [192.0.2.1]}]}}`,
  )
  .join('\n')}
`,
  );
  const tokens = (Object.keys(roles) as PersonName[]).map(
    (name) =>
      `    - {id: ${name}, sha256: ${hash('sha256', tokenOf(name), 'hex')}, tenants: [acme], roles: [${roles[name]}], user: '${personId(name)}'}`,
  );
  const config = join(at, 'zonewarden.yaml');
  writeFileSync(
    config,
    `version: 1
listen: 127.0.0.1:0
data: ${join(at, 'var')}
inventory: inventory.yaml
sources: [{id: hook, feed: webhook, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: HOOK}}}]
sinks: []
outgoing: {allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1]}
actions: [{id: dnsimple, kind: dnsimple, account: '1010', token: {env: PROVIDER_TOKEN}, url: '${fake.url}'}]
api:
  tokens:
${tokens.join('\n')}
`,
  );
  const collector = await startCollector(['--config', config], {
    PROVIDER_TOKEN: 'secret',
    HOOK: 'hook-secret',
  });
  const base = collector.url;
  const call: ApprovalWorld['call'] = async (method, path, name, body) => {
    const answer = await fetch(`${base}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${tokenOf(name)}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json() };
  };
  await untilReady(base);
  let number = 0;
  const deliver: ApprovalWorld['deliver'] = async (event) => {
    const body =
      typeof event === 'string'
        ? event
        : JSON.stringify({ id: `e-${number++}`, timestamp: new Date().toISOString(), ...event });
    await deliverPatiently(base, 'hook', 'hook-secret', body);
  };
  const caseOf = async (domain: string, newValue: string): Promise<string> => {
    await deliver(movedRecord(domain, newValue));
    return eventually(
      `a case of ${domain}`,
      async () => (await call('GET', `/cases?domain=${domain}`, 'rob')).body.items[0]?.case_id,
    );
  };
  const caseId = await caseOf('shop.example', '203.0.113.66');
  return {
    base,
    auditFolder: join(at, 'var/audit'),
    caseId,
    deliver,
    anotherCase: (domain) => caseOf(domain, `198.51.100.${otherDomains.indexOf(domain) + 1}`),
    served: () => fake.records.filter(({ name }) => name === 'www').map(({ content }) => content),
    call,
    stop: async () => {
      await collector.end('SIGTERM');
      fake.close();
      rmSync(at, { recursive: true, force: true });
    },
  };
}
