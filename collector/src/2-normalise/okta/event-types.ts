/**
 * Okta System Log event names to canonical types.
 *
 * Names after the vendor's event type catalogue (developer.okta.com/docs/reference/api/event-types). A name that is not
 * here becomes `other.activity` with its original string. `login` and `sign_on_policy` are decided by the outcome.
 */

const rows: readonly (readonly [type: string, names: string])[] = [
  // Names of the Events API that went before the System Log (legacyEventType); exports of that time still carry them.
  ['login', 'core.user_auth.login_success core.user_auth.login_failed app.auth.sso'],
  ['identity.session.revoked', 'core.user_auth.logout_success core.user_auth.session_expired'],
  ['identity.session.mfa_challenged', 'core.user.factor.attempt_success core.user.factor.attempt_fail'],
  ['identity.user.mfa_enrolled', 'core.user.factor.activate'],
  ['identity.user.mfa_reset', 'core.user.factor.reset_all'],
  ['identity.user.password_changed', 'core.user.config.password_update.success'],
  ['identity.user.disabled', 'core.user.config.user_deactivated'],
  ['identity.role.granted', 'core.user.admin_privilege.granted'],
  ['identity.role.revoked', 'core.user.admin_privilege.revoked'],
  ['identity.group.member_added', 'core.user_group_member.user_add'],
  ['identity.group.member_removed', 'core.user_group_member.user_remove'],
  [
    'login',
    'user.session.start user.authentication.sso user.authentication.authenticate user.authentication.auth_via_IDP ' +
      'user.authentication.auth_via_inbound_SAML user.authentication.auth_via_inbound_delauth ' +
      'user.authentication.auth_via_social user.authentication.auth_via_AD_agent ' +
      'user.authentication.auth_via_LDAP_agent user.authentication.auth_via_radius ' +
      'user.authentication.auth_via_richclient user.authentication.auth_via_iwa ' +
      'user.authentication.auth_unconfigured_identifier user.authentication.auth_identifier_not_in_policy ' +
      'app.inbound_del_auth.login_success app.kerberos_rich_client.user_authentication_successful ' +
      'app.oauth2.signon system.iwa_agentless.auth device.password_sync.authentication ' +
      'device.platform_sso.authentication user.authentication.auth',
  ],
  ['sign_on_policy', 'policy.evaluate_sign_on'],
  [
    'identity.session.mfa_challenged',
    'user.authentication.auth_via_mfa user.authentication.verify user.mfa.attempt_bypass user.mfa.okta_verify ' +
      'user.mfa.okta_verify.deny_push user.mfa.okta_verify.deny_push_upgrade_needed ' +
      'system.push.send_factor_verify_push system.sms.send_factor_verify_message ' +
      'system.voice.send_mfa_challenge_call system.email.challenge_factor.redeemed ' +
      'system.email.challenge_factor_redeemed system.email.send_factor_verify_message ' +
      'system.sms.send_okta_push_verify_message',
  ],
  [
    'identity.session.access_denied',
    'app.generic.unauth_app_access_attempt security.request.blocked application.policy.sign_on.deny_access ' +
      'system.api_token.request_outside_allowed_range',
  ],
  [
    'identity.session.revoked',
    'user.session.end user.session.clear user.session.expire user.session.impersonation.end ' +
      'user.session.impersonation.revoke user.authentication.slo user.authentication.universal_logout',
  ],
  [
    'identity.session.impersonated',
    'user.session.impersonation.initiate user.session.impersonation.grant user.session.impersonation.extend',
  ],
  [
    'identity.session.risk_flagged',
    'security.threat.detected security.attack.start security.breached_credential.detected ' +
      'security.session.detect_client_roaming user.account.report_suspicious_activity_by_enduser ' +
      'user.risk.detect user.risk.change user.session.context.change app.oauth2.token.detect_reuse ' +
      'security.events.provider.receive_event ' +
      'app.oauth2.as.token.detect_reuse app.token.reuse policy.auth_reevaluate.fail ' +
      'security.password_spray.detected security.internal.threat.detected user.internal.risk.detect ' +
      'security.internal.valid_password_sprayed.detected user.internal.risk.change ' +
      'user.internal.session_context_change app.oauth2.invalid_client_credentials',
  ],
  ['identity.user.created', 'user.lifecycle.create'],
  ['identity.user.deleted', 'user.lifecycle.delete.initiated user.lifecycle.delete.completed'],
  ['identity.user.disabled', 'user.lifecycle.deactivate user.lifecycle.suspend'],
  [
    'identity.user.updated',
    'user.lifecycle.activate user.lifecycle.reactivate user.lifecycle.unsuspend user.account.update_profile ' +
      'user.account.unlock user.account.unlock_by_admin user.account.update_user_type user.realm.update ' +
      'system.agent.ad.unlock_user_account user.privileged_account.update_profile',
  ],
  ['identity.user.contact_changed', 'user.account.update_primary_email user.account.update_phone'],
  ['identity.user.recovery_changed', 'user.account.update_secondary_email'],
  [
    'identity.user.password_reset',
    'user.account.reset_password user.account.expire_password user.lifecycle.password_mass_expiry ' +
      'system.agent.ad.reset_user_password system.email.password_reset.sent_message ' +
      'system.sms.send_password_reset_message system.voice.send_password_reset_call',
  ],
  ['identity.user.password_changed', 'user.account.update_password'],
  ['identity.user.password_viewed', 'application.user_membership.show_password'],
  ['identity.user.locked', 'user.account.lock user.account.lock.limit'],
  [
    'identity.user.mfa_enrolled',
    'user.mfa.factor.activate user.mfa.factor.unsuspend user.credential.enroll user.mfa.factor.update ' +
      'credential.register',
  ],
  [
    'identity.user.mfa_removed',
    'user.mfa.factor.deactivate user.mfa.factor.suspend user.credential.revoke user.mfa.factor.unenroll ' +
      'credential.revoke',
  ],
  ['identity.user.mfa_reset', 'user.mfa.factor.reset_all user.account.reset_factors'],
  [
    'identity.role.granted',
    'user.account.privilege.grant group.privilege.grant app.oauth2.client.privilege.grant ' +
      'iam.resourceset.bindings.add workflows.user.role.user.add workflows.user.role.group.add ' +
      'user.privileged_account.privilege.grant',
  ],
  [
    'identity.role.revoked',
    'user.account.privilege.revoke group.privilege.revoke app.oauth2.client.privilege.revoke ' +
      'iam.resourceset.bindings.delete workflows.user.role.user.remove workflows.user.role.group.remove ' +
      'user.privileged_account.privilege.revoke',
  ],
  ['identity.group.member_added', 'group.user_membership.add'],
  ['identity.group.member_removed', 'group.user_membership.remove'],
  ['identity.group.updated', 'group.lifecycle.create group.lifecycle.delete group.profile.update'],
  [
    'identity.token.created',
    'system.api_token.create app.oauth2.credentials.lifecycle.create app.oauth2.credentials.lifecycle.activate ' +
      'app.oauth2.client.lifecycle.create app.oauth2.client.lifecycle.activate system.api_token.enable',
  ],
  [
    'identity.token.revoked',
    'system.api_token.revoke system.api_token.disable app.oauth2.credentials.lifecycle.deactivate ' +
      'app.oauth2.credentials.lifecycle.delete app.oauth2.client.lifecycle.delete ' +
      'app.oauth2.client.lifecycle.deactivate app.oauth2.token.revoke app.oauth2.token.revoke.implicit.as ' +
      'app.oauth2.token.revoke.implicit.client app.oauth2.token.revoke.implicit.user app.oauth2.as.token.revoke ' +
      'integration.api_service.lifecycle.revoke',
  ],
  [
    'identity.token.viewed',
    'app.oauth2.client.read_client_secret application.configuration.read_client_secret ' +
      'system.idp.lifecycle.read_client_secret',
  ],
  [
    'identity.app.consented',
    'app.oauth2.consent.grant app.oauth2.as.consent.grant app.oauth2.admin.consent.grant ' +
      'integration.api_service.lifecycle.authorize',
  ],
  [
    'identity.app.assignment_changed',
    'application.lifecycle.create application.lifecycle.update application.lifecycle.activate ' +
      'application.lifecycle.deactivate application.lifecycle.delete application.user_membership.add ' +
      'application.user_membership.remove application.user_membership.update ' +
      'group.application_assignment.add group.application_assignment.remove ' +
      'group.application_assignment.update app.oauth2.consent.revoke app.oauth2.as.consent.revoke ' +
      'app.oauth2.admin.consent.revoke app.oauth2.client.lifecycle.update app.keys.clone app.keys.generate ' +
      'app.keys.rotate app.keys.delete app.saml.sensitive.attribute.update',
  ],
  [
    'identity.policy.changed',
    'zone.create zone.update zone.delete zone.activate zone.deactivate zone.make_blacklist ' +
      'zone.remove_blacklist network_zone.rule.disabled policy.lifecycle.create policy.lifecycle.update ' +
      'policy.lifecycle.delete policy.lifecycle.activate policy.lifecycle.deactivate policy.rule.add ' +
      'policy.rule.update policy.rule.delete policy.rule.activate policy.rule.deactivate ' +
      'policy.rule.invalidate application.policy.sign_on.rule.create application.policy.sign_on.rule.delete ' +
      'application.policy.sign_on.update system.mfa.factor.activate system.mfa.factor.deactivate ' +
      'security.authenticator.lifecycle.create security.authenticator.lifecycle.update ' +
      'security.authenticator.lifecycle.activate security.authenticator.lifecycle.deactivate ' +
      'iam.role.create iam.role.update iam.role.delete security.trusted_origin.create ' +
      'security.trusted_origin.update security.trusted_origin.delete security.trusted_origin.activate ' +
      'security.trusted_origin.deactivate security.zone.make_blacklist security.zone.remove_blacklist ' +
      'policy.lifecycle.overwrite policy.mapping.create app.policy.sign_on.update ' +
      'iam.role.permissions.add iam.role.permissions.delete iam.resourceset.create iam.resourceset.delete ' +
      'iam.resourceset.update iam.resourceset.resources.add iam.resourceset.resources.delete ' +
      'iam.resourceset.resources.update device.assurance.policy.add device.assurance.policy.update ' +
      'device.assurance.policy.delete security.behavior.settings.create security.behavior.settings.update ' +
      'security.behavior.settings.delete security.attack_protection.settings.update ' +
      'security.threat.configuration.update security.session_protection.status.update ' +
      'security.protected_action.settings.update iam.policy.configuration.update ' +
      'iam.policy.assignee_configuration.update iam.role.permission.conditions.add ' +
      'iam.role.permission.conditions.delete policy.branch.lifecycle.promote policy.branch.lifecycle.rollback ' +
      'security.bot_protection.settings.update security.bot_protection.status.update ' +
      'security.origin.auto_whitelisted security.device.add_request_blacklist_policy ' +
      'security.device.remove_request_blacklist_policy security.device.temporarily_disable_blacklisting ' +
      'system.org.captcha.activate system.org.captcha.deactivate',
  ],
  [
    'identity.federation.changed',
    'system.idp.lifecycle.create system.idp.lifecycle.update system.idp.lifecycle.activate ' +
      'system.idp.lifecycle.deactivate system.idp.lifecycle.delete system.idp.key.create ' +
      'system.idp.key.update system.idp.key.delete app.office365.api.set.domain.federation.success ' +
      'app.office365.api.change.domain.federation.success app.office365.api.remove.domain.federation.success ' +
      'app.oauth2.trusted_server.add app.oauth2.trusted_server.delete',
  ],
  [
    'identity.tenant_domain.changed',
    'system.custom_url_domain.initiate system.custom_url_domain.verify system.custom_url_domain.update ' +
      'system.custom_url_domain.delete system.custom_url_domain.cert_upload ' +
      'system.custom_url_domain.cert_renew system.email.domain.add system.email.domain.delete ' +
      'system.email_domain.create system.email_domain.update system.email_domain.verify ' +
      'system.email_domain.delete',
  ],
  [
    'identity.device.enrolled',
    'device.enrollment.create device.user.add device.desktop_mfa.enrollment.create ' +
      'device.password_sync.enrollment.create device.platform_sso.enrollment.create',
  ],
  [
    'identity.scim.provisioned',
    'application.provision.user.push application.provision.user.push_profile ' +
      'application.provision.user.push_password application.provision.user.sync ' +
      'application.provision.user.import application.provision.user.import_profile ' +
      'application.provision.user.deactivate application.provision.user.reactivate ' +
      'application.provision.user.password application.provision.group.add',
  ],
  [
    'identity.log.tampered',
    'system.log_stream.lifecycle.deactivate system.log_stream.lifecycle.delete event_hook.deactivated ' +
      'event_hook.deleted',
  ],
];

const typeByName = new Map<string, string>();
for (const [type, names] of rows) for (const name of names.split(' ')) typeByName.set(name, type);

/** Families of names that keep one meaning for every verb. */
const families: readonly (readonly [prefix: string, type: string])[] = [
  ['application.provision.user.', 'identity.scim.provisioned'],
  ['application.provision.group', 'identity.scim.provisioned'],
  ['application.user_membership.', 'identity.app.assignment_changed'],
  ['application.configuration.', 'identity.app.assignment_changed'],
  ['app.oauth2.as.consent.revoke.', 'identity.app.assignment_changed'],
  ['oauth2.as.', 'identity.policy.changed'],
  ['oauth2.scope.', 'identity.policy.changed'],
  ['oauth2.claim.', 'identity.policy.changed'],
  ['security.events.provider.', 'identity.policy.changed'],
  ['security.events.transmitter.', 'identity.policy.changed'],
  ['system.custom_email_server.lifecycle.', 'mail.connector.changed'],
  ['app.office365.api.error.set.domain.federation.failure', 'identity.federation.changed'],
  ['app.office365.api.error.remove.domain.federation.failure', 'identity.federation.changed'],
];

function typeOf(name: string): string | undefined {
  return typeByName.get(name) ?? families.find(([prefix]) => name.startsWith(prefix))?.[1];
}

/**
 * Canonical type of a System Log event. `result` is `outcome.result`: a session start is a success, a failure or a
 * challenge by it, and a sign-on policy evaluation is a fact only when it challenged or denied.
 */
export function oktaEventType(name: string, result: string | undefined): string {
  const type = typeOf(name);
  if (type === undefined) return 'other.activity';
  if (type === 'login') {
    if (result === 'SUCCESS' || result === 'ALLOW') return 'identity.session.login_succeeded';
    if (result === 'FAILURE' || result === 'DENY') return 'identity.session.login_failed';
    return result === 'CHALLENGE' ? 'identity.session.mfa_challenged' : 'other.activity';
  }
  if (type === 'sign_on_policy') {
    if (result === 'CHALLENGE') return 'identity.session.mfa_challenged';
    return result === 'DENY' || result === 'FAILURE' ? 'identity.session.access_denied' : 'other.activity';
  }
  return type;
}
