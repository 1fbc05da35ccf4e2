/**
 * Collectors whose engine is on Kafka, started as people start them: the same configuration twice, one of them killed. A
 * page comes in seconds, through whichever collector, survives the loss of one, and edits take effect in the stream.
 */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brokerUnavailable, startCluster, type TestCluster } from '../kafka/broker.ts';
import { eventually } from '../kafka/test-parts.ts';

const main = fileURLToPath(new URL('../../collector/src/cli/main.ts', import.meta.url));
const secret = 'kafka-engine-secret';

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly errors: () => string;
}

describe('the engine on Kafka', { skip: brokerUnavailable() ?? false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-kafka-engine-'));
  const config = join(directory, 'config.yaml');
  const running: Running[] = [];
  /** Bodies the webhook sink sent. */
  const told: string[] = [];
  let cluster: TestCluster;
  let receiver: Server;

  before(async () => {
    cluster = await startCluster();
    receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        told.push(Buffer.concat(chunks).toString());
        response.writeHead(200).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    writeInventory(3);
    writeFileSync(
      config,
      `version: 1
listen: 127.0.0.1:0
inventory: inventory.yaml
engine:
  host: kafka
  brokers: ["${cluster.bootstrap[0]}"]
  prefix: shared
  partitions: 4
  session_timeout_s: 3
  checkpoint_s: 1
  checkpoints: { directory: checkpoints }
sources:
  - {id: dnsimple, feed: dnsimple, via: webhook, tenant: acme, signature: {scheme: hmac, header: x-signature, secret: {env: ENGINE_SECRET}}}
sinks:
  - {id: prometheus, kind: prometheus}
  - {id: hook, kind: webhook, url: "http://127.0.0.1:${(receiver.address() as AddressInfo).port}/", signals: [case]}
outgoing: { allow_networks: [127.0.0.0/8], allow_plain_http: [127.0.0.1] }
`,
    );
  });
  after(async () => {
    for (const { child } of running) child.kill('SIGKILL');
    receiver?.close();
    receiver?.closeAllConnections();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function writeInventory(domains: number): void {
    const list = Array.from(
      { length: domains },
      (_, i) =>
        `  - {domain: d${i}.example, tenant: acme, tier: 0, team: ops, registrar_account: dnsimple/1010, expect: {transfer_lock: true}, critical_hosts: [www], approved: {nameservers: [ns1.a.example], records: [{name: www.d${i}.example, type: A, values: [192.0.2.1]}]}}`,
    );
    writeFileSync(
      join(directory, 'inventory.yaml'),
      `version: 1
tenants: [{id: acme}]
teams: [{id: ops, tenant: acme}]
registrar_accounts: [{id: dnsimple/1010, tenant: acme, event_feed: webhook}]
domains:
${list.join('\n')}
`,
    );
  }

  function command(...args: string[]): ChildProcess {
    return spawn(process.execPath, [main, ...args, '--config', config], {
      env: { ...process.env, ENGINE_SECRET: secret },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async function outputOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
    return { code, text };
  }

  async function start(name: string): Promise<Running> {
    const child = command('run', '--data', join(directory, name));
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      let out = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        const found = /listens on (\S+)/.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${errors}`)));
    });
    const one = { child, url, errors: () => errors };
    running.push(one);
    await eventually(
      () => fetch(`${url}/readyz`).then((answer) => answer.status),
      (status) => status === 200,
      `${name} is ready; ${errors}`,
    );
    return one;
  }

  async function send(to: Running, name: string, domain: string, n: number): Promise<void> {
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const body = JSON.stringify({
      name,
      actor: { id: '7', entity: 'user', pretty: 'person@acme.example' },
      account: { id: 1010, display: 'acme', identifier: 'acme' },
      data: { domain: { id: n, name: domain, state: 'registered', account_id: 1010, updated_at: at } },
      request_identifier: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      api_version: 'v2',
    });
    const answer = await fetch(`${to.url}/ingest/dnsimple`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature': createHmac('sha256', secret).update(body).digest('hex'),
      },
      body,
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  async function metric(of: Running, pattern: RegExp): Promise<string> {
    const text = await (await fetch(`${of.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => pattern.test(line))
      .join('\n');
  }

  /** Domains of cases as a collector's API shows them. */
  async function openDomains(of: Running): Promise<string[]> {
    const text = await (await fetch(`${of.url}/api/v1/cases`)).text();
    return [...new Set(text.match(/d\d\.example/g) ?? [])];
  }

  it('says which topics are missing, makes them, and has nothing to do the second time', async () => {
    const refused = await outputOf(command('run', '--data', join(directory, 'early')));
    assert.equal(refused.code, 2);
    assert.match(refused.text, /topic shared\.entries: the topic does not exist/);
    const made = await outputOf(command('topics', '--replicas', '1'));
    assert.equal(made.code, 0, made.text);
    assert.match(made.text, /shared\.entries: created with 4 partitions/);
    assert.match(made.text, /shared\.positions: created with 1 partitions/);
    const again = await outputOf(command('topics', '--replicas', '1'));
    assert.match(again.text, /topics are as they should be/);
  });

  it('pages within seconds through any collector, once, and goes on when one is killed', async (t) => {
    const first = await start('a');
    const second = await start('b');
    await eventually(
      async () => Promise.all([first, second].map((one) => metric(one, /^zonewarden_engine_partitions /))),
      (lines) => lines.every((line) => / [1-3]$/.test(line)),
      'the partitions are shared',
    );
    let atMs = Date.now();
    await send(second, 'domain.transfer_lock_disable', 'd0.example', 1);
    for (const one of [first, second])
      await eventually(
        () => openDomains(one),
        (domains) => domains.includes('d0.example'),
        `a case of d0.example is shown; ${one.errors()}`,
      );
    t.diagnostic(`case shown by both collectors ${Date.now() - atMs} ms after the delivery`);
    assert.ok(Date.now() - atMs < 40_000, 'long before the watermark passes');
    await eventually(
      () => told.join(),
      (text) => text.includes('d0.example'),
      'the webhook sink was told',
    );
    assert.match(await metric(first, /^zonewarden_case_open\{/), /d0\.example.* 1$/m);

    atMs = Date.now();
    second.child.kill('SIGKILL');
    await eventually(
      () => metric(first, /^zonewarden_engine_partitions /),
      (line) => line.endsWith(' 4'),
      'the other one has everything',
    );
    t.diagnostic(`fail-over ${Date.now() - atMs} ms`);
    await send(first, 'domain.transfer_lock_disable', 'd1.example', 2);
    await eventually(
      () => openDomains(first),
      (domains) => domains.includes('d0.example') && domains.includes('d1.example'),
      `both cases; ${first.errors()}`,
    );
  });

  it('takes an edit of the inventory over in the stream', async () => {
    const [first] = running.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    assert.ok(first);
    // Only what the inventory names has a score.
    const scored = (domain: string) => metric(first, new RegExp(`^zonewarden_control_score\\{.*"${domain}"`));
    await send(first, 'domain.transfer_lock_disable', 'd3.example', 3);
    await eventually(
      () => openDomains(first),
      (domains) => domains.includes('d3.example'),
      'a domain of the account that the inventory does not name',
    );
    assert.equal(await scored('d3.example'), '');
    writeInventory(5);
    await eventually(
      () => first.errors(),
      (text) => /taken over: inventory/.test(text),
      'the edit is taken over',
    );
    let n = 4;
    await eventually(
      async () => {
        await send(first, 'domain.transfer_lock_disable', 'd3.example', n++);
        return scored('d3.example');
      },
      (line) => line !== '',
      'it has a score once it is named',
    );
  });

  it('replays its entries from an offset or a time, beside the running engine', async () => {
    const replay = (...args: string[]) => {
      const child = spawn(process.execPath, [main, 'replay', '--entries', config, ...args], {
        env: { ...process.env, ENGINE_SECRET: secret },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return outputOf(child);
    };
    const whole = join(directory, 'replayed');
    const done = await replay('--from', '2026-01-01T00:00:00Z', '--out', whole);
    assert.equal(done.code, 0, done.text);
    const found = readFileSync(join(whole, 'findings.ndjson'), 'utf8');
    for (const domain of ['d0.example', 'd3.example']) assert.ok(found.includes(domain), domain);
    assert.ok(readFileSync(join(whole, 'events.ndjson'), 'utf8').includes('d0.example'));
    const later = join(directory, 'later');
    const nothing = await replay('--from', '2100-01-01T00:00:00Z', '--out', later);
    assert.match(nothing.text, /^0 entries of shared\.entries/);
    const wrong = await replay('--offset', '9:0', '--out', later);
    assert.equal(wrong.code, 2);
    assert.match(wrong.text, /shared\.entries has 4 partitions, none is 9/);
  });
});
