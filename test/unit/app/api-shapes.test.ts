import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Compile } from 'typebox/compile';
import { endpoints, type Endpoint } from '../../../collector/src/contract/api.ts';
import { lockRemoved, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
let caseId: string;
let evidenceId: string;
let suppressionId: string;
let actionId: string;
let drillId: string;
const admin = tokenOf('acme', 'admin');

before(async () => {
  running = await startCollector();
  await running.deliver('acme', lockRemoved);
  const found = await running.until('a case', async () => {
    const { body } = await running.call('GET', '/cases', { token: admin });
    return body.items[0];
  });
  caseId = found.case_id;
  const { body } = await running.call('GET', `/cases/${caseId}`, { token: admin });
  evidenceId = body.findings[0].evidence_event_ids[0];
  const scope = { scope: { domain: 'pay.example' }, reason: 'move', ticket: 'T-1', owner: 'ops' };
  suppressionId = (await running.call('POST', '/suppressions', { token: admin, body: scope })).body.id;
  const proposal = { what: 'call the registrar', destructive: false };
  actionId = (await running.call('POST', `/cases/${caseId}/actions`, { token: admin, body: proposal })).body
    .id;
  drillId = (await running.call('POST', '/drills', { token: admin, body: {} })).body.id;
});
after(() => running.stop());

function pathOf({ path }: Endpoint): string {
  const ids: Record<string, string> = {
    cases: caseId,
    evidence: evidenceId,
    suppressions: suppressionId,
    actions: actionId,
    drills: drillId,
    rules: 'R02',
  };
  return path
    .replace('{tenant}', 'acme')
    .replace('{domain}', 'shop.example')
    .replace('{id}', ids[path.split('/')[1] ?? ''] ?? 'none');
}

test('every GET answers in its shape', async (t) => {
  for (const endpoint of endpoints) {
    if (endpoint.method !== 'GET' || endpoint.path === '/stream' || endpoint.path === '/actions/{id}')
      continue;
    await t.test(endpoint.path, async () => {
      const { status, body } = await running.call('GET', pathOf(endpoint), { token: admin });
      assert.equal(status, 200);
      const validator = Compile(endpoint.answer);
      const problems = [...validator.Errors(body)].map((one) => `${one.instancePath}: ${one.message}`);
      assert.deepEqual(problems.slice(0, 5), []);
    });
  }
});

test('lists are not empty where something happened', async () => {
  for (const path of ['/cases', '/findings', '/domains', '/scores', '/rules', '/suppressions', '/audit']) {
    const { body } = await running.call('GET', path, { token: admin });
    assert.ok(body.items.length > 0, path);
    assert.ok(body.total >= body.items.length, path);
  }
});

test('evidence gives the bytes that were delivered', async () => {
  const { body } = await running.call('GET', `/evidence/${evidenceId}`, { token: admin });
  assert.equal(body.event.event_type, 'registrar.domain.lock_disabled');
  const sent = JSON.parse(body.raw_text);
  assert.equal(sent.domain, 'shop.example');
  assert.equal(body.raw_base64, null);
});

test('one domain shows both witnesses, changes and cases', async () => {
  const { body } = await running.call('GET', '/domains/acme/shop.example', { token: admin });
  const lock = body.controls.find((one: { control: string }) => one.control === 'lock');
  assert.equal(lock.verdict, 'differs');
  assert.equal(lock.said.source_kind, 'registrar_audit');
  assert.equal(lock.seen, null);
  assert.deepEqual(body.cases, [caseId]);
  assert.equal(body.summary.open_cases, 1);
  assert.equal(body.changes[0].control, 'lock');
});

test('pages follow each other without gap or repetition', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  do {
    const { body } = await running.call('GET', `/rules?limit=7&cursor=${cursor ?? ''}`, { token: admin });
    seen.push(...body.items.map((one: { rule_id: string }) => one.rule_id));
    cursor = body.next_cursor;
  } while (cursor !== null);
  const whole = await running.call('GET', '/rules?limit=500', { token: admin });
  assert.deepEqual(
    seen,
    whole.body.items.map((one: { rule_id: string }) => one.rule_id),
  );
  assert.equal(new Set(seen).size, seen.length);
  for (const query of ['limit=0', 'limit=2001', 'limit=x', 'cursor=%25'])
    assert.equal((await running.call('GET', `/rules?${query}`, { token: admin })).status, 400, query);
});

test('filters narrow', async () => {
  const count = async (query: string): Promise<number> =>
    (await running.call('GET', `/cases?${query}`, { token: admin })).body.total;
  assert.ok((await count('state=open')) >= 1);
  assert.equal(await count('state=closed'), 0);
  assert.ok((await count('domain=shop.example&severity=critical,high,medium')) >= 1);
  assert.equal(await count('domain=pay.example'), 0);
  assert.ok((await count('q=SHOP.example')) >= 1);
});

test('entity tags: nothing is sent twice', async () => {
  const first = await running.call('GET', `/domains/acme/shop.example`, { token: admin });
  const etag = first.headers.get('etag') ?? '';
  assert.match(etag, /^"[\w-]{27}"$/);
  const again = await running.call('GET', '/domains/acme/pay.example', { token: admin });
  assert.notEqual(again.headers.get('etag'), etag);
  const known = await running.call('GET', '/scores', { token: admin });
  const same = await running.call('GET', '/scores', {
    token: admin,
    headers: { 'if-none-match': `W/"x", ${known.headers.get('etag')}` },
  });
  assert.equal(same.status, 304);
  assert.equal(same.text, '');
});

test('errors are problem details and say what to do', async () => {
  const missing = await running.call('GET', '/cases/none', { token: admin });
  assert.equal(missing.status, 404);
  assert.equal(missing.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  const bad: [string, unknown, number, RegExp][] = [
    ['/close', { disposition: 'maybe' }, 400, /disposition/],
    ['/close', { disposition: 'true_positive', extra: 1 }, 400, /./],
    ['/note', '{"text":', 400, /not JSON/],
    ['/note', {}, 400, /text/],
    ['/note', '{"__proto__": {"text": "x"}}', 400, /./],
    ['/merge', { with: 'none' }, 404, /./],
    ['/split', { finding_ids: ['none'] }, 409, /none/],
    ['/reopen', {}, 409, /new/],
  ];
  for (const [verb, body, status, detail] of bad) {
    const answer = await running.call('POST', `/cases/${caseId}${verb}`, { token: admin, body });
    assert.equal(answer.status, status, `${verb} ${answer.text}`);
    assert.match(answer.text, detail);
  }
  const form = await running.call('POST', `/cases/${caseId}/note`, {
    token: admin,
    body: '{"text":"x"}',
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(form.status, 415);
  const foreign = await running.call('POST', `/cases/${caseId}/note`, {
    token: admin,
    body: { text: 'x' },
    headers: { origin: 'https://evil.example' },
  });
  assert.equal(foreign.status, 403);
});

test('a query that is not understood is refused with what is known', async () => {
  for (const [path, words] of [
    ['/cases?stat=open', /there is no "stat" here; known are state, severity/],
    ['/cases?state=opne', /"state" takes open, new, .*, not "opne"/],
    ['/cases?severity=critical,hgh', /not "hgh"/],
    ['/cases?state=open&state=new', /stands twice/],
    ['/domains?sort=colour', /"sort" takes risk, score, tier, name/],
    ['/status?q=1', /there is no "q" here/],
  ] as const) {
    const { status, text } = await running.call('GET', path, { token: admin });
    assert.equal(status, 400, path);
    assert.match(JSON.parse(text).detail, words, path);
  }
  for (const path of ['/cases?state=open,closed&severity=', '/domains?tier=0,1&sort=name', '/cases?limit=5'])
    assert.equal((await running.call('GET', path, { token: admin })).status, 200, path);
});

test('the history of a domain: changes as told, certificates, score', async () => {
  const { body } = await running.call('GET', '/domains/acme/shop.example/history', { token: admin });
  const change = body.changes.find(({ type }: { type: string }) => type === 'registrar.domain.lock_disabled');
  assert.equal(change.object, 'statuses');
  assert.deepEqual([change.old, change.new], [['clientTransferProhibited'], []]);
  assert.equal(change.actor_id, 'registrar-a:alice@acme.example');
  assert.ok(body.score.length > 0);
  const seen = await running.call('GET', '/domains/acme/shop.example/history', {
    token: tokenOf('acme', 'viewer'),
  });
  assert.doesNotMatch(seen.text, /alice/);
});

test('coverage by domain and kind of source', async () => {
  const { body } = await running.call('GET', '/coverage/domains?tier=0', {
    token: tokenOf('acme', 'viewer'),
  });
  assert.deepEqual(
    body.items.map(({ domain }: { domain: string }) => domain),
    ['shop.example'],
  );
  const { kinds } = body.items[0];
  const live = kinds.find(({ state }: { state: string }) => state === 'live');
  assert.ok(live !== undefined, JSON.stringify(kinds));
  assert.equal(live.blind_minutes_24h, 0);
});

test('a known path under a method it does not have is 405 and says which it has; HEAD and unknown paths', async () => {
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await running.call(method, '/cases', { token: admin });
    assert.equal(status, 405, method);
    assert.match(headers.get('allow') ?? '', /GET/);
  }
  const head = await running.call('HEAD', '/cases', { token: admin });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.ok(head.headers.get('etag'));
  assert.equal((await running.call('GET', '/nothing-here', { token: admin })).status, 404);
});
