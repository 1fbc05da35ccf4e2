/**
 * Microsoft 365 unified audit operations outside the directory to canonical types.
 *
 * Names after the Office 365 Management Activity API schema and the Exchange cmdlets (learn.microsoft.com/office/
 * office-365-management-api). Directory operations are in ../microsoft-activity.ts. Rule, mailbox and transport
 * operations that may forward are decided by their parameters (see forwarding.ts).
 */

const rows: readonly (readonly [type: string, names: string])[] = [
  [
    'mail.rule.changed',
    'new-inboxrule set-inboxrule updateinboxrules enable-inboxrule disable-inboxrule remove-inboxrule',
  ],
  [
    'mail.rule.changed',
    'new-transportrule set-transportrule enable-transportrule disable-transportrule remove-transportrule ' +
      'new-sweeprule set-sweeprule remove-sweeprule ' +
      'new-journalrule set-journalrule enable-journalrule disable-journalrule remove-journalrule',
  ],
  [
    'mail.account.delegate_added',
    'add-mailboxpermission add-recipientpermission add-mailboxfolderpermission addfolderpermissions ' +
      'set-mailboxfolderpermission',
  ],
  [
    'mail.connector.changed',
    'new-inboundconnector set-inboundconnector remove-inboundconnector new-outboundconnector ' +
      'set-outboundconnector remove-outboundconnector new-intraorganizationconnector ' +
      'set-intraorganizationconnector remove-intraorganizationconnector enable-inboundconnector ' +
      'disable-inboundconnector',
  ],
  [
    'mail.settings.changed',
    'set-mailbox new-mailbox remove-mailbox enable-mailbox disable-mailbox set-casmailbox ' +
      'remove-mailboxpermission remove-recipientpermission remove-mailboxfolderpermission ' +
      'set-mailboxjunkemailconfiguration set-mailboxautoreplyconfiguration set-owamailboxpolicy ' +
      'set-organizationconfig set-transportconfig new-remotedomain set-remotedomain remove-remotedomain ' +
      'new-accepteddomain set-accepteddomain remove-accepteddomain set-dkimsigningconfig ' +
      'new-dkimsigningconfig rotate-dkimsigningconfig set-hostedoutboundspamfilterpolicy ' +
      'set-hostedcontentfilterpolicy set-hostedconnectionfilterpolicy set-antiphishpolicy ' +
      'set-malwarefilterpolicy set-safelinkspolicy set-safeattachmentpolicy removefolderpermissions ' +
      'modifyfolderpermissions set-mailuser set-mailcontact new-distributiongroup set-distributiongroup ' +
      'new-authenticationpolicy set-authenticationpolicy set-tenantallowblocklistitems ' +
      'new-tenantallowblocklistitems remove-tenantallowblocklistitems new-antiphishpolicy ' +
      'remove-antiphishpolicy disable-antiphishrule remove-antiphishrule new-safelinkspolicy ' +
      'remove-safelinkspolicy remove-safelinksrule disable-safelinksrule remove-safeattachmentpolicy ' +
      'remove-safeattachmentrule disable-safeattachmentrule set-hostedcontentfilterrule ' +
      'remove-hostedcontentfilterpolicy remove-malwarefilterpolicy disable-malwarefilterrule ' +
      'set-atppolicyforo365 set-arcconfig set-externalinoutlook set-eopprotectionpolicyrule ' +
      'new-tenantallowblocklistspoofitems set-tenantallowblocklistspoofitems ' +
      'remove-tenantallowblocklistspoofitems enable-dnssecforverifieddomain disable-dnssecforverifieddomain enable-smtpdaneinbound ' +
      'disable-smtpdaneinbound set-smtpdaneinbound new-sharingpolicy set-sharingpolicy',
  ],
  [
    'identity.log.tampered',
    'set-adminauditlogconfig set-mailboxauditbypassassociation remove-unifiedauditlogretentionpolicy ' +
      'set-unifiedauditlogretentionpolicy',
  ],
  [
    'identity.role.granted',
    'add-rolegroupmember new-managementroleassignment new-rolegroup update-rolegroupmember',
  ],
  ['identity.role.revoked', 'remove-rolegroupmember remove-managementroleassignment'],
  ['identity.session.login_succeeded', 'mailboxlogin'],
  [
    'identity.policy.changed',
    'new-applicationaccesspolicy set-applicationaccesspolicy remove-applicationaccesspolicy',
  ],
  [
    'identity.federation.changed',
    'set-federatedorganizationidentifier new-organizationrelationship set-organizationrelationship',
  ],
  [
    'mail.security.alert',
    'alerttriggered alertentitygenerated timaildata tiurlclickdata airinvestigationdata',
  ],
];

const typeByOperation = new Map<string, string>();
for (const [type, names] of rows) for (const name of names.split(' ')) typeByOperation.set(name, type);

/** Canonical type of an operation in comparison form (`activityName`); undefined when this table does not know it. */
export function m365OperationType(name: string): string | undefined {
  return typeByOperation.get(name);
}
