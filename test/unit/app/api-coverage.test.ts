/** Coverage of one domain by one kind of source: a feed that lives may still not look at this very domain. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatInstant } from '../../../collector/src/leaf/time.ts';
import { encodeLogEntry } from '../../../collector/src/log/entry-codec.ts';
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
  silent_sources: string[];
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

test('of two sources of a kind one falls silent: its domains show it, and the score says so without a further event', async () => {
  const { tables, stores } = running.collector;
  const reasonOf = async (domain: string): Promise<string> => {
    const { body } = await running.call('GET', `/domains/acme/${domain}`, { token: viewer });
    const found = body.score.components.find(
      (each: { name: string }) => each.name === 'nameserver_stability',
    );
    return found.reason;
  };
  tables.sources.note('acme', 'delegation_probe', 'hook-acme', Date.now() - 300 * minuteMs, true, minuteMs);
  const silence = (id: string): Promise<number> => {
    const source = {
      tenant: 'acme',
      id,
      feed: 'delegation-probe',
      kind: 'delegation_probe',
      intervalMs: minuteMs,
    };
    const nowMs = Date.now();
    const body = { source, sinceMs: nowMs - 1000 };
    return stores.log.append([encodeLogEntry({ kind: 'control', atMs: nowMs, type: 'silent', body })]);
  };
  assert.doesNotMatch(await reasonOf('pay.example'), /not confirmed/);

  // The other source: what pay.example is told by lives; whose canary.example is, nobody knows.
  await silence('probe-1');
  await running.until('the first silence', async () =>
    (await kindOf('canary.example')).state === 'partial' ? true : undefined,
  );
  assert.deepEqual((await kindOf('canary.example')).silent_sources, ['probe-1']);
  const heard = await kindOf('pay.example');
  assert.notEqual(heard.state, 'silent');
  assert.deepEqual(heard.silent_sources, []);
  const { body } = await running.call('GET', '/coverage', { token: viewer });
  const kind = body.kinds.find((view: Kind) => view.source_kind === 'delegation_probe');
  assert.deepEqual([kind.alive, kind.silent_sources], [true, ['probe-1']]);

  await silence('hook-acme');
  await running.until('the second silence', async () =>
    (await kindOf('pay.example')).state === 'silent' ? true : undefined,
  );
  assert.deepEqual((await kindOf('pay.example')).silent_sources, ['hook-acme']);
  await running.until('the score of a domain nobody spoke about', async () =>
    /not confirmed: delegation_probe \(hook-acme\) is silent/.test(await reasonOf('pay.example'))
      ? true
      : undefined,
  );
});
