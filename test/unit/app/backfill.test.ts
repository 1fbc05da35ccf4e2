/** A year of history into a stopped and a running collector: baselines are warm, nobody is told, a live attack still pages. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { backfill } from '../../../collector/src/cli/backfill.ts';
import type { SpikeState } from '../../../collector/src/5-feature/spike.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import { eventOf } from '../4-ledger/stage-harness.ts';
import { collectingIo } from '../cli/collecting-io.ts';
import { startCollector, tokenOf, type TestCollector } from './running-collector.ts';

const dayMs = 86_400_000;
const daysOfHistory = 365;
const admin = tokenOf('acme', 'admin');

const inventory = `version: 1
tenants: [{id: acme}]
principals: [{id: 'okta:jane@acme', tenant: acme}]
domains:
  - {domain: shop.example, tenant: acme, tier: 0, approved: {nameservers: [ns1.a.example]}}
  - {domain: pay.example, tenant: acme, tier: 1, approved: {nameservers: [ns1.a.example]}}
`;

/** One text record every forty days, a login a day, and a theft that nobody approved. */
function history(nowMs: number): CanonicalEvent[] {
  const from = (days: number): string => formatInstant(nowMs - days * dayMs);
  const events: CanonicalEvent[] = [];
  for (let days = daysOfHistory; days > 0; days--) {
    events.push(
      eventOf({
        event_type: 'identity.session.login_succeeded',
        timestamp: from(days),
        source_kind: 'identity_log',
        acquisition: 'push',
        actor_id: 'okta:jane@acme',
        actor_type: 'user',
        auth_method: 'sso',
      }),
    );
    if (days % 40 !== 5) continue;
    events.push(
      eventOf({
        event_type: 'dns.record.updated',
        timestamp: from(days),
        source_kind: 'dns_provider_audit',
        acquisition: 'push',
        domain: 'shop.example',
        record_name: 'shop.example',
        record_type: 'TXT',
        attribute: 'records',
        new_value: [`"token-${String(days)}"`],
      }),
    );
  }
  events.push(
    eventOf({
      event_type: 'registrar.domain.nameservers_changed',
      timestamp: from(200),
      domain: 'pay.example',
      attribute: 'nameservers',
      old_value: ['ns1.a.example'],
      new_value: ['ns1.stranger.example'],
      old_known: true,
    }),
  );
  return events;
}

function written(t: TestContext): { inventoryPath: string; eventsPath: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'zonewarden-backfill-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const inventoryPath = join(folder, 'inventory.yaml');
  const eventsPath = join(folder, 'history.ndjson');
  writeFileSync(inventoryPath, inventory);
  writeFileSync(
    eventsPath,
    history(Date.now())
      .map((event) => JSON.stringify(event))
      .join('\n'),
  );
  return { inventoryPath, eventsPath, folder };
}

function spikeOf(running: TestCollector): SpikeState | undefined {
  return running.collector.host.engine
    .view('domain', 'acme', 'acme|shop.example')
    ?.get<SpikeState>('spike.records');
}

function assertWarm(running: TestCollector): void {
  const spike = spikeOf(running);
  assert.ok(spike !== undefined && spike.since < Date.now() - 350 * dayMs, 'a year is known');
  // Thirty days of history count (3.1): one change.
  assert.equal(
    spike.days.reduce((sum, [, count]) => sum + count, 0),
    1,
  );
  const habits = running.collector.host.engine
    .view('principal', 'acme', 'acme|okta:jane@acme')
    ?.get<{ logins: number }>('novelty');
  assert.equal(habits?.logins, daysOfHistory);
}

async function assertQuiet(running: TestCollector): Promise<void> {
  const { body: cases } = await running.call('GET', '/cases', { token: admin });
  const { body: findings } = await running.call('GET', '/findings', { token: admin });
  assert.deepEqual([cases.items, findings.items], [[], []]);
  assert.equal(running.collector.stores.signalSegments.nextSequence, 0, 'no sink was given anything');
}

async function assertAttackPages(running: TestCollector): Promise<void> {
  await running.deliver('acme', {
    event_type: 'registrar.domain.nameservers_changed',
    domain: 'shop.example',
    attribute: 'nameservers',
    old_value: ['ns1.a.example'],
    new_value: ['ns1.stranger.example'],
  });
  const found = await running.until('a page', async () => {
    const { body } = await running.call('GET', '/cases', { token: admin });
    return body.items.find((item: { paged_at: string | null }) => item.paged_at !== null);
  });
  assert.deepEqual(found.domains, ['shop.example']);
}

test('a stopped collector: history counts from the next start', async (t) => {
  const { inventoryPath, eventsPath, folder } = written(t);
  const data = join(folder, 'var');
  const io = collectingIo();
  const status = await backfill(['--inventory', inventoryPath, '--data', data, eventsPath], io);
  assert.equal(status, 0, io.errors());
  assert.match(io.output(), /^376 events from \S+ to \S+ taught 2 domains, 1 principal, 1 organisation; /);
  const running = await startCollector({ data });
  try {
    await running.until('the lessons', () => spikeOf(running));
    assertWarm(running);
    await assertQuiet(running);
    await assertAttackPages(running);
  } finally {
    await running.stop();
  }
});

test('a running collector: taken over at once, twice as well as once, and still there after a restart', async (t) => {
  const { inventoryPath, eventsPath, folder } = written(t);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, admin);
  let running = await startCollector();
  try {
    const argv = ['--inventory', inventoryPath, '--url', running.url, '--token-file', tokenFile, eventsPath];
    for (const _ of [1, 2]) {
      const io = collectingIo();
      assert.equal(await backfill(argv, io), 0, io.errors());
      await running.until('the lessons', () => spikeOf(running));
      assertWarm(running);
      await assertQuiet(running);
    }
    const { data } = running;
    await running.stop();
    running = await startCollector({ data });
    assertWarm(running);
    await assertAttackPages(running);
  } finally {
    await running.stop();
  }
});

test('only an admin teaches, and the teaching is in the audit log', async (t) => {
  const { inventoryPath, eventsPath, folder } = written(t);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, tokenOf('acme', 'responder'));
  const running = await startCollector();
  try {
    const argv = ['--inventory', inventoryPath, '--url', running.url, '--token-file', tokenFile, eventsPath];
    await assert.rejects(backfill(argv, collectingIo()), /needs the role admin/);
    writeFileSync(tokenFile, admin);
    assert.equal(await backfill(argv, collectingIo()), 0);
    const { text } = await running.call('GET', '/audit', { token: admin });
    assert.match(text, /baseline domain shop\.example/);
  } finally {
    await running.stop();
  }
});

test('unreadable lines are named and cost nothing else; a dry run writes nothing', async (t) => {
  const { inventoryPath, folder } = written(t);
  const path = join(folder, 'half.ndjson');
  const [event] = history(Date.now());
  const future = { ...event, event_id: 'f'.repeat(26), timestamp: formatInstant(Date.now() + dayMs) };
  writeFileSync(path, [JSON.stringify(event), '{"half":', JSON.stringify(future)].join('\n'));
  const io = collectingIo();
  assert.equal(await backfill(['--inventory', inventoryPath, '--dry-run', path], io), 1);
  assert.match(io.errors(), /half\.ndjson:2: not JSON/);
  assert.match(io.output(), /^1 events .*nothing was written/);
  assert.match(io.output(), /1 events lie in the future and were left out/);
  await assert.rejects(
    backfill(['--inventory', inventoryPath, path], collectingIo()),
    /exactly one of --data DIR/,
  );
});
