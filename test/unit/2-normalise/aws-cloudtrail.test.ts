/** Rules of CloudTrail and Route 53 that no recorded sample shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awsCloudtrail } from '../../../collector/src/2-normalise/aws-cloudtrail/index.ts';
import { assertHolds, eventsOf, failureOf } from './normalise-check.ts';

function call(more: Record<string, unknown>): Record<string, unknown> {
  return {
    eventID: 'e-1',
    eventName: 'ChangeResourceRecordSets',
    eventSource: 'route53.amazonaws.com',
    eventTime: '2026-11-20T10:00:00Z',
    recipientAccountId: '111122223333',
    userIdentity: {
      type: 'IAMUser',
      arn: 'arn:aws:iam::111122223333:user/alice',
      accountId: '111122223333',
      userName: 'alice',
    },
    sourceIPAddress: '192.0.2.7',
    ...more,
  };
}

function batch(
  ...changes: readonly [action: string, recordSet: Record<string, unknown>][]
): Record<string, unknown> {
  return {
    requestParameters: {
      hostedZoneId: 'Z1',
      changeBatch: { changes: changes.map(([action, resourceRecordSet]) => ({ action, resourceRecordSet })) },
    },
  };
}

const a = (name: string, value: string, tTL = 300) => ({
  name,
  type: 'A',
  tTL,
  resourceRecords: [{ value }],
});

test('Route 53: UPSERT knows no old value, DELETE and CREATE of one set are one update', () => {
  const events = eventsOf(
    awsCloudtrail,
    call(
      batch(
        ['UPSERT', a('up.pay.example.', '192.0.2.1')],
        ['DELETE', a('www.pay.example.', '192.0.2.2', 3600)],
        ['CREATE', a('www.pay.example.', '192.0.2.3')],
        ['DELETE', a('\\052.pay.example.', '192.0.2.4')],
        ['CREATE', { name: 'cdn.pay.example.', type: 'A', aliasTarget: { dNSName: 'D1.cloudfront.net.' } }],
      ),
    ),
  );
  const expected = [
    {
      event_type: 'dns.record.updated',
      record_name: 'up.pay.example',
      old_known: false,
      old_value: null,
      new_value: ['192.0.2.1'],
    },
    {
      event_type: 'dns.record.updated',
      record_name: 'www.pay.example',
      old_known: true,
      old_value: ['192.0.2.2'],
      new_value: ['192.0.2.3'],
      ttl_old: 3600,
      ttl_new: 300,
      added: ['192.0.2.3'],
      removed: ['192.0.2.2'],
    },
    {
      event_type: 'dns.record.deleted',
      record_name: '*.pay.example',
      old_value: ['192.0.2.4'],
      new_value: null,
    },
    { event_type: 'dns.record.created', new_value: ['ALIAS d1.cloudfront.net'], old_known: true },
  ];
  assert.equal(events.length, 4);
  for (const [i, each] of expected.entries()) assertHolds(events[i], each, String(i));
});

test('CloudTrail: a refused call is a failure, in every envelope, with the same id', () => {
  const refused = call({
    eventName: 'DisableDomainTransferLock',
    eventSource: 'route53domains.amazonaws.com',
    errorCode: 'AccessDenied',
    requestParameters: { domainName: { name: 'pay.example' } },
  });
  const [plain] = eventsOf(awsCloudtrail, refused);
  assertHolds(
    plain,
    {
      event_type: 'registrar.domain.lock_disabled',
      outcome: 'failure',
      domain: 'pay.example',
      source_kind: 'registrar_audit',
      confidence: 0.95,
    },
    'plain',
  );
  const [pushed] = eventsOf(awsCloudtrail, {
    id: 'x',
    'detail-type': 'AWS API Call via CloudTrail',
    detail: refused,
  });
  assertHolds(pushed, { event_id: plain?.event_id, acquisition: 'push', confidence: 0.99 }, 'pushed');
  const [looked] = eventsOf(awsCloudtrail, { CloudTrailEvent: JSON.stringify(refused) });
  assert.equal(looked?.event_id, plain?.event_id);
  const filed = eventsOf(awsCloudtrail, {
    Records: [refused, call(batch(['UPSERT', a('x.example', '192.0.2.1')]))],
  });
  assert.equal(filed.length, 2);
  const mixed = eventsOf(awsCloudtrail, { Records: [{ eventName: 'X' }, refused] });
  assert.deepEqual(
    mixed.map((each) => each.event_type),
    ['registrar.domain.lock_disabled', 'other.activity'],
  );
  assert.match(mixed[1]?.event_type_original ?? '', /unreadable item: .*eventTime/);
  assert.equal(failureOf(awsCloudtrail, { Records: [{ eventName: 'X' }] }).path, '/Records/0/eventTime');
});

test('CloudTrail: an unknown call is kept whole, without temporary credentials', () => {
  const [event] = eventsOf(
    awsCloudtrail,
    call({
      eventName: 'AssumeRole',
      eventSource: 'sts.amazonaws.com',
      responseElements: { credentials: { sessionToken: 's' }, other: 1 },
    }),
  );
  assertHolds(event, { event_type: 'other.activity', event_type_original: 'AssumeRole' }, 'event');
  assert.deepEqual(event?.source?.['responseElements'], { other: 1 });
});
