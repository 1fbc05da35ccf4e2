/** `GET /pivots` of a running collector: shared values with names, by tenant, kind and domain; people veiled for viewers. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
const viewer = tokenOf('acme', 'viewer');
const responder = tokenOf('acme', 'responder');

before(async () => {
  running = await startCollector();
  for (const domain of ['shop.example', 'pay.example'])
    await running.deliver('acme', {
      event_type: 'registrar.domain.nameservers_changed',
      domain,
      attribute: 'nameservers',
      old_value: ['ns1.a.example'],
      new_value: ['ns1.stranger.example'],
      actor_id: 'registrar-a:mallory',
      actor_type: 'user',
    });
  await running.until('both', async () => {
    const { body } = await running.call('GET', '/pivots?kind=ns', { token: viewer });
    return body.items[0];
  });
});
after(() => running.stop());

test('two domains of one tenant share a stranger’s name server', async () => {
  const { status, body } = await running.call('GET', '/pivots?kind=ns', { token: viewer });
  assert.equal(status, 200);
  assert.equal(body.total, 1);
  const [{ first_seen: firstSeen, ...rest }] = body.items;
  assert.ok(Date.parse(firstSeen) > Date.now() - 60_000);
  assert.deepEqual(rest, {
    tenant: 'acme',
    kind: 'ns',
    value: 'ns1.stranger.example',
    domains: 2,
    names: ['pay.example', 'shop.example'],
    approved: 0,
    text: '2 domains now have ns1.stranger.example, first seen just now',
  });
});

test('narrowed by domain and text; another tenant sees nothing of it; unknown kinds are refused', async () => {
  const total = async (query: string, token = viewer): Promise<number> =>
    (await running.call('GET', `/pivots?${query}`, { token })).body.total;
  assert.equal(await total('kind=ns&domain=shop.example'), 1);
  assert.equal(await total('kind=ns&domain=canary.example'), 0);
  assert.equal(await total('q=STRANGER'), 1);
  assert.equal(await total('', tokenOf('beta', 'viewer')), 0);
  assert.equal((await running.call('GET', '/pivots?kind=colour', { token: viewer })).status, 400);
});

test('who did it stands there for responders and is veiled for viewers', async () => {
  const actor = async (token: string): Promise<{ value: string; text: string }> =>
    (await running.call('GET', '/pivots?kind=actor', { token })).body.items[0];
  assert.equal((await actor(responder)).value, 'registrar-a:mallory');
  const veiled = await actor(viewer);
  assert.ok(!JSON.stringify(veiled).includes('mallory'));
  const { body } = await running.call('GET', '/pivots?q=mallory', { token: viewer });
  assert.equal(body.total, 0, 'a veiled name is not found by guessing');
  assert.match(veiled.text, /^2 domains were changed by /);
});
