/** CloudTrail records whose change is easily lost or told wrongly: refusals, routing, TTLs, glue, sign-in without error code. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCloudtrail } from '../../../collector/src/2-normalise/aws-cloudtrail/index.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

function call(
  source: string,
  name: string,
  parameters: unknown,
  more: Record<string, unknown> = {},
): unknown {
  return {
    eventID: 'e-1',
    eventName: name,
    eventSource: `${source}.amazonaws.com`,
    eventTime: '2026-11-21T10:00:00Z',
    recipientAccountId: '111122223333',
    requestParameters: parameters,
    responseElements: null,
    sourceIPAddress: '192.0.2.7',
    userIdentity: {
      type: 'AssumedRole',
      arn: 'arn:aws:sts::111122223333:assumed-role/dns/alice',
      accountId: '111122223333',
    },
    ...more,
  };
}

type Change = readonly [action: string, recordSet: Record<string, unknown>];

function batch(changes: readonly Change[], more: Record<string, unknown> = {}): unknown {
  const list = changes.map(([action, resourceRecordSet]) => ({ action, resourceRecordSet }));
  return call(
    'route53',
    'ChangeResourceRecordSets',
    { hostedZoneId: 'Z1', changeBatch: { changes: list } },
    more,
  );
}

function a(value: string, tTL: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { name: 'www.pay.example.', type: 'A', tTL, resourceRecords: [{ value }], ...more };
}

void test('Route 53: a set deleted and created with another TTL is a change of the TTL', () => {
  const events = eventsOf(
    awsCloudtrail,
    batch([
      ['DELETE', a('192.0.2.1', 300)],
      ['CREATE', a('192.0.2.1', 60)],
    ]),
  );
  assert.equal(events.length, 1);
  assertHolds(
    events[0],
    {
      event_type: 'dns.record.ttl_changed',
      old_value: ['192.0.2.1'],
      new_value: ['192.0.2.1'],
      ttl_old: 300,
      ttl_new: 60,
    },
    'ttl',
  );
});

void test('Route 53: a change of the weight alone is told, though the data stay', () => {
  const blue = (weight: number) => a('192.0.2.1', 60, { setIdentifier: 'blue', weight });
  const events = eventsOf(
    awsCloudtrail,
    batch([
      ['DELETE', blue(100)],
      ['CREATE', blue(0)],
    ]),
  );
  assert.equal(events.length, 1);
  assertHolds(
    events[0],
    {
      event_type: 'dns.record.updated',
      record_name: 'www.pay.example',
      attribute: 'routing',
      old_value: 'weight=100',
      new_value: 'weight=0',
      source: { set_identifier: 'blue', scope: 'record' },
    },
    'weight',
  );
});

void test('Route 53: sets under one name are parts of it', () => {
  const events = eventsOf(
    awsCloudtrail,
    batch([
      ['CREATE', a('192.0.2.1', 60, { setIdentifier: 'blue', weight: 1 })],
      ['CREATE', a('192.0.2.2', 60, { setIdentifier: 'green', weight: 1 })],
    ]),
  );
  assert.deepEqual(
    events.map((event) => [event.new_value, event.source?.['set_identifier'], event.source?.['scope']]),
    [
      [['192.0.2.1'], 'blue', 'record'],
      [['192.0.2.2'], 'green', 'record'],
    ],
  );
});

void test('Route 53: a refused batch knows no old value', () => {
  const refused = { errorCode: 'InvalidChangeBatch', errorMessage: 'already exists' };
  for (const changes of [
    [['CREATE', a('192.0.2.1', 300)]],
    [
      ['DELETE', a('192.0.2.9', 300)],
      ['CREATE', a('192.0.2.1', 300)],
    ],
    [['DELETE', a('192.0.2.9', 300)]],
  ] as const) {
    const [event, ...others] = eventsOf(awsCloudtrail, batch(changes, refused));
    assert.equal(others.length, 0);
    assert.equal(event?.outcome, 'failure');
    assert.equal(event.old_known, false);
    assert.equal(event.old_value, undefined);
    assert.equal(event.ttl_old, undefined);
  }
});

void test('Route 53 Domains: addresses of name servers are changes of their own', () => {
  const events = eventsOf(
    awsCloudtrail,
    call('route53domains', 'UpdateDomainNameservers', {
      domainName: 'Pay.example',
      nameservers: [
        { name: 'NS1.pay.example.', glueIps: ['2001:DB8:0::53', '192.0.2.53'] },
        { name: 'ns2.dns.example' },
      ],
    }),
  );
  assert.equal(events.length, 2);
  assertHolds(
    events[0],
    {
      event_type: 'registrar.domain.nameservers_changed',
      domain: 'pay.example',
      new_value: ['ns1.pay.example', 'ns2.dns.example'],
      transaction_size: 2,
    },
    'delegation',
  );
  assertHolds(
    events[1],
    {
      event_type: 'registrar.domain.glue_changed',
      domain: 'pay.example',
      record_name: 'ns1.pay.example',
      attribute: 'glue',
      old_known: false,
      new_value: ['192.0.2.53', '2001:db8::53'],
      registrar: 'route53domains',
    },
    'glue',
  );
});

void test('sign-in calls without error code say in their answer that they failed', () => {
  const failed = [
    { responseElements: { SwitchRole: 'Failure' } },
    { errorMessage: 'no such role' },
    { serviceEventDetails: { SwitchRole: 'Failure' } },
  ];
  for (const more of failed)
    assertHolds(
      eventsOf(awsCloudtrail, call('signin', 'SwitchRole', null, more))[0],
      { event_type: 'other.activity', event_type_original: 'SwitchRole', outcome: 'failure' },
      JSON.stringify(more),
    );
  const [done] = eventsOf(
    awsCloudtrail,
    call('signin', 'SwitchRole', null, { responseElements: { SwitchRole: 'Success' } }),
  );
  assert.equal(done?.outcome, 'success');
});

void test('passwords that move a domain or open a service are blanked', () => {
  for (const each of [
    call('route53domains', 'AcceptDomainTransferFromAnotherAwsAccount', {
      domainName: 'pay.example',
      password: 'HIDE-ME',
    }),
    call(
      'iam',
      'CreateServiceSpecificCredential',
      { userName: 'bob' },
      {
        responseElements: { serviceSpecificCredential: { servicePassword: 'HIDE-ME' } },
      },
    ),
  ])
    assert.ok(!JSON.stringify(eventsOf(awsCloudtrail, each)).includes('HIDE-ME'));
});
