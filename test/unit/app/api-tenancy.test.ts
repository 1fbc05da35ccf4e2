import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let alone: TestCollector;
let together: TestCollector;
const startMs = Date.now();

before(async () => {
  [alone, together] = await Promise.all([startCollector(), startCollector()]);
});
after(() => Promise.all([alone.stop(), together.stop()]));

const story = [
  lockRemoved,
  {
    event_type: 'dns.record.updated',
    source_kind: 'answer_probe',
    domain: 'shop.example',
    record_name: 'www.shop.example',
    record_type: 'A',
    old_value: ['192.0.2.1'],
    new_value: ['203.0.113.66'],
  },
  { event_type: 'registrar.domain.lock_disabled', domain: 'not a name' },
];

/** Tells the same story with the same ids, and has people act on it. */
async function live(running: TestCollector, tenant: string): Promise<void> {
  const token = tokenOf(tenant, 'admin');
  for (const [n, event] of story.entries())
    await running.deliver(tenant, {
      id: `same-${n}`,
      timestamp: new Date(startMs - 60_000 + n * 1000).toISOString(),
      ...event,
    });
  const found = await running.until('case, findings and letter', async () => {
    const { body: letters } = await running.call('GET', '/quarantine', { token });
    const { body: cases } = await running.call('GET', '/cases', { token });
    return letters.total > 0 && cases.items[0]?.detections.length > 1 ? cases.items[0] : undefined;
  });
  const body = { text: 'the same words' };
  await running.call('POST', `/cases/${found.case_id}/note`, { token, body });
  const suppression = { scope: { domain: 'pay.example' }, reason: 'move', ticket: 'T-1', owner: 'ops' };
  await running.call('POST', '/suppressions', { token, body: suppression });
  const changes = [{ domain: 'pay.example', action: 'ds', new: [] }];
  await running.call('POST', '/intents', { token, body: { id: 'CHG-1', changes } });
}

/** Without times, random ids and entity tags, which differ between any two runs. */
function comparable(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, 'TIME')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/"(hash|next_cursor)":"[^"]*"/g, '"$1":"…"');
}

test('two tenants with equal names and ids: what one sees does not depend on the other', async () => {
  await live(alone, 'acme');
  await live(together, 'beta');
  await live(together, 'acme');
  await live(together, 'beta');
  const token = tokenOf('acme', 'admin');
  const read = async (running: TestCollector, path: string): Promise<string> =>
    comparable((await running.call('GET', path, { token })).text);
  const { body } = await alone.call('GET', '/cases', { token });
  const [found] = body.items;
  for (const path of [
    '/cases?limit=500',
    `/cases/${found.case_id}`,
    '/findings?limit=500',
    '/domains?limit=500',
    '/domains/acme/shop.example',
    '/domains/acme/pay.example',
    '/scores?limit=500',
    '/suppressions',
    '/intents',
    '/quarantine?limit=500',
    '/actions',
    '/coverage',
    '/rules?limit=500',
    '/readiness',
  ])
    assert.equal(await read(together, path), await read(alone, path), path);
});
