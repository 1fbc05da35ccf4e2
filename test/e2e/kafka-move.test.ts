/**
 * An embedded collector moves to Kafka on a real broker: the case it had goes on under its id, what a sink had not taken
 * comes, what it had taken comes not again, and a repetition of an old delivery is still known.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { eventually } from '../kafka/test-parts.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const secret = 'kafka-move-secret';
/** R02, transfer lock removed. */
const lockRule = '145ca9a4-8515-5efd-abec-509f674f748c';

interface Case {
  readonly case_id: string;
  readonly domains: readonly string[];
}

describe('moving to Kafka', { skip: brokerUnavailable() ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-kafka-move-'));
  const told: string[] = [];
  let takes = true;
  let cluster: TestCluster;
  let receiver: Server;
  let child: ChildProcess | undefined;
  let errors = '';

  before(async () => {
    cluster = await startCluster();
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (takes) told.push(Buffer.concat(chunks).toString());
        response.writeHead(takes ? 200 : 503).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    writeFileSync(
      join(directory, 'inventory.yaml'),
      `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
${[0, 1, 2].map((i) => `  - {domain: d${i}.example, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}}`).join('\n')}
`,
    );
    writeConfig('embedded.yaml', '');
    writeConfig(
      'kafka.yaml',
      `engine:
  host: kafka
  brokers: ["${cluster.bootstrap[0]}"]
  prefix: moved
  partitions: 4
  session_timeout_s: 3
  checkpoint_s: 1
  checkpoints: { directory: checkpoints }
`,
    );
  });
  after(async () => {
    child?.kill('SIGKILL');
    receiver?.close();
    receiver?.closeAllConnections();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function writeConfig(name: string, engine: string): void {
    writeFileSync(
      join(directory, name),
      `version: 1
listen: 127.0.0.1:0
data: ${join(directory, 'var')}
inventory: inventory.yaml
${engine}sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: MOVE_SECRET}}}
sinks:
  - {id: hook, kind: webhook, url: "http://127.0.0.1:${(receiver.address() as AddressInfo).port}/", signals: [case]}
outgoing: { allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1] }
`,
    );
  }

  function command(name: string, ...args: string[]): ChildProcess {
    return spawn(process.execPath, [main, ...args, '--config', join(directory, name)], {
      env: { ...process.env, MOVE_SECRET: secret },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function outputOf(started: ChildProcess): Promise<{ code: number | null; text: string }> {
    let text = '';
    for (const stream of [started.stdout, started.stderr])
      stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => started.once('exit', resolve));
    return { code, text };
  }

  async function start(name: string): Promise<string> {
    const started = command(name, 'run');
    child = started;
    started.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      let out = '';
      started.stdout?.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        const found = /listens on (\S+)/.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      started.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${errors}`)));
    });
    await eventually(
      () => fetch(`${url}/readyz`).then(({ status }) => status),
      (status) => status === 200,
      `${name} is ready; ${errors}`,
    );
    return url;
  }

  function deliveryOf(domain: string, n: number): string {
    return JSON.stringify({
      name: 'domain.transfer_lock_disable',
      actor: { id: '7', entity: 'user', pretty: 'person@acme.example' },
      account: { id: 1010, display: 'acme', identifier: 'acme' },
      data: {
        domain: {
          id: n,
          name: domain,
          state: 'registered',
          account_id: 1010,
          updated_at: new Date().toISOString().replace(/\.\d+/, ''),
        },
      },
      request_identifier: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      api_version: 'v2',
    });
  }

  async function send(url: string, body: string): Promise<void> {
    const answer = await fetch(`${url}/ingest/dnsimple`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
      },
      body,
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  async function casesOf(url: string, domain: string): Promise<Case[]> {
    const list = (await (await fetch(`${url}/api/v1/cases`)).json()) as { items: Case[] };
    return list.items.filter(({ domains }) => domains.includes(domain));
  }

  /** Ids of the findings of a case; `rule`: of one rule about one domain only. */
  async function findingsOf(url: string, { case_id: id }: Case, rule?: string): Promise<string[]> {
    const found = (await (await fetch(`${url}/api/v1/cases/${id}`)).json()) as {
      findings: { finding_id: string; rule_id: string; domain: string | null }[];
    };
    return found.findings
      .filter((one) => rule === undefined || (one.rule_id === rule && one.domain === 'd0.example'))
      .map(({ finding_id: findingId }) => findingId)
      .sort();
  }

  /** Which revision of which case a body of the sink is about. */
  function toldOf(body: string): string {
    const [caseId, revision] = [/"case_id":"([^"]+)"/.exec(body)?.[1], /"revision":(\d+)/.exec(body)?.[1]];
    assert.ok(caseId !== undefined && revision !== undefined, body);
    return `${caseId} ${revision}`;
  }

  it('cases go on, sinks get what they are owed, and only into an empty place', async () => {
    const url = await start('embedded.yaml');
    const first = deliveryOf('d0.example', 1);
    await send(url, first);
    const [known] = await eventually(
      () => casesOf(url, 'd0.example'),
      (found) => found.length === 1,
      `a case of d0.example; ${errors}`,
    );
    assert.ok(known);
    await eventually(
      () => told.join(),
      (text) => text.includes('d0.example'),
      'the sink was told of d0',
    );
    takes = false;
    await send(url, deliveryOf('d1.example', 2));
    await eventually(
      () => casesOf(url, 'd1.example'),
      (found) => found.length === 1,
      'a case of d1.example',
    );
    const findings = await findingsOf(url, known);
    assert.ok(findings.length > 1);
    child?.kill('SIGTERM');
    await new Promise((resolve) => child?.once('exit', resolve));
    const before = told.length;

    const early = await outputOf(command('kafka.yaml', 'move'));
    assert.equal(early.code, 2);
    assert.match(early.text, /topic moved\.entries: the topic does not exist/);
    assert.equal((await outputOf(command('kafka.yaml', 'topics', '--replicas', '1'))).code, 0);
    const planned = await outputOf(command('kafka.yaml', 'move', '--dry-run'));
    assert.match(planned.text, /nothing was moved/, planned.text);
    const moved = await outputOf(command('kafka.yaml', 'move'));
    assert.equal(moved.code, 0, moved.text);
    assert.match(moved.text, /1 cases/);
    assert.match(moved.text, /28 checkpoints/);
    const again = await outputOf(command('kafka.yaml', 'move'));
    assert.equal(again.code, 2);
    assert.match(again.text, /is not empty/);

    takes = true;
    const there = await start('kafka.yaml');
    await eventually(
      () => told.slice(before).join(),
      (text) => text.includes('d1.example'),
      `the sink is told of d1, which it had refused; ${errors}`,
    );
    const [same] = await casesOf(there, 'd0.example');
    assert.equal(same?.case_id, known.case_id);
    // A repetition of the old delivery and a new one: only the new one makes findings.
    await send(there, first);
    await send(there, deliveryOf('d2.example', 3));
    await eventually(
      () => casesOf(there, 'd2.example'),
      (found) => found.length === 1,
      `a case of d2.example; ${errors}`,
    );
    await eventually(
      () => findingsOf(there, known),
      (found) => findings.every((id) => found.includes(id)),
      `the case still has its findings, ${findings.join()}; ${errors}`,
    );
    assert.equal((await findingsOf(there, known, lockRule)).length, 1, 'the repetition made none');
    const had = new Set(told.slice(0, before).map(toldOf));
    assert.deepEqual(
      told
        .slice(before)
        .map(toldOf)
        .filter((one) => had.has(one)),
      [],
      'what the sink had is not told again',
    );
  });
});
