/** The dnstap receiver against a real Unbound (TCP) and a real BIND (Unix socket) that emit dnstap. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';
import { dnstapReceiver, type DnstapEndpoint } from '../../collector/src/1-source/dnstap/dnstap-receiver.ts';
import { dnstap } from '../../collector/src/2-normalise/dnstap.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import {
  dynamicUpdate,
  hasProgram,
  startBind,
  startKnot,
  startUnbound,
  until,
  zoneText,
} from './dns-servers.ts';
import { freePort } from './free-port.ts';

const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };
const zone = zoneText('pay.example', 1, ['@ NS ns1', 'ns1 A 192.0.2.1', 'www A 192.0.2.10']);

async function startReceiver(t: TestContext, endpoint: DnstapEndpoint) {
  const records: RawRecord[] = [];
  let port: number | undefined;
  let listening = false;
  const receiver = dnstapReceiver(
    {
      tenant: 'acme',
      id: 'tap-1',
      endpoint,
      limits: { windowMs: 60_000, domainsMax: 10, networksMax: 10, answerSetsMax: 10 },
      watchedDomain: (name) =>
        name === 'pay.example' || name.endsWith('.pay.example') ? 'pay.example' : undefined,
      connectionsMax: 8,
      singleFrames: false,
      onListening: (found) => {
        port = found;
        listening = true;
      },
    },
    {
      nowMs: () => Date.now(),
      random: () => 0.5,
      sleep: (ms, signal) => wait(Math.min(ms, 50), undefined, { signal }),
      log: () => undefined,
    },
  );
  const abort = new AbortController();
  const running = receiver.run(
    {
      accept: (batch) => (records.push(...batch), Promise.resolve()),
      cursor: () => undefined,
      heartbeat: () => undefined,
      gap: () => undefined,
    },
    abort.signal,
  );
  t.after(() => abort.abort());
  await until('listening', () => listening);
  return {
    receiver,
    port: port ?? 0,
    finish: async () => {
      abort.abort();
      await running;
      return records.flatMap((record) => {
        const outcome = normaliseRecord(record, dnstap, record.receivedAtMs, context);
        assert.ok(outcome.ok, JSON.stringify(outcome));
        return outcome.value.events;
      });
    },
  };
}

async function askFew(address: string, port: number, recursionDesired: boolean): Promise<void> {
  for (const name of ['www.pay.example', 'www.pay.example', 'nope.pay.example']) {
    const reply = await askServer({ address, port }, { name, type: 'A', recursionDesired, timeoutMs: 2000 });
    assert.ok(reply.ok, JSON.stringify(reply));
  }
}

test('unbound over TCP with the two-way handshake: one window with counts, codes and answers', async (t) => {
  if (!hasProgram('unbound') || !hasProgram('knotd')) return t.skip('unbound or knotd is not installed');
  const { receiver, port: tapPort, finish } = await startReceiver(t, { address: '127.0.0.1', port: 0 });
  const port = await freePort();
  const knot = await startKnot(port, { 'pay.example': zone }, undefined, '', '', '127.0.0.21');
  t.after(() => knot.stop());
  const resolverPort = await freePort();
  const unbound = await startUnbound(
    resolverPort,
    { 'pay.example': `127.0.0.21@${port}` },
    `dnstap:\n  dnstap-enable: yes\n  dnstap-bidirectional: yes\n  dnstap-ip: 127.0.0.1@${tapPort}\n  dnstap-tls: no\n  dnstap-log-client-response-messages: yes\n  dnstap-log-client-query-messages: yes\n  dnstap-log-resolver-response-messages: yes\n`,
    'pay.example',
  );
  t.after(() => unbound.stop());
  await until('a connection', () => receiver.counters.connections > 0, unbound.output);
  await askFew('127.0.0.1', resolverPort, true);
  await until(
    'frames of client and resolver',
    () => receiver.counters.frames >= 9,
    () => `${JSON.stringify(receiver.counters)} ${unbound.output()}`,
  );
  const events = await finish();
  const volume = events.find((event) => event.event_type === 'dnsquery.volume.observed');
  assert.equal(volume?.domain, 'pay.example');
  assert.ok((volume?.query?.count ?? 0) >= 3);
  const codes =
    events.find((event) => event.event_type === 'dnsquery.rcode_mix.observed')?.query?.by_rcode ?? {};
  assert.ok((codes['NXDOMAIN'] ?? 0) >= 1 && (codes['NOERROR'] ?? 0) >= 2, JSON.stringify(codes));
  const answer = events.find(
    (event) => event.event_type === 'dnsquery.answer.observed' && event.record_name === 'www.pay.example',
  );
  assert.deepEqual(answer?.new_value, ['192.0.2.10']);
  assert.equal(receiver.counters.damaged, 0);
});

test('named over a Unix socket', async (t) => {
  if (!hasProgram('named')) return t.skip('named is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-tap-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'tap.sock');
  const { receiver, finish } = await startReceiver(t, { path });
  const port = await freePort();
  const bind = await startBind(
    port,
    { 'pay.example': zone },
    'notify no;',
    `dnstap { all; }; dnstap-output unix "${path}";`,
  );
  t.after(() => bind.stop());
  await until('a connection', () => receiver.counters.connections > 0, bind.output);
  await askFew('127.0.0.1', port, false);
  await until(
    'responses',
    () => receiver.counters.frames >= 6,
    () => JSON.stringify(receiver.counters),
  );
  const events = await finish();
  const volume = events.find((event) => event.event_type === 'dnsquery.volume.observed');
  assert.ok((volume?.query?.count ?? 0) >= 3);
  assert.equal(volume?.source_kind, 'authoritative_log');
  assert.equal(receiver.counters.damaged, 0);
});

test('knotd over a Unix socket', async (t) => {
  if (!hasProgram('knotd')) return t.skip('knotd is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-tap-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'tap.sock');
  const { receiver, finish } = await startReceiver(t, { path });
  const port = await freePort();
  const tap = `mod-dnstap:\n  - id: tap\n    sink: "unix:${path}"\n`;
  const module = '    module: mod-dnstap/tap\n';
  const knot = await startKnot(port, { 'pay.example': zone }, undefined, tap, module).catch(
    (error: unknown) => String(error),
  );
  if (typeof knot === 'string') {
    assert.match(knot, /mod-dnstap|module/, knot);
    return t.skip('the dnstap module of Knot is not installed');
  }
  t.after(() => knot.stop());
  await until('a connection', () => receiver.counters.connections > 0, knot.output);
  await askFew('127.0.0.1', port, false);
  // Knot hands frames over in batches of its own.
  await until(
    'responses',
    () => receiver.counters.frames >= 6,
    () => JSON.stringify(receiver.counters) + knot.output(),
  );
  const events = await finish();
  const volume = events.find((event) => event.event_type === 'dnsquery.volume.observed');
  assert.ok((volume?.query?.count ?? 0) >= 3);
  assert.equal(volume?.source_kind, 'authoritative_log');
  assert.equal(receiver.counters.damaged, 0);
});

test('dynamic updates that BIND takes and refuses are records of their own, not counted queries', async (t) => {
  if (!hasProgram('named') || !hasProgram('nsupdate')) return t.skip('named or nsupdate is not installed');
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-tap-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'tap.sock');
  const { receiver, finish } = await startReceiver(t, { path });
  const port = await freePort();
  const policy = 'notify no; update-policy { grant xfr-key name www.pay.example A; };';
  const bind = await startBind(
    port,
    { 'pay.example': zone },
    policy,
    `dnstap { all; }; dnstap-output unix "${path}";`,
  );
  t.after(() => bind.stop());
  await until('a connection', () => receiver.counters.connections > 0, bind.output);
  const frames = (more: number): (() => boolean) => {
    const wanted = receiver.counters.frames + more;
    return () => receiver.counters.frames >= wanted;
  };
  const taken = frames(2);
  await dynamicUpdate(port, 'pay.example', ['update add www.pay.example 60 A 203.0.113.66']);
  await until('update and answer', taken);
  const refused = frames(2);
  await assert.rejects(dynamicUpdate(port, 'pay.example', ['update add mail.pay.example 60 A 203.0.113.67']));
  await until('the refused one', refused);
  const events = await finish();
  assert.deepEqual(
    events
      .filter(({ event_type }) => !event_type.startsWith('dnsquery.'))
      .map((event) => [
        event.event_type,
        event.outcome,
        event.record_name ?? event.zone,
        event.new_value ?? null,
      ]),
    [
      ['dns.zone.update_received', 'attempt', 'pay.example', null],
      ['dns.record.created', 'attempt', 'www.pay.example', ['203.0.113.66']],
      ['dns.zone.update_received', 'attempt', 'pay.example', null],
      ['dns.record.created', 'attempt', 'mail.pay.example', ['203.0.113.67']],
      ['dns.zone.update_received', 'failure', 'pay.example', null],
    ],
  );
  assert.equal(receiver.counters.damaged, 0);
});
