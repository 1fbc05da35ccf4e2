import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intentsFromTerraform } from '../../../../collector/src/3-enrich/intent-import/terraform.ts';
import { changesOf, facts, refusalsOf } from './import-harness.ts';

interface Resource {
  readonly type: string;
  readonly actions: readonly string[];
  readonly before?: object | null;
  readonly after?: object | null;
}

function plan(
  resources: readonly Resource[],
  kept: readonly { type: string; values: object }[] = [],
): string {
  const planned = resources.flatMap(({ type, after }) =>
    after === undefined || after === null ? [] : [{ type, values: after }],
  );
  return JSON.stringify({
    format_version: '1.2',
    planned_values: {
      root_module: {
        resources: planned.slice(0, 1),
        child_modules: [{ resources: [...planned.slice(1), ...kept] }],
      },
    },
    resource_changes: resources.map(({ type, actions, before = null, after = null }) => ({
      address: `${type}.x`,
      type,
      change: { actions, before, after },
    })),
  });
}

void test('a plan cut down to its changes: the set is what the list holds, and nothing is approved to go that is to come', () => {
  const mx = (value: string, priority: number) => ({
    name: 'pay.example',
    type: 'MX',
    content: value,
    priority,
  });
  const { planned_values: planned, ...cut } = JSON.parse(
    plan([
      { type: 'cloudflare_dns_record', actions: ['create'], after: mx('mx2.mailhost.example', 20) },
      {
        type: 'cloudflare_dns_record',
        actions: ['no-op'],
        before: mx('mx1.mailhost.example', 10),
        after: mx('mx1.mailhost.example', 10),
      },
    ]),
  ) as Record<string, unknown>;
  const setOf = (text: unknown) =>
    changesOf(intentsFromTerraform(JSON.stringify(text), facts)).map(({ new: value }) => value);
  const both = ['10 mx1.mailhost.example', '20 mx2.mailhost.example'];
  assert.deepEqual(setOf(cut), [both]);
  assert.deepEqual(setOf({ ...cut, planned_values: planned }), [both]);
  // Planned values that do not hold the resource itself say nothing.
  assert.deepEqual(setOf({ ...cut, planned_values: { root_module: {} } }), []);
});

void test('Route 53 and Google sets are taken whole; renaming frees the old name', () => {
  const outcome = intentsFromTerraform(
    plan([
      {
        type: 'aws_route53_record',
        actions: ['update'],
        before: { name: 'api.pay.example', type: 'A', records: ['192.0.2.1'] },
        after: { name: 'api.pay.example', type: 'A', records: ['192.0.2.3', '192.0.2.2'] },
      },
      {
        type: 'google_dns_record_set',
        actions: ['delete', 'create'],
        before: { name: 'a.pay.example.', type: 'TXT', rrdatas: ['"x"'] },
        after: { name: 'b.pay.example.', type: 'TXT', rrdatas: ['"x"'] },
      },
      { type: 'aws_instance', actions: ['create'], after: {} },
    ]),
    facts,
  );
  assert.deepEqual(
    changesOf(outcome).map(({ name, type, old, new: value }) => [name, type, old, value]),
    [
      ['api.pay.example', 'A', ['192.0.2.1'], ['192.0.2.2', '192.0.2.3']],
      ['a.pay.example', 'TXT', undefined, []],
      ['b.pay.example', 'TXT', undefined, ['"x"']],
    ],
  );
  assert.deepEqual(refusalsOf(outcome), []);
});

void test('records that are resources of their own add up to the set, with those that stay', () => {
  const outcome = intentsFromTerraform(
    plan(
      [
        {
          type: 'cloudflare_dns_record',
          actions: ['create'],
          after: { name: 'api.pay.example', type: 'A', content: '192.0.2.1' },
        },
      ],
      [
        {
          type: 'cloudflare_dns_record',
          values: { name: 'api.pay.example', type: 'A', content: '192.0.2.2' },
        },
      ],
    ),
    facts,
  );
  assert.deepEqual(changesOf(outcome)[0]?.new, ['192.0.2.1', '192.0.2.2']);
});

void test('delegation, lock and renewal of a registered domain', () => {
  const outcome = intentsFromTerraform(
    plan([
      {
        type: 'aws_route53domains_registered_domain',
        actions: ['update'],
        before: {
          domain_name: 'pay.example',
          name_server: [{ name: 'ns1.a.example' }],
          transfer_lock: true,
          auto_renew: true,
        },
        after: {
          domain_name: 'pay.example',
          name_server: [{ name: 'NS1.b.example.' }],
          transfer_lock: false,
          auto_renew: true,
        },
      },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), [
    { domain: 'pay.example', action: 'delegation', old: ['ns1.a.example'], new: ['ns1.b.example'] },
    { domain: 'pay.example', action: 'lock', new: 'disabled' },
  ]);
});

void test('values known after apply, aliases, routing policies and names without a zone are refused', () => {
  const route53 = (after: object): Resource => ({ type: 'aws_route53_record', actions: ['create'], after });
  const outcome = intentsFromTerraform(
    plan([
      route53({ name: 'api.pay.example', type: 'A' }),
      route53({ name: 'pay.example', type: 'A', alias: [{ name: 'lb.example' }] }),
      route53({ name: 'pay.example', type: 'A', records: ['192.0.2.1'], set_identifier: 'eu' }),
      route53({ name: 'www', type: 'A', records: ['192.0.2.1'] }),
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.equal(refusalsOf(outcome).length, 4);
});

void test('a record of the same set that is still open opens the whole set', () => {
  const outcome = intentsFromTerraform(
    plan([
      {
        type: 'cloudflare_dns_record',
        actions: ['create'],
        after: { name: 'api.pay.example', type: 'A', content: '192.0.2.1' },
      },
      { type: 'cloudflare_dns_record', actions: ['create'], after: { name: 'api.pay.example', type: 'A' } },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.equal(refusalsOf(outcome).length, 2);
});

void test('another kind of file is one failure', () => {
  assert.equal(intentsFromTerraform('{"format_version": "2.0", "resource_changes": []}', facts).ok, false);
  assert.equal(intentsFromTerraform('[]', facts).ok, false);
});

const address = (value: string): object => ({
  name: 'api.pay.example',
  type: 'A',
  ttl: 300,
  records: [value],
});
const isolated = (text: string): unknown[] => {
  const outcome = intentsFromTerraform(text, facts);
  return changesOf(outcome).map(({ name, action, new: value }) => [name, action, value]);
};

void test('a replacement approves what will stand, whichever half comes first', () => {
  for (const actions of [
    ['create', 'delete'],
    ['delete', 'create'],
  ])
    assert.deepEqual(
      isolated(
        plan([
          { type: 'aws_route53_record', actions, before: address('192.0.2.1'), after: address('192.0.2.2') },
        ]),
      ),
      [['api.pay.example', 'record', ['192.0.2.2']]],
    );
});

void test('a deposed object, or a set that another resource takes over, does not approve that the set goes', () => {
  const gone = { type: 'aws_route53_record', actions: ['delete'], before: address('192.0.2.1') };
  const kept = { type: 'aws_route53_record', values: address('192.0.2.1') };
  const deposed = intentsFromTerraform(plan([gone], [kept]), facts);
  assert.deepEqual(changesOf(deposed), []);
  assert.match(refusalsOf(deposed).join(), /another resource will hold the same record set/);
  const moved = plan([
    gone,
    { type: 'aws_route53_record', actions: ['create'], after: address('192.0.2.9') },
  ]);
  assert.deepEqual(isolated(moved), [['api.pay.example', 'record', ['192.0.2.9']]]);
});

void test('what is only forgotten by the state stays in DNS: its removal is not approved', () => {
  assert.deepEqual(
    isolated(plan([{ type: 'aws_route53_record', actions: ['forget'], before: address('192.0.2.1') }])),
    [],
  );
  const elsewhere = { ...address('192.0.2.2'), name: 'b.pay.example' };
  assert.deepEqual(
    isolated(
      plan([
        {
          type: 'aws_route53_record',
          actions: ['forget', 'create'],
          before: address('192.0.2.1'),
          after: elsewhere,
        },
      ]),
    ),
    [['b.pay.example', 'record', ['192.0.2.2']]],
  );
});

void test('one value of a set that is known only after apply opens the whole set', () => {
  const outcome = intentsFromTerraform(
    plan([
      {
        type: 'aws_route53_record',
        actions: ['update'],
        before: address('192.0.2.1'),
        after: { name: 'api.pay.example', type: 'A', ttl: 300, records: ['192.0.2.1', null] },
      },
    ]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.match(refusalsOf(outcome).join(), /known only after apply/);
});

void test('a private zone with a public name approves nothing for the public', () => {
  const zone = {
    type: 'aws_route53_zone',
    values: { zone_id: 'Z9', name: 'pay.example', vpc: [{ vpc_id: 'vpc-1' }] },
  };
  const record = { ...address('10.0.0.5'), zone_id: 'Z9' };
  const outcome = intentsFromTerraform(
    plan([{ type: 'aws_route53_record', actions: ['create'], after: record }], [zone]),
    facts,
  );
  assert.deepEqual(changesOf(outcome), []);
  assert.match(refusalsOf(outcome).join(), /the zone is private/);
});
