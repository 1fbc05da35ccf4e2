import assert from 'node:assert/strict';
import { test } from 'node:test';
import { m365Audit } from '../../../collector/src/2-normalise/m365-audit/m365-audit.ts';
import { assertHolds, checkGolden, eventsOf, failureOf } from './normalise-check.ts';

const record = (more: Record<string, unknown>): Record<string, unknown> => ({
  CreationTime: '2026-11-20T10:00:00',
  Id: 'r-1',
  Operation: 'Set-Mailbox',
  ResultStatus: 'True',
  UserType: 2,
  Workload: 'Exchange',
  UserId: 'domains@acme-corp.example',
  ClientIP: '[2001:db8::5]:4711',
  ObjectId: 'EUR.PROD.EXAMPLE/Hosted/acme/domains',
  ...more,
});

const named = (values: Record<string, string>) =>
  Object.entries(values).map(([Name, Value]) => ({ Name, Value }));

test('every sample record gives the expected facts', (t) => checkGolden(t, m365Audit));

test('forwarding of a contact mailbox: mailbox, target, address; the old target is not told', () => {
  const [event] = eventsOf(
    m365Audit,
    record({ Parameters: named({ ForwardingSmtpAddress: 'smtp:Thief@mail.evil.example' }) }),
  );
  assertHolds(
    event,
    {
      event_type: 'mail.rule.forwarding_created',
      source_kind: 'mail_log',
      source_ip: '2001:db8::5',
      mail: {
        mailbox: 'domains@acme-corp.example',
        forward_to: ['thief@mail.evil.example'],
        forward_to_domain: 'evil.example',
      },
      old_known: false,
      old_value: null,
      timestamp: '2026-11-20T10:00:00.000Z',
    },
    '',
  );
});

test('forwarding switched off, by empty text and by $null', () => {
  for (const value of ['', '$null']) {
    const [event] = eventsOf(m365Audit, record({ Parameters: named({ ForwardingSmtpAddress: value }) }));
    assert.equal(event?.event_type, 'mail.rule.forwarding_removed');
  }
});

test('an Outlook rule forwards through its actions', () => {
  const actions = JSON.stringify([{ ActionType: 'Forward', Recipients: ['x@evil.example'] }]);
  const [event] = eventsOf(
    m365Audit,
    record({
      Operation: 'UpdateInboxRules',
      MailboxOwnerUPN: 'domains@acme-corp.example',
      OperationProperties: named({ RuleName: '.', RuleActions: actions }),
    }),
  );
  assertHolds(
    event,
    { event_type: 'mail.rule.forwarding_created', mail: { rule_name: '.', forward_to: ['x@evil.example'] } },
    '',
  );
  const [odd] = eventsOf(
    m365Audit,
    record({
      Operation: 'UpdateInboxRules',
      OperationProperties: named({ RuleActions: '[{"ActionType":"Redirect"' }),
    }),
  );
  assert.equal(odd?.event_type, 'mail.rule.forwarding_created');
});

test('transport rules that copy mail, delegates and a silenced audit log', () => {
  const typeOf = (Operation: string, parameters: Record<string, string>) =>
    eventsOf(m365Audit, record({ Operation, Parameters: named(parameters) }))[0]?.event_type;
  assert.equal(
    typeOf('New-TransportRule', { BlindCopyTo: 'x@evil.example' }),
    'mail.rule.forwarding_created',
  );
  assert.equal(typeOf('New-TransportRule', { SubjectContainsWords: 'x' }), 'mail.rule.changed');
  assert.equal(
    typeOf('Add-MailboxPermission', { User: 'x', AccessRights: 'FullAccess' }),
    'mail.account.delegate_added',
  );
  assert.equal(typeOf('Set-Mailbox', { GrantSendOnBehalfTo: 'x' }), 'mail.account.delegate_added');
  assert.equal(typeOf('Set-Mailbox', { AuditEnabled: 'False' }), 'identity.log.tampered');
  assert.equal(
    typeOf('Set-AdminAuditLogConfig', { UnifiedAuditLogIngestionEnabled: 'False' }),
    'identity.log.tampered',
  );
  assert.equal(typeOf('Set-Mailbox', { Languages: 'nl' }), 'mail.settings.changed');
  assert.equal(typeOf('New-OutboundConnector', {}), 'mail.connector.changed');
  assert.equal(typeOf('Something-New', {}), 'other.activity');
});

test('directory names compare without the final dot and blanks', () => {
  for (const Operation of ['Add member to role.', 'Add member to role. ', 'ADD MEMBER TO ROLE'])
    assert.equal(
      eventsOf(
        m365Audit,
        record({ Operation, Workload: 'AzureActiveDirectory', ObjectId: 'x@acme.example' }),
      )[0]?.event_type,
      'identity.role.granted',
    );
});

test('a failed sign-in whose ResultStatus says Success is a failure', () => {
  const [event] = eventsOf(
    m365Audit,
    record({
      Operation: 'UserLoginFailed',
      Workload: 'AzureActiveDirectory',
      ResultStatus: 'Success',
      ErrorNumber: '50126',
    }),
  );
  assertHolds(
    event,
    { event_type: 'identity.session.login_failed', outcome: 'failure', source_kind: 'identity_log' },
    '',
  );
});

test('directory updates: one draft per property with an old value', () => {
  const events = eventsOf(
    m365Audit,
    record({
      Operation: 'Update user.',
      Workload: 'AzureActiveDirectory',
      ModifiedProperties: [
        { Name: 'AccountEnabled', OldValue: '[true]', NewValue: '[false]' },
        { Name: 'UserPrincipalName', OldValue: '["a@x.example"]', NewValue: '["b@x.example"]' },
        { Name: 'Included Updated Properties', OldValue: '', NewValue: 'AccountEnabled' },
      ],
    }),
  );
  assert.deepEqual(
    events.map((event) => [event.attribute, event.old_value, event.new_value]),
    [
      ['AccountEnabled', true, false],
      ['UserPrincipalName', 'a@x.example', 'b@x.example'],
    ],
  );
});

test('the export wraps the record as text', () => {
  const [event] = eventsOf(m365Audit, { RecordType: 1, AuditData: JSON.stringify(record({})) });
  assert.equal(event?.event_type, 'mail.settings.changed');
  assert.equal(failureOf(m365Audit, { AuditData: '{"cut' }).path, '/AuditData');
  assert.equal(failureOf(m365Audit, { AuditData: '[1]' }).code, 'not_an_object');
});

test('dead letters', () => {
  assert.equal(failureOf(m365Audit, record({ Operation: [] })).path, '/Operation');
  assert.equal(failureOf(m365Audit, record({ CreationTime: '20.11.2026' })).code, 'bad_timestamp');
});
