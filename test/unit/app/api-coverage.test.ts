/** Coverage of one domain by one kind of source: a feed that lives may still not look at this very domain. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import { startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
const viewer = tokenOf('acme', 'viewer');
const minuteMs = 60_000;

interface Kind {
  source_kind: string;
  state: string;
  blind_minutes_24h: number;
  last_seen: string | null;
  interval_ms: number;
}

before(async () => {
  running = await startCollector();
  const { sources } = running.collector.tables;
  const nowMs = Date.now();
  sources.note('acme', 'delegation_probe', 'probe-1', nowMs - 300 * minuteMs, true, minuteMs);
  for (const [domain, minutes] of [
    ['shop.example', 9],
    ['pay.example', 1],
  ] as const)
    await running.deliver('acme', {
      event_type: 'registrar.domain.state_observed',
      source_kind: 'delegation_probe',
      timestamp: formatInstant(nowMs - minutes * minuteMs),
      domain,
      attribute: 'nameservers',
      new_value: ['ns1.a.example'],
    });
  await running.until('the last look', async () =>
    (await kindOf('pay.example')).last_seen === null ? undefined : true,
  );
});
after(() => running.stop());

async function kindOf(domain: string): Promise<Kind> {
  const { body } = await running.call('GET', `/coverage/domains?q=${domain}`, { token: viewer });
  const [{ kinds }] = body.items as [{ kinds: Kind[] }];
  const found = kinds.find(({ source_kind: kind }) => kind === 'delegation_probe');
  assert.ok(found !== undefined);
  return found;
}

test('a domain that was not looked at for nine minutes, every minute being the cadence, is blind there, its neighbour is not', async () => {
  const missed = await kindOf('shop.example');
  assert.equal(missed.state, 'stale');
  assert.ok([7, 8].includes(missed.blind_minutes_24h), String(missed.blind_minutes_24h));
  assert.equal(missed.interval_ms, minuteMs);
  const seen = await kindOf('pay.example');
  assert.deepEqual([seen.state, seen.blind_minutes_24h], ['live', 0]);
});

test('a domain nobody ever looked at says so instead of claiming a time', async () => {
  const { last_seen: last, state } = await kindOf('canary.example');
  assert.deepEqual([last, state], [null, 'live']);
});

test('the page of a domain tells its own coverage', async () => {
  const { body } = await running.call('GET', '/domains/acme/shop.example', { token: viewer });
  const found = body.coverage.find((view: Kind) => view.source_kind === 'delegation_probe');
  assert.ok([7, 8].includes(found.blind_minutes_24h));
  assert.ok(Date.parse(found.last_seen) < Date.now() - 8 * minuteMs);
});
