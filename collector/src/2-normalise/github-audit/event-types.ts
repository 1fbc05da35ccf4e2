/**
 * GitHub audit log actions to canonical types.
 *
 * Names after docs.github.com "Audit log events for your organization" and "... for your enterprise". Actions that keep
 * one meaning for all their verbs are known by their category (the part before the first dot).
 */

const rows: readonly (readonly [type: string, names: string])[] = [
  [
    'identity.session.login_succeeded',
    // A recovery code stands in for the identity provider.
    'user.login org.sso_response business.sso_response org.recovery_code_used business.recovery_code_used',
  ],
  [
    'identity.session.login_failed',
    'user.failed_login org.recovery_code_failed business.recovery_code_failed',
  ],
  [
    'identity.session.mfa_challenged',
    'user.two_factor_requested user.two_factor_challenge_success user.two_factor_challenge_failure ' +
      'user.device_verification_requested user.device_verification_success user.device_verification_failure ' +
      'two_factor_authentication.sign_in_fallback_sms two_factor_authentication.password_reset_fallback_sms',
  ],
  [
    'identity.session.risk_flagged',
    'user.sign_in_from_unrecognized_device user.sign_in_from_unrecognized_device_and_location ' +
      'user.correct_password_from_unrecognized_device ' +
      'user.correct_password_from_unrecognized_device_and_location user.new_device_used ' +
      'user.sign_in_from_unrecognized_location user.correct_password_from_unrecognized_location',
  ],
  [
    'identity.session.revoked',
    'user.logout user.revoke_session external_identity.revoke_sso_session org.revoke_sso_session ' +
      'business.revoke_sso_session',
  ],
  ['identity.session.impersonated', 'staff.fake_login user.fake_login user.begin_impersonate_user'],
  ['identity.user.created', 'user.create user.signup org.invite_member business.invite_member'],
  ['identity.user.deleted', 'user.delete user.async_delete user.destroy'],
  ['identity.user.disabled', 'user.suspend'],
  ['identity.user.updated', 'user.unsuspend user.rename user.change_login org.restore_member'],
  [
    'identity.user.contact_changed',
    'user.add_email user.remove_email user.update_email user.toggle_primary_email user_email.confirm_claim',
  ],
  ['identity.user.password_changed', 'user.change_password'],
  ['identity.user.password_reset', 'user.forgot_password user.reset_password password_reset.create'],
  [
    'identity.user.recovery_changed',
    'two_factor_authentication.recovery_codes_regenerated two_factor_authentication.add_fallback ' +
      'two_factor_authentication.update_fallback two_factor_authentication.remove_fallback ' +
      'two_factor_authentication.recovery_codes_generated org.recovery_codes_generated ' +
      'business.recovery_codes_generated account_recovery_token.confirm',
  ],
  [
    'identity.user.mfa_enrolled',
    'two_factor_authentication.enabled two_factor_authentication.add_factor security_key.register ' +
      'passkey.register',
  ],
  [
    'identity.user.mfa_removed',
    'two_factor_authentication.disabled two_factor_authentication.remove_factor security_key.remove ' +
      'passkey.remove',
  ],
  ['identity.user.mfa_reset', 'two_factor_account_recovery.complete two_factor_authentication.reset'],
  [
    'identity.role.granted',
    'business.add_admin business.add_organization_admin user.promote repo.add_member ' +
      'organization_role.assign business.add_billing_manager org.add_billing_manager ' +
      'org.add_security_manager role.create_grant org.integration_manager_added ' +
      'integration.manager_added enterprise_role.assign business.invite_admin business.invite_billing_manager ' +
      'organization_moderators.add_user organization_moderators.add_team',
  ],
  [
    'identity.role.revoked',
    'business.remove_admin business.remove_organization_admin user.demote repo.remove_member ' +
      'organization_role.revoke business.remove_billing_manager org.remove_billing_manager ' +
      'org.remove_security_manager org.integration_manager_removed integration.manager_removed ' +
      'enterprise_role.revoke team.demote_maintainer organization_moderators.remove_user ' +
      'organization_moderators.remove_team',
  ],
  [
    'identity.group.member_added',
    'org.add_member team.add_member business.add_member org.add_outside_collaborator enterprise_team.add_member',
  ],
  [
    'identity.group.member_removed',
    'org.remove_member team.remove_member business.remove_member org.remove_outside_collaborator ' +
      'enterprise_team.remove_member',
  ],
  [
    'identity.group.updated',
    'team.create team.destroy team.rename team.change_privacy team.add_repository ' +
      'team.remove_repository team.update_repository_permission team.change_parent_team',
  ],
  [
    'identity.token.created',
    'personal_access_token.create personal_access_token.access_granted personal_access_token.request_created ' +
      'personal_access_token.request_denied personal_access_token.request_cancelled ' +
      'oauth_access.create public_key.create deploy_key.create org_credential_authorization.grant ' +
      'oauth_application.generate_client_secret integration.generate_client_secret ' +
      'oauth_access.regenerate user.create_token gpg_key.create oauth_application.reset_secret ' +
      'personal_access_token.credential_regenerated org.credential_authorization_grant',
  ],
  [
    'identity.token.revoked',
    'personal_access_token.access_revoked personal_access_token.destroy ' +
      'oauth_access.destroy oauth_access.revoke public_key.delete public_key.revoke deploy_key.delete ' +
      'org_credential_authorization.revoke org_credential_authorization.deauthorize ' +
      'oauth_application.remove_client_secret integration.remove_client_secret gpg_key.delete ' +
      'personal_access_token.credential_revoked ' +
      'oauth_application.revoke_tokens oauth_application.revoke_all_tokens integration.revoke_tokens ' +
      'integration.revoke_all_tokens org.credential_authorization_revoke org.credential_authorization_deauthorize',
  ],
  [
    'identity.token.viewed',
    'org.recovery_codes_viewed org.recovery_codes_downloaded org.recovery_codes_printed ' +
      'business.recovery_codes_viewed business.recovery_codes_downloaded business.recovery_codes_printed ' +
      'two_factor_authentication.recovery_codes_viewed two_factor_authentication.recovery_codes_downloaded ' +
      'two_factor_authentication.recovery_codes_printed',
  ],
  [
    'identity.scim.provisioned',
    'org.revoke_external_identity org.unlink_external_identity business.revoke_external_identity ' +
      'business.unlink_external_identity',
  ],
  [
    'identity.app.consented',
    'oauth_authorization.create integration_installation.create integration_installation_request.create ' +
      'org.oauth_app_access_approved org.oauth_app_access_requested integration_installation.version_updated',
  ],
  [
    'identity.app.assignment_changed',
    'integration_installation.destroy integration_installation.suspend integration_installation.unsuspend ' +
      'integration_installation.repositories_added integration_installation.repositories_removed ' +
      'oauth_authorization.destroy org.oauth_app_access_denied org.oauth_app_access_blocked ' +
      'org.oauth_app_access_unblocked oauth_application.create ' +
      'oauth_application.destroy oauth_application.transfer integration.create integration.destroy ' +
      'integration.transfer integration.update oauth_application.update ' +
      'integration_installation.contact_email_changed',
  ],
  [
    'identity.federation.changed',
    'org.enable_saml org.disable_saml org.update_saml_provider_settings business.enable_saml ' +
      'business.disable_saml business.update_saml_provider_settings org.enable_oidc org.disable_oidc ' +
      'business.enable_oidc business.disable_oidc oidc.update_claims business.external_group_update',
  ],
  [
    'identity.policy.changed',
    'org.enable_two_factor_requirement org.disable_two_factor_requirement ' +
      'org.update_two_factor_requirement business.enable_two_factor_requirement ' +
      'business.disable_two_factor_requirement business.update_two_factor_requirement ' +
      'org.set_default_workflow_permissions org.set_actions_retention_limit ' +
      'org.set_actions_fork_pr_approvals_policy org.set_fork_pr_workflows_policy ' +
      'org.update_default_repository_permission org.update_member_repository_creation_permission ' +
      'org.update_member_repository_invitation_permission org.update_actions_settings ' +
      'org.update_actions_secret org.enable_oauth_app_restrictions org.disable_oauth_app_restrictions ' +
      'org.set_workflow_permission_can_approve_pr ' +
      'org.update_new_repository_default_branch_setting org.update_terms_of_service repo.access ' +
      'repo.actions_enabled repo.set_default_workflow_permissions org.advanced_security_policy_selected_member_disabled ' +
      'personal_access_token.auto_approve_grant_requests_enabled personal_access_token.expiration_limit_set ' +
      'role.create role.update role.destroy organization_role.create organization_role.update ' +
      'environment.add_protection_rule environment.update_protection_rule ' +
      'environment.remove_protection_rule organization_role.destroy enterprise_role.create enterprise_role.update enterprise_role.destroy',
  ],
  // The name under which a site of Pages answers.
  ['dns.provider.edge_config_changed', 'repo.pages_cname'],
  [
    'identity.tenant_domain.changed',
    'org.add_domain org.remove_domain org.verify_domain business.verify_domain staff.verify_domain ' +
      'staff.unverify_domain',
  ],
  [
    'identity.log.tampered',
    'audit_log_streaming.destroy audit_log_streaming.update business.audit_log_export_stopped ' +
      'org.disable_audit_log_streaming business.disable_audit_log_streaming audit_log_streaming.disable',
  ],
];

const typeByAction = new Map<string, string>();
for (const [type, names] of rows) for (const name of names.split(' ')) typeByAction.set(name, type);

const typeByCategory: ReadonlyMap<string, string> = new Map([
  ['protected_branch', 'identity.policy.changed'],
  ['repository_ruleset', 'identity.policy.changed'],
  ['repository_branch_protection_evaluation', 'other.activity'],
  ['ip_allow_list', 'identity.policy.changed'],
  ['ip_allow_list_entry', 'identity.policy.changed'],
  ['members_can_create_pages', 'identity.policy.changed'],
  ['members_can_create_private_pages', 'identity.policy.changed'],
  ['members_can_create_public_pages', 'identity.policy.changed'],
  ['members_can_delete_repos', 'identity.policy.changed'],
  ['members_can_view_dependency_insights', 'identity.policy.changed'],
  ['private_repository_forking', 'identity.policy.changed'],
  ['external_identity', 'identity.scim.provisioned'],
  ['external_group', 'identity.scim.provisioned'],
  ['enterprise_domain', 'identity.tenant_domain.changed'],
  ['organization_domain', 'identity.tenant_domain.changed'],
  // A name that Pages serves only for this organisation, once it proved to own it.
  ['pages_protected_domain', 'identity.tenant_domain.changed'],
  ['auto_approve_personal_access_token_requests', 'identity.policy.changed'],
  ['ssh_certificate_authority', 'identity.policy.changed'],
  ['ssh_certificate_requirement', 'identity.policy.changed'],
  // Whether members are led to the identity provider, and which groups of it become teams.
  ['sso_redirect', 'identity.policy.changed'],
  ['team_sync_tenant', 'identity.federation.changed'],
  ['required_status_check', 'identity.policy.changed'],
  ['restrict_notification_delivery', 'identity.policy.changed'],
]);

/** Switches and settings of an organisation or enterprise, whose list grows with every product. */
const settingName =
  /^(?:org|business)\.(?:enable_|disable_|set_|clear_|update_\w+_(?:permission|policy|setting|settings|requirement)$|\w+_(?:enabled|disabled)(?:_for_new_repos|_on_all_repos)?$)/;

/** What personal access tokens may do, which the organisation or enterprise sets. */
const tokenSetting = /^personal_access_token\.\w+_(?:enabled|disabled|set|unset)$/;

const singleSignOn = /^(?:org|business)\.(?:saml|oidc|sso)_(?:enabled|disabled)$/;

/** Secrets and variables of workflows, where pipelines keep the keys to DNS: `org.create_actions_secret`, `environment.remove_actions_variable`. */
const workflowSecret =
  /^(?:org|repo|business|enterprise|environment)\.(?:create|update|remove)_(?:actions|codespaces|dependabot|integration)_(?:secret|variable)$/;

/** Permissions of repositories and organisations, the least first. */
const ranks: readonly string[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];

/**
 * Canonical type of an action. A changed permission gave or took by what it was before; where `before` is not told, administration
 * was given and everything else is what was left of it.
 */
export function githubEventType(action: string, permission: string | undefined, before?: string): string {
  if (
    action === 'org.update_member' ||
    action === 'team.promote_maintainer' ||
    action === 'repo.update_member'
  ) {
    const [was, is] = [ranks.indexOf(before ?? ''), ranks.indexOf(permission ?? '')];
    const isGiven =
      was >= 0 && is >= 0
        ? is > was
        : permission === undefined || permission === 'admin' || permission === 'maintain';
    return isGiven ? 'identity.role.granted' : 'identity.role.revoked';
  }
  const exact = typeByAction.get(action);
  if (exact !== undefined) return exact;
  if (singleSignOn.test(action)) return 'identity.federation.changed';
  if (settingName.test(action) || workflowSecret.test(action) || tokenSetting.test(action))
    return 'identity.policy.changed';
  const dot = action.indexOf('.');
  return (dot > 0 ? typeByCategory.get(action.slice(0, dot)) : undefined) ?? 'other.activity';
}
