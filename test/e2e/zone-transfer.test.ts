/** The zone watch against real primaries: Knot DNS and BIND, changed by dynamic updates. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Intake, Surroundings } from '../../collector/src/contract/component.ts';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import { fetchZone, type TransferPeer } from '../../collector/src/1-source/dns-xfr/transfer-client.ts';
import { fileZoneStore } from '../../collector/src/1-source/dns-xfr/zone-store.ts';
import { zoneWatch } from '../../collector/src/1-source/dns-xfr/zone-watch.ts';
import { dnsXfr } from '../../collector/src/2-normalise/dns-xfr.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import {
  dynamicUpdate,
  hasProgram,
  startBind,
  startKnot,
  tsigSecret,
  until,
  zoneText,
} from './dns-servers.ts';
import { freePort } from './free-port.ts';

const context = { sha256: (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex') };
const key = { name: 'xfr-key', algorithm: 'hmac-sha256', secret: Buffer.from(tsigSecret, 'base64') } as const;
const surroundings: Surroundings = {
  nowMs: () => Date.now(),
  random: () => 0.5,
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
  log: () => undefined,
};

function memoryIntake(): {
  intake: Intake;
  events: () => CanonicalEvent[];
  failNext: (times: number) => void;
} {
  const records: RawRecord[] = [];
  let failures = 0;
  return {
    failNext: (times) => void (failures = times),
    intake: {
      accept: (batch) => {
        if (failures-- > 0) return Promise.reject(new Error('disk_full'));
        records.push(...batch);
        return Promise.resolve();
      },
      cursor: () => undefined,
      heartbeat: () => undefined,
      gap: () => undefined,
    },
    events: () =>
      records.flatMap((record) => {
        const outcome = normaliseRecord(record, dnsXfr, record.receivedAtMs, context);
        assert.ok(outcome.ok, JSON.stringify(outcome));
        return outcome.value.events;
      }),
  };
}

function peer(port: number, signed = true): TransferPeer {
  return {
    server: { address: '127.0.0.1', port },
    ...(signed ? { key } : {}),
    idleMs: 3000,
    recordsMax: 100_000,
    nowMs: () => Date.now(),
  };
}

const records = [
  'ns1 A 192.0.2.1',
  '@ NS ns1',
  '@ MX 10 mx1.mail.example.',
  'www A 192.0.2.10',
  'www A 192.0.2.11',
  ...Array.from({ length: 200 }, (_, n) => `h${n} TXT "host ${n}"`),
];

interface Setting {
  readonly events: () => CanonicalEvent[];
  readonly failNext: (times: number) => void;
  readonly primary: { port: number };
  readonly restart: () => Promise<void>;
}

/** Runs a primary and our watch, whose only wake-up within the test is NOTIFY. */
async function setUp(t: TestContext, program: 'knotd' | 'named'): Promise<Setting> {
  const [port, notifyPort] = [await freePort(), await freePort()];
  const zones = { 'pay.example': zoneText('pay.example', 100, records) };
  const primary =
    program === 'knotd'
      ? await startKnot(port, zones, notifyPort)
      : await startBind(
          port,
          zones,
          `allow-transfer { key xfr-key; }; allow-update { key xfr-key; }; notify explicit; also-notify { 127.0.0.1 port ${notifyPort} key xfr-key; };`,
        );
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-zones-'));
  const { intake, events, failNext } = memoryIntake();
  let stop: (() => Promise<void>) | undefined;
  const start = (): void => {
    const source = zoneWatch(
      {
        tenant: 'acme',
        id: 'zones',
        zones: [{ zone: 'pay.example', peers: [peer(port)], refreshMs: 600_000, retryMs: 100 }],
        notify: { address: '127.0.0.1', port: notifyPort },
        store: fileZoneStore(directory),
        notifyHoldMs: 10,
      },
      surroundings,
    );
    const abort = new AbortController();
    const running = source.run(intake, abort.signal);
    stop = async () => {
      abort.abort();
      await running;
    };
  };
  start();
  t.after(async () => {
    await stop?.();
    await primary.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  await until('first transfer', () => events().length > 0, primary.output);
  return {
    events,
    failNext,
    primary,
    restart: async () => {
      await stop?.();
      start();
    },
  };
}

function found(events: readonly CanonicalEvent[], type: string, name: string): CanonicalEvent | undefined {
  return events.find((event) => event.event_type === type && event.record_name === name);
}

for (const program of ['knotd', 'named'] as const)
  test(`${program}: a baseline, then dynamic updates become record events with old and new sets`, async (t) => {
    if (!hasProgram(program) || !hasProgram('nsupdate'))
      return t.skip(`${program} or nsupdate is not installed`);
    const { events, primary, restart, failNext } = await setUp(t, program);
    const [baseline, ...none] = events();
    assert.equal(baseline?.event_type, 'dns.zone.transferred_in');
    assert.equal(baseline.sequence, '100');
    assert.deepEqual(none, [], 'the first load changes nothing');

    await dynamicUpdate(primary.port, 'pay.example', [
      'update delete www.pay.example. A 192.0.2.11',
      'update add www.pay.example. 300 A 203.0.113.66',
      'update delete pay.example. MX',
      'update add _dmarc.pay.example. 600 TXT "v=DMARC1; p=none"',
    ]);
    await until(
      'the first difference',
      () => found(events(), 'dns.record.created', '_dmarc.pay.example') !== undefined,
    );
    const www = found(events(), 'dns.record.updated', 'www.pay.example');
    assert.deepEqual(www?.old_value, ['192.0.2.10', '192.0.2.11']);
    assert.deepEqual(www?.new_value, ['192.0.2.10', '203.0.113.66']);
    assert.equal(www?.old_known, true);
    assert.equal(www?.sequence, '101');
    assert.ok(www?.timestamp_earliest !== undefined && www.timestamp_earliest <= www.timestamp);
    const mx = found(events(), 'dns.record.deleted', 'pay.example');
    assert.deepEqual([mx?.old_value, mx?.new_value], [['10 mx1.mail.example'], null]);
    assert.deepEqual(found(events(), 'dns.record.created', '_dmarc.pay.example')?.new_value, [
      '"v=DMARC1; p=none"',
    ]);
    const transfers = events().filter((event) => event.event_type === 'dns.zone.transferred_in');
    assert.equal(transfers.at(-1)?.source?.['form'], 'incremental');

    // Intake refuses once: nothing is lost, the difference comes again.
    failNext(1);
    await dynamicUpdate(primary.port, 'pay.example', ['update add late.pay.example. 60 A 192.0.2.99']);
    await until(
      'the difference after a refused intake',
      () => found(events(), 'dns.record.created', 'late.pay.example') !== undefined,
    );

    // What changed while we were away is found after a restart.
    await restart();
    await dynamicUpdate(primary.port, 'pay.example', ['update delete h7.pay.example.']);
    await until(
      'the difference after a restart',
      () => found(events(), 'dns.record.deleted', 'h7.pay.example') !== undefined,
    );
    const ids = events().map((event) => event.event_id);
    assert.equal(new Set(ids).size, ids.length);
  });

test('named: a full zone in answer to IXFR (larger than max-ixfr-ratio) is compared as a whole', async (t) => {
  if (!hasProgram('named') || !hasProgram('nsupdate')) return t.skip('named or nsupdate is not installed');
  const port = await freePort();
  const primary = await startBind(
    port,
    { 'tiny.example': zoneText('tiny.example', 1, ['@ NS ns1', 'ns1 A 192.0.2.1', 'www A 192.0.2.10']) },
    'allow-transfer { any; }; allow-update { key xfr-key; }; notify no; max-ixfr-ratio 1%;',
  );
  t.after(() => primary.stop());
  const baseline = await fetchZone('tiny.example', undefined, peer(port, false));
  assert.ok(baseline.ok, JSON.stringify(baseline));
  assert.equal(baseline.value.form, 'full');
  await dynamicUpdate(port, 'tiny.example', [
    'update delete www.tiny.example. A',
    'update add www.tiny.example. 3600 A 203.0.113.9',
  ]);
  const next = await fetchZone('tiny.example', baseline.value.copy, peer(port, false));
  assert.ok(next.ok, JSON.stringify(next));
  assert.equal(next.value.form, 'full');
  assert.deepEqual(
    [...next.value.changes].map((change) => [change.name, change.type, change.old, change.new]),
    [['www.tiny.example', 'A', ['192.0.2.10'], ['203.0.113.9']]],
  );
  const again = await fetchZone('tiny.example', next.value.copy, peer(port, false));
  assert.ok(again.ok);
  assert.equal(again.value.form, 'current');
});

test('knotd: a large zone comes in many messages; a wrong key and an unsigned request are refused', async (t) => {
  if (!hasProgram('knotd')) return t.skip('knotd is not installed');
  const port = await freePort();
  const many = Array.from(
    { length: 20_000 },
    (_, n) => `host${n} A 10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
  );
  const primary = await startKnot(
    port,
    { 'big.example': zoneText('big.example', 5, ['@ NS ns1', 'ns1 A 192.0.2.1', ...many]) },
    undefined,
  );
  t.after(() => primary.stop());
  const fetched = await fetchZone('big.example', undefined, peer(port));
  assert.ok(fetched.ok, JSON.stringify(fetched));
  assert.equal(fetched.value.copy.sets.size, 20_003);
  assert.equal(fetched.value.copy.sets.get('host19999.big.example\tA'), '3600\n10.0.78.31');
  const unsigned = await fetchZone('big.example', undefined, peer(port, false));
  assert.equal(unsigned.ok ? '' : unsigned.failure.code, 'endpoint_refused');
  const wrong = await fetchZone('big.example', undefined, {
    ...peer(port),
    key: { ...key, secret: Buffer.from('another secret of the same key') },
  });
  assert.ok(
    !wrong.ok && ['bad_signature', 'endpoint_refused'].includes(wrong.failure.code),
    JSON.stringify(wrong),
  );
  const limited = await fetchZone('big.example', undefined, { ...peer(port), recordsMax: 1000 });
  assert.match(limited.ok ? '' : limited.failure.message, /more than 1000 records/);
});
