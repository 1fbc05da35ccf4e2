/** A whole collector on loopback for tests of the API: two tenants, signed intake, tokens of every role. */
import assert from 'node:assert/strict';
import { createHmac, hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { loadConfig } from '../../../collector/src/app/config-file.ts';
import { runCollector } from '../../../collector/src/app/run-collector.ts';
import { wallClock } from '../../../collector/src/app/wall-clock.ts';
import type { Collector } from '../../../collector/src/app/collector.ts';
import { problemLine } from '../../../collector/src/app/document-problem.ts';

const secret = 'intake-secret';

const inventory = `version: 1
tenants: [{id: acme}, {id: beta}]
teams: [{id: ops, tenant: acme}, {id: ops, tenant: beta}]
registrar_accounts:
  - {id: dnsimple/1010, tenant: acme, event_feed: webhook}
  - {id: dnsimple/1010, tenant: beta, event_feed: webhook}
principals: [{id: 'okta:approver-1@acme', tenant: acme, aliases: ['okta:alias-of-approver-1@acme']}]
domains:
${['acme', 'beta']
  .flatMap((tenant) =>
    ['shop.example', 'pay.example', 'canary.example'].map(
      (domain, i) =>
        `  - {domain: ${domain}, tenant: ${tenant}, tier: ${domain.startsWith('canary') ? 1 : i}, team: ops, owner: ${tenant}-owner, registrar_account: dnsimple/1010, expect: {transfer_lock: true}, critical_hosts: [www], ${domain.startsWith('canary') ? 'canary: true, ' : ''}approved: {nameservers: [ns1.a.example], records: [{name: www.${domain}, type: A, values: [192.0.2.1]}, {name: ${domain}, type: MX, values: ['10 mx.a.example']}]}}`,
    ),
  )
  .join('\n')}
`;

/** Roles that have a token in each tenant. */
export const tokenRoles = ['viewer', 'responder', 'approver', 'rule_editor', 'admin'] as const;

/** Text of a token. Persons are `okta:<role>-<n>@<tenant>`. */
export function tokenOf(tenant: string, role: string, n = 1): string {
  return `token-${tenant}-${role}-${n}-0123456789abcdef`;
}

/** Token of a program with a role. */
export function programToken(tenant: string, role: string): string {
  return `program-${tenant}-${role}-0123456789abcdef`;
}

function tokenLines(): string {
  const line = (id: string, token: string, tenant: string, role: string, user?: string): string =>
    `    - {id: ${id}, sha256: ${hash('sha256', token, 'hex')}, tenants: ['${tenant}'], roles: [${role}]${user === undefined ? '' : `, user: '${user}'`}}`;
  return ['acme', 'beta']
    .flatMap((tenant) =>
      tokenRoles.flatMap((role) => [
        ...[1, 2, 3].map((n) =>
          line(
            `${tenant}.${role}.${n}`,
            tokenOf(tenant, role, n),
            tenant,
            role,
            `okta:${role}-${n}@${tenant}`,
          ),
        ),
        line(`${tenant}.${role}.program`, programToken(tenant, role), tenant, role),
      ]),
    )
    .concat(
      line('alias', 'token-alias-0123456789abcdef', 'acme', 'approver', 'okta:alias-of-approver-1@acme'),
    )
    .concat(line('everything', 'token-everything-0123456789abcdef', '*', 'admin', 'okta:root@all'))
    .join('\n');
}

/** A running collector and ways to talk to it. */
export interface TestCollector {
  readonly url: string;
  readonly data: string;
  readonly collector: Collector;
  readonly logged: string[];
  /** Sends a request with a token; the body is JSON unless it is a string. */
  call(
    method: string,
    path: string,
    options?: { token?: string; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: any; headers: Headers; text: string }>;
  /** Delivers an event in canonical words to the intake of a tenant. */
  deliver(tenant: string, event: Record<string, unknown>): Promise<void>;
  /** Polls until `ready` gives something. */
  until<T>(what: string, ready: () => Promise<T | undefined> | T | undefined): Promise<T>;
  stop(): Promise<void>;
}

let eventNumber = 0;

function quiet(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

/** Starts one; `extra` is appended to the configuration, `data` continues an earlier data directory. */
export async function startCollector(
  options: { extra?: string; data?: string; api?: string; sinks?: string } = {},
): Promise<TestCollector> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-api-'));
  const data = options.data ?? join(directory, 'var');
  writeFileSync(join(directory, 'inventory.yaml'), inventory);
  writeFileSync(join(directory, 'secret'), secret);
  const source = (tenant: string): string =>
    `  - {id: hook-${tenant}, feed: webhook, via: webhook, tenant: ${tenant}, signature: {scheme: hmac, header: x-signature, secret: {file: secret}}}`;
  writeFileSync(
    join(directory, 'zonewarden.yaml'),
    `version: 1
listen: 127.0.0.1:0
data: ${data}
inventory: inventory.yaml
sources:
${source('acme')}
${source('beta')}
sinks: ${options.sinks ?? '[{id: prometheus, kind: prometheus}]'}
${options.api ?? `api:\n  tokens:\n${tokenLines()}`}
${options.extra ?? ''}
`,
  );
  const loaded = await loadConfig(join(directory, 'zonewarden.yaml'), {
    env: process.env,
    workingDirectory: directory,
  });
  assert.ok(loaded.ok, loaded.ok ? '' : loaded.problems.map(problemLine).join('\n'));
  const logged: string[] = [];
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  const started = await new Promise<{ url: string; collector: Collector }>((resolve, reject) => {
    running = runCollector(
      {
        config: loaded.config,
        demo: false,
        extraSources: [],
        around: wallClock((level, message) => logged.push(`${level} ${message}`)),
        env: {},
        stdout: quiet(),
        started: (url, collector) => resolve({ url, collector }),
      },
      stop.signal,
    );
    running.catch(reject);
  });
  const until: TestCollector['until'] = async (what, ready) => {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const found = await ready();
      if (found !== undefined) return found;
      if (Date.now() > deadline) throw new Error(`${what} did not happen\n${logged.join('\n')}`);
      await wait(15);
    }
  };
  await until('ready', () => (started.collector.ready() ? true : undefined));
  const call: TestCollector['call'] = async (method, path, { token, body, headers } = {}) => {
    const answer = await fetch(`${started.url}/api/v1${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = (answer.headers.get('content-type') ?? '').includes('json');
    return {
      status: answer.status,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      headers: answer.headers,
      text,
    };
  };
  return {
    url: started.url,
    data,
    collector: started.collector,
    logged,
    call,
    until,
    async deliver(tenant, event) {
      const body = JSON.stringify({
        id: `${tenant}-${eventNumber++}-${process.pid}`,
        timestamp: new Date().toISOString(),
        source_kind: 'registrar_audit',
        ...event,
      });
      const answer = await fetch(`${started.url}/ingest/hook-${tenant}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
        },
        body,
      });
      assert.equal(answer.status, 200, await answer.text());
    },
    async stop() {
      stop.abort();
      await running;
      if (options.data === undefined) return;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A transfer lock that nobody approved to be removed: R02. */
export const lockRemoved = {
  event_type: 'registrar.domain.lock_disabled',
  domain: 'shop.example',
  attribute: 'statuses',
  old_value: ['clientTransferProhibited'],
  new_value: [],
  actor_id: 'registrar-a:alice@acme.example',
  actor_type: 'user',
  registrar_account: 'dnsimple/1010',
};
