/**
 * Google Workspace report event names to canonical types.
 *
 * Names after the Reports API activity appendices (developers.google.com/workspace/admin/reports/v1/appendix/activity).
 * Event names are unique enough over the applications; settings whose names are many are known by their event type.
 */

const rows: readonly (readonly [type: string, names: string])[] = [
  ['identity.session.login_succeeded', 'login_success'],
  ['identity.session.login_failed', 'login_failure'],
  ['identity.session.mfa_challenged', 'login_verification login_challenge'],
  [
    'identity.session.revoked',
    'logout SIGN_OUT_USER RESET_SIGNIN_COOKIES user_signed_out_due_to_suspicious_session_cookie',
  ],
  [
    'identity.session.risk_flagged',
    'suspicious_login suspicious_login_less_secure_app suspicious_programmatic_login gov_attack_warning ' +
      'risky_sensitive_action_allowed risky_sensitive_action_blocked',
  ],
  [
    'identity.session.access_denied',
    'ACCESS_DENY_EVENT ACCESS_DENY_INTERNAL_ERROR_EVENT context_aware_access_denied',
  ],
  ['identity.user.created', 'CREATE_USER USER_INVITE'],
  ['identity.user.deleted', 'DELETE_USER'],
  [
    'identity.user.disabled',
    'SUSPEND_USER ARCHIVE_USER account_disabled_generic account_disabled_hijacked ' +
      'account_disabled_password_leak account_disabled_spamming account_disabled_spamming_through_relay',
  ],
  [
    'identity.user.updated',
    'UNSUSPEND_USER UNARCHIVE_USER UNDELETE_USER RENAME_USER CHANGE_PASSWORD_ON_NEXT_LOGIN ' +
      'CHANGE_FIRST_NAME CHANGE_LAST_NAME MOVE_USER_TO_ORG_UNIT CHANGE_USER_ORGANIZATION ' +
      'UNBLOCK_USER_SESSION CHANGE_USER_CUSTOM_FIELD CHANGE_USER_EXTERNAL_ID CHANGE_USER_LOCATION ' +
      'CHANGE_USER_RELATION CHANGE_USER_ADDRESS CHANGE_USER_LANGUAGE CHANGE_USER_KEYWORD UPDATE_BIRTHDATE ' +
      'USER_PUT_IN_TWO_STEP_VERIFICATION_GRACE_PERIOD CHANGE_USER_GENDER CHANGE_USER_IM ' +
      'TOGGLE_AUTOMATIC_CONTACT_SHARING UPDATE_PROFILE_PHOTO DELETE_PROFILE_PHOTO',
  ],
  [
    'identity.user.contact_changed',
    'CREATE_EMAIL_ALIAS REMOVE_EMAIL_ALIAS ADD_NICKNAME REMOVE_NICKNAME CHANGE_USER_PHONE_NUMBER',
  ],
  [
    'identity.user.recovery_changed',
    'recovery_email_edit recovery_phone_edit recovery_secret_qa_edit CHANGE_RECOVERY_EMAIL ' +
      'CHANGE_RECOVERY_PHONE ADD_RECOVERY_EMAIL ADD_RECOVERY_PHONE REMOVE_RECOVERY_EMAIL ' +
      'REMOVE_RECOVERY_PHONE UPDATE_DOMAIN_PRIMARY_ADMIN_EMAIL UPDATE_DOMAIN_SECONDARY_EMAIL GENERATE_2SV_SCRATCH_CODES DELETE_2SV_SCRATCH_CODES',
  ],
  ['identity.user.password_reset', 'CHANGE_PASSWORD RESET_PASSWORD'],
  ['identity.user.password_changed', 'password_edit'],
  ['identity.user.password_viewed', 'VIEW_TEMP_PASSWORD VIEW_DNS_LOGIN_DETAILS'],
  [
    'identity.user.mfa_enrolled',
    '2sv_enroll titanium_enroll passkey_enrolled ADD_SECURITY_KEY 2sv_enrolled ' +
      'SECURITY_KEY_REGISTERED_FOR_USER USER_ENROLLED_IN_TWO_STEP_VERIFICATION',
  ],
  [
    'identity.user.mfa_removed',
    '2sv_disable titanium_unenroll passkey_removed UNENROLL_USER_FROM_STRONG_AUTH ' +
      'UNENROLL_USER_FROM_TITANIUM TURN_OFF_2_STEP_VERIFICATION REVOKE_SECURITY_KEY',
  ],
  [
    'identity.role.granted',
    'GRANT_ADMIN_PRIVILEGE GRANT_DELEGATED_ADMIN_PRIVILEGES ASSIGN_ROLE ADD_PRIVILEGE add_member_role',
  ],
  ['identity.role.revoked', 'REVOKE_ADMIN_PRIVILEGE UNASSIGN_ROLE REMOVE_PRIVILEGE remove_member_role'],
  [
    'identity.group.member_added',
    'ADD_GROUP_MEMBER add_member add_user accept_invitation approve_join_request ' +
      'invite_user reinvite_user request_to_join',
  ],
  [
    'identity.group.member_removed',
    'REMOVE_GROUP_MEMBER remove_member remove_user ban_user_with_moderation ban_member_with_moderation',
  ],
  [
    'identity.group.updated',
    'CREATE_GROUP DELETE_GROUP CHANGE_GROUP_SETTING CHANGE_GROUP_NAME CHANGE_GROUP_DESCRIPTION ' +
      'CHANGE_GROUP_EMAIL UPDATE_GROUP_MEMBER create_group delete_group change_info_setting ' +
      'change_acl_permission add_info_setting remove_info_setting change_basic_setting ' +
      'change_identity_setting change_security_state change_email add_dynamic_group_query ' +
      'change_dynamic_group_query WHITELISTED_GROUPS_UPDATED UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS ' +
      'UPDATE_GROUP_MEMBER_DELIVERY_SETTINGS_CAN_EMAIL_OVERRIDE GROUP_MEMBER_BULK_UPLOAD',
  ],
  ['identity.app.consented', 'authorize AUTHORIZE_API_CLIENT_ACCESS ADD_TRUSTED_DOMAINS_API_CLIENT'],
  [
    'identity.app.assignment_changed',
    'REMOVE_API_CLIENT_ACCESS ADD_APPLICATION REMOVE_APPLICATION ' +
      'ADD_APPLICATION_TO_WHITELIST REMOVE_APPLICATION_FROM_WHITELIST',
  ],
  ['identity.token.created', 'REGENERATE_OAUTH_CONSUMER_SECRET IMPORT_SSH_PUBLIC_KEY CREATE_SSH_PUBLIC_KEY'],
  [
    'identity.token.revoked',
    'revoke REVOKE_ASP REVOKE_3LO_TOKEN REVOKE_3LO_DEVICE_TOKENS DELETE_SSH_PUBLIC_KEY',
  ],
  [
    'identity.federation.changed',
    'CHANGE_SSO_SETTINGS TOGGLE_SSO_ENABLED INBOUND_SSO_PROFILE_CREATED INBOUND_SSO_PROFILE_UPDATED ' +
      'INBOUND_SSO_PROFILE_DELETED INBOUND_SSO_ASSIGNMENT_CREATED INBOUND_SSO_ASSIGNMENT_UPDATED ' +
      'INBOUND_SSO_ASSIGNMENT_DELETED ADD_TRUSTED_DOMAINS REMOVE_TRUSTED_DOMAINS ' +
      'UPLOAD_OAUTH_CERTIFICATE TOGGLE_OPEN_ID_ENABLED TOGGLE_ENABLE_OAUTH_CONSUMER_KEY',
  ],
  [
    'identity.tenant_domain.changed',
    'ADD_DOMAIN_ALIAS REMOVE_DOMAIN_ALIAS VERIFY_DOMAIN_ALIAS SKIP_DOMAIN_ALIAS_MX ' +
      'ADD_SECONDARY_DOMAIN REMOVE_SECONDARY_DOMAIN VERIFY_SECONDARY_DOMAIN SKIP_SECONDARY_DOMAIN_MX ' +
      'CHANGE_PRIMARY_DOMAIN CHANGE_DOMAIN_NAME VERIFY_DOMAIN_ALIAS_MX VERIFY_SECONDARY_DOMAIN_MX',
  ],
  [
    'identity.policy.changed',
    'TOGGLE_SERVICE_ENABLED CHANGE_APPLICATION_SETTING CREATE_APPLICATION_SETTING ' +
      'DELETE_APPLICATION_SETTING CREATE_ROLE UPDATE_ROLE DELETE_ROLE RENAME_ROLE ' +
      'TOGGLE_ALLOW_ADMIN_PASSWORD_RESET CHANGE_PASSWORD_MIN_LENGTH CHANGE_PASSWORD_MAX_LENGTH TOGGLE_SSL ' +
      'ENABLE_API_ACCESS TOGGLE_OAUTH_ACCESS_TO_ALL_APIS CHANGE_WHITELIST_SETTING ' +
      'ENABLE_USER_IP_WHITELIST CHANGE_RESELLER_ACCESS CHANGE_CONFLICT_ACCOUNT_ACTION ' +
      'TOGGLE_AUTO_ADD_NEW_SERVICE CHANGE_LOGIN_ACTIVITY_TRACE',
  ],
  [
    'mail.rule.forwarding_created',
    'email_forwarding_out_of_domain CREATE_EMAIL_MONITOR MAIL_ROUTING_DESTINATION_ADDED',
  ],
  ['mail.rule.forwarding_removed', 'DELETE_EMAIL_MONITOR MAIL_ROUTING_DESTINATION_REMOVED'],
  [
    'mail.settings.changed',
    'CREATE_GMAIL_SETTING CHANGE_GMAIL_SETTING DELETE_GMAIL_SETTING CHANGE_EMAIL_SETTING ' +
      'MX_RECORD_VERIFICATION_CLAIM TOGGLE_OUTBOUND_RELAY',
  ],
  ['registrar.domain.auto_renew_changed', 'CHANGE_RENEW_DOMAIN_REGISTRATION'],
  ['mail.account.delegate_added', 'add_delegate ADD_MAIL_DELEGATE'],
  // Reported under EMAIL_SETTINGS, but nothing is set: searches and single messages.
  [
    'other.activity',
    'EMAIL_LOG_SEARCH EMAIL_UNDELETE DROP_FROM_QUARANTINE REJECT_FROM_QUARANTINE RELEASE_FROM_QUARANTINE',
  ],
];

const typeByName = new Map<string, string>();
for (const [type, names] of rows) for (const name of names.split(' ')) typeByName.set(name, type);

const typeByKind: ReadonlyMap<string, string> = new Map([
  ['SECURITY_SETTINGS', 'identity.policy.changed'],
  ['EMAIL_SETTINGS', 'mail.settings.changed'],
]);

/**
 * Name of an event that a Cloud Logging entry gives by its method alone (`google.login.LoginService.loginSuccess`):
 * the reports write login names in lower and admin names in upper case.
 */
export function googleEventName(method: string): string {
  const last = method.slice(method.lastIndexOf('.') + 1);
  const words = last.replace(/([a-z0-9])([A-Z])/g, '$1_$2');
  const upper = words.toUpperCase();
  return typeByName.has(upper) || method.includes('.admin.') ? upper : words.toLowerCase();
}

/** Settings of a group are many and named alike (`change_post_replies_setting`). */
const groupSetting = /^(?:add|change|remove)_[a-z_]+_setting$/;

/** Canonical type of an event by its name, else by its event type (`SECURITY_SETTINGS`); `other.activity` for the rest. */
export function googleEventType(name: string, kind: string | undefined): string {
  const known = typeByName.get(name) ?? (kind === undefined ? undefined : typeByKind.get(kind));
  if (known !== undefined) return known;
  // Other applications have a `join` too, of meetings and rooms.
  if (name === 'join' && kind === 'moderator_action') return 'identity.group.member_added';
  return groupSetting.test(name) ? 'identity.group.updated' : 'other.activity';
}
