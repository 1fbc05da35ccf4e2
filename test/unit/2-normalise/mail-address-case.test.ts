/**
 * One person has one address whatever letters a feed writes it in: actor, person concerned, mailbox and target of a forwarding are
 * in lower case from every feed, as names are (the record keeps what was written).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { assertHolds, normaliseBytes } from './normalise-check.ts';

const at = '2026-11-20T10:00:00Z';
const ann = 'Ann@Acme.Example';
const bob = 'Bob@Acme.Example';
const dnsimple = (name: string, data: unknown) => ({
  name,
  data,
  actor: { id: '7', entity: 'user', pretty: ann },
  account: { id: 1, identifier: 'acme' },
  api_version: 'v2',
  request_identifier: 'r1',
});

const rows: readonly (readonly [feed: SourceName, record: unknown, expected: Record<string, unknown>])[] = [
  [
    'okta',
    {
      uuid: 'u',
      published: at,
      eventType: 'user.account.reset_password',
      outcome: { result: 'SUCCESS' },
      actor: { id: 'a', type: 'User', alternateId: ann },
      target: [{ id: 'b', type: 'User', alternateId: bob }],
    },
    { actor_id: 'okta:ann@acme.example', identity: { target_user: 'bob@acme.example' } },
  ],
  [
    'entra',
    {
      id: 'd',
      activityDisplayName: 'Reset user password',
      activityDateTime: at,
      result: 'success',
      initiatedBy: { user: { id: 'a', userPrincipalName: ann } },
      targetResources: [{ id: 'b', type: 'User', userPrincipalName: bob }],
    },
    { actor_id: 'entra:ann@acme.example', identity: { target_user: 'bob@acme.example' } },
  ],
  [
    'google-workspace',
    {
      id: { time: at, uniqueQualifier: '1', applicationName: 'admin' },
      actor: { callerType: 'USER', email: ann },
      events: [
        {
          type: 'USER_SETTINGS',
          name: 'CREATE_EMAIL_MONITOR',
          parameters: [
            { name: 'USER_EMAIL', value: bob },
            { name: 'EMAIL_MONITOR_DEST_EMAIL', value: 'Eve@Evil.Example' },
          ],
        },
      ],
    },
    {
      actor_id: 'google:ann@acme.example',
      mail: { mailbox: 'bob@acme.example', forward_to: ['eve@evil.example'] },
    },
  ],
  [
    'm365-audit',
    {
      Id: 'm',
      CreationTime: '2026-11-20T10:00:00',
      Operation: 'Set-Mailbox',
      ResultStatus: 'True',
      UserId: ann,
      Parameters: [
        { Name: 'Identity', Value: bob },
        { Name: 'ForwardingSmtpAddress', Value: 'smtp:Eve@Evil.Example' },
      ],
    },
    {
      actor_id: 'm365:ann@acme.example',
      mail: { mailbox: 'bob@acme.example', forward_to: ['eve@evil.example'] },
    },
  ],
  [
    'cloudflare-audit',
    {
      id: 'c',
      when: at,
      action: { type: 'add', result: true },
      actor: { email: ann, type: 'user' },
      resource: { type: 'member' },
      metadata: { member_email: bob },
    },
    { actor_id: 'cloudflare:ann@acme.example', actor_email: 'ann@acme.example' },
  ],
  [
    'dnsimple',
    dnsimple('email_forward.create', {
      email_forward: { id: 1, alias_email: 'Info@Acme.Example', destination_email: 'Eve@Mail.Evil.Example' },
    }),
    {
      actor_email: 'ann@acme.example',
      mail: {
        mailbox: 'info@acme.example',
        forward_to: ['eve@mail.evil.example'],
        forward_to_domain: 'evil.example',
      },
    },
  ],
  [
    'aws-cloudtrail',
    {
      eventID: 'e',
      eventTime: at,
      eventName: 'CreateHostedZone',
      eventSource: 'route53.amazonaws.com',
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::1:user/${ann}`, userName: ann, accountId: '1' },
      requestParameters: { name: 'acme.example.' },
    },
    { actor_id: `aws:arn:aws:iam::1:user/${ann}`, actor_email: 'ann@acme.example' },
  ],
  [
    'gcp-dns',
    {
      insertId: 'g',
      logName: 'projects/p/logs/cloudaudit.googleapis.com%2Factivity',
      timestamp: at,
      protoPayload: {
        serviceName: 'dns.googleapis.com',
        methodName: 'dns.managedZones.create',
        authenticationInfo: { principalEmail: ann },
        request: { managedZone: { dnsName: 'acme.example.' } },
      },
    },
    { actor_email: 'ann@acme.example' },
  ],
  [
    'webhook',
    {
      id: 'w',
      event_type: 'registrar.account.delegate_added',
      timestamp: at,
      actor_id: 'registrar:7',
      actor_email: ann,
      identity: { target_user: bob },
    },
    { actor_email: 'ann@acme.example', identity: { target_user: 'bob@acme.example' } },
  ],
];

for (const [feed, record, expected] of rows)
  test(`${feed}: mail addresses in capitals`, () => {
    const normaliser = normaliserFor(feed);
    assert.ok(normaliser !== undefined);
    const outcome = normaliseBytes(normaliser, Buffer.from(JSON.stringify(record)));
    assert.ok(outcome.ok, outcome.ok ? '' : `${outcome.failure.code} ${outcome.failure.message}`);
    assertHolds(outcome.value[0], expected, feed);
  });
