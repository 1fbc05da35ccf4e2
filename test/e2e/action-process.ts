/** A collector as a process of its own that can be killed, with one executor against a documentation-true provider. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fakeDnsimple, type Fake } from '../unit/8-sink/provider-fakes.ts';
import {
  deliverSigned,
  eventually,
  startCollector,
  untilReady,
  type CollectorProcess,
} from './collector-process.ts';

/** A change of www.shop.example that nobody approved. */
export const moved = {
  event_type: 'dns.record.updated',
  source_kind: 'answer_probe',
  domain: 'shop.example',
  record_name: 'www.shop.example',
  record_type: 'A',
  old_value: ['192.0.2.1'],
  new_value: ['203.0.113.66'],
};

/** The process, its provider and the people who talk to it. */
export interface ActionProcess {
  readonly fake: Fake;
  /** Sends a request as a person; fails when the answer is not `status` (200). */
  readonly call: (
    method: string,
    path: string,
    name: string,
    body?: unknown,
    status?: number,
  ) => Promise<any>;
  /** Starts it, with the roles of `responder`, `approver` and `second`; again after `kill` on the same data. */
  start(roles?: Readonly<Record<string, string>>): Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and waits until it is gone. */
  stop(): Promise<void>;
  /** Delivers `moved` and waits for its case. */
  openedCase(): Promise<string>;
}

const usualRoles = { responder: 'responder', approver: 'approver', second: 'approver' };

/** Prepares it in a directory of its own; everything is gone when the test ends. */
export async function actionProcess(t: TestContext): Promise<ActionProcess> {
  const at = mkdtempSync(join(tmpdir(), 'zonewarden-action-'));
  t.after(() => rmSync(at, { recursive: true, force: true }));
  const fake = await fakeDnsimple('1010', 'secret', 'shop.example');
  t.after(() => fake.close());
  fake.records.push({ id: '1', name: 'www', type: 'A', content: '203.0.113.66', ttl: 60 });
  const config = join(at, 'zonewarden.yaml');
  writeFileSync(
    join(at, 'inventory.yaml'),
    `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
domains:
  - {domain: shop.example, tenant: acme, tier: 0, team: ops, critical_hosts: [www], approved: {records: [{name: www.shop.example, type: A, values: [192.0.2.1]}]}}
`,
  );
  let running: CollectorProcess | undefined;
  t.after(() => running?.child.kill('SIGKILL'));
  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const ending = running;
    running = undefined;
    await ending?.end(signal);
  };
  const process_: ActionProcess = {
    fake,
    call: async (method, path, name, body, status = 200) => {
      const answer = await fetch(`${running?.url}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer token-of-${name}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert.equal(answer.status, status, text);
      return JSON.parse(text);
    },
    start: async (roles = usualRoles) => {
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
${Object.entries(roles)
  .map(
    ([name, role]) =>
      `    - {id: ${name}, sha256: ${hash('sha256', `token-of-${name}`, 'hex')}, tenants: [acme], roles: [${role}], user: 'okta:${name}@acme'}`,
  )
  .join('\n')}
`,
      );
      running = await startCollector(['--config', config], {
        PROVIDER_TOKEN: 'secret',
        HOOK: 'hook-secret',
      });
      await untilReady(running.url);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    openedCase: async () => {
      const body = JSON.stringify({ ...moved, id: 'e-1', timestamp: new Date().toISOString() });
      assert.equal(await deliverSigned(`${running?.url}`, 'hook', 'hook-secret', body), 200);
      const found = await eventually(
        'a case',
        async () => (await process_.call('GET', '/cases', 'responder')).items[0],
      );
      return found.case_id;
    },
  };
  return process_;
}
