/** Tickets and plans posted as they are: the webhook of a change system approves what the ticket names, and nothing else. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { programToken, startCollector, tokenOf, type TestCollector } from './running-collector.ts';

let running: TestCollector;
const changeSystem = programToken('acme', 'approver');

before(async () => {
  running = await startCollector();
});
after(() => running.stop());

function post(tool: string, body: unknown, token = changeSystem) {
  return running.call('POST', `/intents/import/${tool}`, { token, body });
}

function ticket(key: string, status: string, block: string): object {
  const description = `Move the shop.\n{code:zonewarden}\n${block}\n{code}`;
  return {
    webhookEvent: 'jira:issue_updated',
    issue: {
      key,
      fields: { status: { name: status }, description, reporter: { emailAddress: 'jane@acme' } },
    },
  };
}

const change = '- {domain: shop.example, action: record, name: www.shop.example, type: A, new: [192.0.2.77]}';

test('a Jira webhook about an approved ticket becomes an intent, with who asked and who passed it on', async () => {
  const answer = await post('jira', ticket('OPS-7', 'Approved', change));
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.body, { accepted: true, id: 'OPS-7' });
  const { body } = await running.call('GET', '/intents?domain=shop.example', {
    token: tokenOf('acme', 'responder'),
  });
  const [found] = body.items;
  assert.deepEqual([found.id, found.source, found.requested_by], ['OPS-7', 'ticket', 'jane@acme']);
  assert.ok(found.approved_by.length > 0);
  assert.deepEqual(found.changes[0].new, ['192.0.2.77']);
});

test('a ticket in another state, in prose, or about names of others approves nothing and says why', async () => {
  for (const [body, reason] of [
    [ticket('OPS-8', 'In review', change), /OPS-8 is In review, not approved/],
    [
      ticket('OPS-9', 'Approved', '- {domain: foreign.example, action: lock, new: disabled}'),
      /lies in no domain/,
    ],
    [
      { issue: { key: 'OPS-10', fields: { status: { name: 'Approved' }, description: 'please' } } },
      /no code block/,
    ],
  ] as const) {
    const answer = await post('jira', body);
    assert.equal(answer.status, 422);
    assert.match(answer.text, reason);
  }
});

async function validity(id: string) {
  const { body } = await running.call('GET', '/intents', { token: tokenOf('acme', 'responder') });
  const found = (body.items as { id: string; valid_until: string; changes: { domain: string }[] }[]).find(
    (each) => each.id === id,
  );
  return { isValid: (found?.valid_until ?? '') > new Date().toISOString(), changes: found?.changes ?? [] };
}

test('a ticket that is called off approves nothing from then on, once', async () => {
  assert.equal((await post('jira', ticket('OPS-11', 'Approved', change))).status, 200);
  assert.equal((await validity('OPS-11')).isValid, true);
  const answer = await post('jira', ticket('OPS-11', 'Cancelled', change));
  assert.deepEqual(answer.body, { accepted: true, id: 'OPS-11', withdrawn: true });
  assert.equal((await validity('OPS-11')).isValid, false);
  assert.equal((await post('jira', ticket('OPS-11', 'Cancelled', change))).status, 422);
  assert.equal((await post('jira', ticket('OPS-11', 'Approved', change))).status, 200);
  assert.equal((await validity('OPS-11')).isValid, true, 'approved again');
});

test('a changed ticket ends what it approved for a domain that it names no more', async () => {
  const both = `${change}\n- {domain: pay.example, action: record, name: www.pay.example, type: A, new: [192.0.2.78]}`;
  assert.equal((await post('jira', ticket('OPS-12', 'Approved', both))).status, 200);
  assert.equal((await post('jira', ticket('OPS-12', 'Approved', change))).status, 200);
  const { isValid, changes } = await validity('OPS-12');
  assert.deepEqual([isValid, changes.map(({ domain }) => domain)], [true, ['shop.example']]);
  const token = tokenOf('acme', 'admin');
  const { body } = await running.call('GET', '/audit', { token });
  assert.match(JSON.stringify(body), /intent OPS-12 ended/);
});

test('a plan of DNS as code: what it leaves open is named, the rest counts', async () => {
  const plan = [
    {
      domain: 'pay.example',
      provider: 'bind',
      corrections: 2,
      correction_details: [
        '± MODIFY www.pay.example A (192.0.2.1 ttl=300) -> (192.0.2.9 ttl=300)',
        'something that is no correction',
      ],
    },
  ];
  const answer = await post('dnscontrol', plan);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.body.id, /^dnscontrol-[0-9a-f]{12}$/);
  assert.deepEqual(answer.body.refused, [
    '/0/correction_details/1: is no record correction with name, type, value and TTL, so it approves nothing',
  ]);
  assert.equal((await post('dnscontrol', plan)).status, 200, 'the same plan again is the same intent');
});

test('only approvers, only known tools', async () => {
  assert.equal((await post('jira', {}, tokenOf('acme', 'responder'))).status, 403);
  assert.equal((await post('spreadsheet', {})).status, 404);
  assert.equal((await post('terraform', { format_version: '9' })).status, 422);
});
