/** Exchange operations of the unified audit log: each change of a call, and whose mailbox it is about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { m365Audit } from '../../../collector/src/2-normalise/m365-audit/m365-audit.ts';
import { assertHolds, eventsOf } from './normalise-check.ts';

function call(
  operation: string,
  parameters: Readonly<Record<string, string>>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    CreationTime: '2026-11-20T10:00:00',
    Id: 'record',
    Operation: operation,
    RecordType: 1,
    ResultStatus: 'True',
    UserType: 2,
    Workload: 'Exchange',
    UserId: 'Admin@Acme.example',
    ObjectId: 'Bob',
    Parameters: Object.entries(parameters).map(([Name, Value]) => ({ Name, Value })),
    ...more,
  };
}

test('one Set-Mailbox that forwards, names a delegate and silences the audit is three changes', () => {
  const events = eventsOf(
    m365Audit,
    call('Set-Mailbox', {
      Identity: 'Bob@Acme.example',
      ForwardingSmtpAddress: 'smtp:Eve@Evil.example',
      GrantSendOnBehalfTo: 'Carol@Acme.example',
      AuditEnabled: 'False',
    }),
  );
  assert.deepEqual(
    events.map((event) => [event.event_type, event.new_value, event.mail?.mailbox, event.transaction_size]),
    [
      ['mail.rule.forwarding_created', ['eve@evil.example'], 'bob@acme.example', 3],
      ['mail.account.delegate_added', 'carol@acme.example', 'bob@acme.example', 3],
      ['identity.log.tampered', undefined, 'bob@acme.example', 3],
    ],
  );
  assert.equal(new Set(events.map((event) => event.event_id)).size, 3);
});

test('a delegation that is emptied, or an entry that denies, gives nobody anything', () => {
  const [emptied] = eventsOf(m365Audit, call('Set-Mailbox', { GrantSendOnBehalfTo: '' }));
  assertHolds(
    emptied,
    { event_type: 'mail.settings.changed', attribute: 'delegates', new_value: [] },
    'emptied',
  );
  const [denied] = eventsOf(
    m365Audit,
    call('Add-MailboxPermission', { User: 'carol@acme.example', AccessRights: 'FullAccess', Deny: 'True' }),
  );
  assertHolds(denied, { event_type: 'mail.settings.changed', identity: { target_user: null } }, 'denied');
});

test('the mailbox is the address a call names, before the alias of the object', () => {
  const mailboxOf = (operation: string, parameters: Readonly<Record<string, string>>) =>
    eventsOf(m365Audit, call(operation, parameters))[0]?.mail?.mailbox;
  assert.equal(
    mailboxOf('Add-MailboxPermission', { Identity: 'Bob@Acme.example', User: 'x' }),
    'bob@acme.example',
  );
  assert.equal(
    mailboxOf('Add-RecipientPermission', { Identity: 'Bob@Acme.example', Trustee: 'x' }),
    'bob@acme.example',
  );
  assert.equal(mailboxOf('New-InboxRule', { Mailbox: 'Bob@Acme.example', Name: '.' }), 'bob@acme.example');
  assert.equal(
    mailboxOf('Add-MailboxFolderPermission', { Identity: 'Bob@Acme.example:\\Inbox', User: 'Default' }),
    'bob@acme.example',
  );
  assert.equal(mailboxOf('Add-MailboxPermission', { User: 'x' }), 'Bob');
});

test('a rule that Outlook takes away forwards no more', () => {
  const [event] = eventsOf(
    m365Audit,
    call(
      'UpdateInboxRules',
      {},
      {
        Parameters: undefined,
        OperationProperties: [
          { Name: 'RuleOperation', Value: 'RemoveMailboxRule' },
          { Name: 'RuleActions', Value: '[{"ActionType":"Forward","Recipients":["eve@evil.example"]}]' },
        ],
      },
    ),
  );
  assertHolds(
    event,
    { event_type: 'mail.rule.forwarding_removed', removed: ['eve@evil.example'], new_value: null },
    'rule',
  );
});

test('all members a role group has from now on, and a mailbox login that failed', () => {
  const [group] = eventsOf(
    m365Audit,
    call('Update-RoleGroupMember', {
      Identity: 'Organization Management',
      Members: 'Carol;Bob@Acme.example',
    }),
  );
  assertHolds(
    group,
    {
      event_type: 'identity.role.granted',
      attribute: 'members',
      old_known: false,
      new_value: ['Carol', 'bob@acme.example'],
      identity: { target_role: 'Organization Management', target_user: null },
    },
    'group',
  );
  const [login] = eventsOf(m365Audit, call('MailboxLogin', {}, { ResultStatus: 'Failed' }));
  assertHolds(login, { event_type: 'identity.session.login_failed', outcome: 'failure' }, 'login');
});

test('a permission of the directory names what was granted and who may use it', () => {
  const [event] = eventsOf(m365Audit, {
    CreationTime: '2026-11-20T10:00:00',
    Id: 'record',
    Operation: 'Add app role assignment to service principal.',
    RecordType: 8,
    ResultStatus: 'Success',
    UserType: 0,
    Workload: 'AzureActiveDirectory',
    UserId: 'admin@acme.example',
    ObjectId: 'https://graph.microsoft.com',
    Target: [{ ID: 'Microsoft Graph', Type: 1 }],
    ModifiedProperties: [
      { Name: 'AppRole.Value', OldValue: '', NewValue: 'Mail.ReadWrite' },
      { Name: 'ServicePrincipal.DisplayName', OldValue: '', NewValue: 'Backup tool' },
    ],
  });
  assertHolds(
    event,
    {
      event_type: 'identity.role.granted',
      attribute: 'roles',
      new_value: 'Mail.ReadWrite',
      identity: { target_role: 'Mail.ReadWrite', app: 'Backup tool' },
    },
    'permission',
  );
});
