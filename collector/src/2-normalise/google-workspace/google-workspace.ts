/** Google Workspace audit: Reports API activities (developers.google.com/workspace/admin/reports) and Cloud Logging entries. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { batchDrafts } from '../audit-batch.ts';
import { auditDraft, locateSource, nameDomain, setIdentity } from '../audit-draft.ts';
import { clipped, loginOf, type Fields } from '../audit-field.ts';
import { countryCode } from '../country-code.ts';
import { deliveredBody, pushedEntry } from '../gcp-delivery.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord } from '../json-record.ts';
import { readActivity, type Activity, type ActivityEvent, type Parameters } from './activity.ts';
import { describeChange, first } from './change.ts';
import { googleEventType } from './event-types.ts';
import type { CanonicalEvent, SourceKind } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of Google Workspace audit activities; one draft per entry of `events`. */
export const googleWorkspace: Normaliser = { source: 'google-workspace', version: 1, normalise };

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const hashOf = (item: Fields) => (): string => context.sha256(canonicalJson(item));
  if (isActivity(parsed.value)) return activityDrafts(parsed.value, record, context, hashOf(parsed.value));
  const pushed = pushedEntry(deliveredBody(parsed.value));
  if (pushed?.ok === false) return pushed;
  const body = nativeRecord(pushed?.value ?? parsed.value, isActivityOrList);
  const { items } = body;
  if (!Array.isArray(items)) return activityDrafts(body, record, context, hashOf(body));
  const place = { system: 'google-workspace', path: '/items', record, context };
  return batchDrafts(items as readonly unknown[], place, (item) =>
    activityDrafts(item, record, context, hashOf(item)),
  );
}

function activityDrafts(
  body: Fields,
  record: RawRecord,
  context: NormaliseContext,
  hash: () => string,
): Outcome<readonly EventDraft[]> {
  const activity = readActivity(body, hash);
  if ('code' in activity) return failed(activity.code, activity.message, activity.path);
  if (activity.events.length === 0)
    return failed('missing_field', 'an activity has at least one named event', '/events');
  return succeeded(activity.events.map((event) => draftOf(record, activity, event, context)));
}

function isActivityOrList(body: Fields): boolean {
  return isActivity(body) || Array.isArray(body['items']);
}

function isActivity(body: Fields): boolean {
  return (typeof body['id'] === 'object' && 'events' in body) || typeof body['protoPayload'] === 'object';
}

function draftOf(
  record: RawRecord,
  activity: Activity,
  event: ActivityEvent,
  context: NormaliseContext,
): EventDraft {
  const { name, parameters } = event;
  const type = googleEventType(name, event.kind);
  const draft = auditDraft({
    record,
    system: 'google-workspace',
    kind: kindOf(type),
    type,
    original: name,
    outcome: outcomeOf(type, event),
    atMs: activity.at.ms,
    precision: activity.at.precision,
    key: activity.key,
    atom: atomOf(name, parameters, context),
    actor:
      type === 'identity.session.login_failed' ? { ...activity.actor, origin: 'unknown' } : activity.actor,
    sourceEventId: activity.id,
    source: sourceOf(activity, event),
  });
  if (activity.ip !== undefined) draft.source_ip = activity.ip;
  if (activity.userAgent !== undefined) draft.user_agent = activity.userAgent;
  if (activity.actor.onBehalfOf !== undefined) draft.on_behalf_of = activity.actor.onBehalfOf;
  locateSource(draft, 'google-workspace', { country: countryCode(activity.country), asn: activity.asn });
  if (activity.events.length > 1) {
    draft.transaction_id = clipped(activity.key.join('/'), 256);
    draft.transaction_size = activity.events.length;
  }
  describeSignIn(draft, parameters);
  describeTarget(draft, activity, event);
  describeChange(draft, name, parameters);
  return draft;
}

function kindOf(type: string): SourceKind {
  if (type.startsWith('mail.')) return 'mail_log';
  return type.startsWith('registrar.') ? 'registrar_audit' : 'identity_log';
}

/** Event name and its parameters; long ones as their hash, so that the atom stays small. */
function atomOf(name: string, parameters: Parameters, context: NormaliseContext): string {
  const text = parameterText(parameters);
  return `${name} ${text.length <= 512 ? text : context.sha256(text)}`;
}

/** Sorted `name=value` lines: the same for both ways of delivery, whatever the order of the parameters. */
function parameterText(parameters: Parameters): string {
  const lines: string[] = [];
  for (const [name, values] of parameters)
    lines.push(`${name}=${values.length === 1 ? values[0] : values.join('\u0000')}`);
  return lines.length === 1 ? (lines[0] as string) : lines.sort().join('\n');
}

function sourceOf(activity: Activity, event: ActivityEvent): Fields {
  const isEntry = activity.shared['protoPayload'] !== undefined;
  if (isEntry && activity.events.length === 1) return activity.shared;
  const source: Record<string, unknown> = { ...activity.shared, event: event.raw };
  if (isEntry) source['protoPayload'] = undefined;
  return source;
}

/** What was asked for and not yet done: the invited or asking person is no member before the other side agrees. */
const invitations: ReadonlySet<string> = new Set([
  'USER_INVITE',
  'invite_user',
  'reinvite_user',
  'request_to_join',
]);

/** Applications that report what people do to their own account. */
const ownApplications: ReadonlySet<string> = new Set(['login', 'user_accounts']);

/** Group events whose actor is the member: the record names nobody else. */
const ownMembership: ReadonlySet<string> = new Set(['join', 'accept_invitation', 'request_to_join']);

function outcomeOf(type: string, event: ActivityEvent): CanonicalEvent['outcome'] {
  if (type === 'identity.session.login_failed' || type === 'identity.session.access_denied') return 'failure';
  if (type === 'identity.session.mfa_challenged') {
    const status = first(event.parameters, 'login_challenge_status')?.toLowerCase() ?? '';
    if (status.includes('pass')) return 'success';
    return status.includes('fail') || status.includes('incorrect') ? 'failure' : 'attempt';
  }
  if (!event.ok || first(event.parameters, 'status') === 'failed') return 'failure';
  return invitations.has(event.name) ? 'attempt' : 'success';
}

type Mfa = NonNullable<EventDraft['mfa']>;

const factorKinds: ReadonlyMap<string, Mfa> = new Map<string, Mfa>([
  ['google_authenticator', 'totp'],
  ['totp', 'totp'],
  ['offline_otp', 'totp'],
  ['internal_two_factor', 'unknown'],
  ['google_prompt', 'push'],
  ['idv_any_phone', 'sms'],
  ['idv_preregistered_phone', 'sms'],
  ['security_key', 'webauthn'],
  ['security_key_otp', 'webauthn'],
  ['passkey', 'webauthn'],
  ['userless_fido', 'webauthn'],
  ['backup_code', 'unknown'],
  ['rescue_code', 'unknown'],
]);

/** Method of `login_type` and the strongest named challenge; a login whose only challenge was the password used no factor. */
function describeSignIn(draft: EventDraft, parameters: Parameters): void {
  if (!draft.event_type.startsWith('identity.session.')) return;
  const loginType = first(parameters, 'login_type');
  if (draft.key[0] === 'saml') draft.auth_method = 'sso';
  if (loginType === 'google_password') draft.auth_method = 'password';
  else if (loginType === 'saml') draft.auth_method = 'sso';
  else if (loginType === 'exchange') draft.auth_method = 'token';
  const challenges = parameters.get('login_challenge_method') ?? [];
  for (const challenge of challenges) {
    const kind = factorKinds.get(challenge);
    if (kind !== undefined) draft.mfa = kind;
    if (challenge === 'passkey') draft.auth_method = 'passkey';
  }
  const isPasswordOnly = challenges.length > 0 && challenges.every((challenge) => challenge === 'password');
  if (isPasswordOnly && draft.event_type === 'identity.session.login_succeeded') draft.mfa = 'none';
}

function describeTarget(draft: EventDraft, activity: Activity, event: ActivityEvent): void {
  const { parameters } = event;
  const type = draft.event_type;
  const isOwn =
    type.startsWith('identity.session.') ||
    ownApplications.has(activity.application) ||
    ownMembership.has(event.name);
  const affected = first(
    parameters,
    'USER_EMAIL',
    'affected_email_address',
    'member_id',
    'user_email',
    'EMAIL_MONITOR_SOURCE_USER',
    'member',
    'user',
  );
  const reasons = [
    ...(type === 'identity.session.risk_flagged' || event.name.startsWith('account_disabled')
      ? [event.name]
      : []),
    ...(first(parameters, 'is_suspicious') === 'true' ? ['is_suspicious'] : []),
  ];
  setIdentity(draft, {
    target_user: loginOf(affected) ?? (isOwn ? activity.actor.email : undefined),
    target_group: loginOf(first(parameters, 'GROUP_EMAIL', 'group_id', 'group_email')),
    target_role: type.startsWith('identity.role.')
      ? (first(parameters, 'ROLE_NAME', 'PRIVILEGE_NAME', 'member_role') ?? superAdminOf(event.name))
      : undefined,
    factor: type.startsWith('identity.user.mfa_') ? factorOf(event.name) : challengeOf(parameters),
    risk_reasons: reasons,
    app: first(
      parameters,
      'app_name',
      'application_name',
      'APPLICATION_NAME',
      'API_CLIENT_NAME',
      'OAUTH2_APP_NAME',
      'OAUTH2_SERVICE_NAME',
      'REAUTH_APPLICATION',
      'SERVICE_NAME',
    ),
    policy:
      type === 'identity.policy.changed' ? (first(parameters, 'SETTING_NAME') ?? event.name) : undefined,
  });
  if (type.startsWith('mail.')) describeMail(draft, activity, parameters);
  nameDomain(draft, domainOf(type, event.name, parameters));
}

/** The domain an event is about; a setting of the whole tenant is about none, though it names the tenant's. */
function domainOf(type: string, name: string, parameters: Parameters): string | undefined {
  const isAbout =
    type.startsWith('mail.') ||
    type.startsWith('registrar.') ||
    type === 'identity.tenant_domain.changed' ||
    type === 'identity.federation.changed' ||
    name === 'VIEW_DNS_LOGIN_DETAILS' ||
    name.startsWith('UPDATE_DOMAIN_');
  if (!isAbout) return undefined;
  const named = type === 'identity.tenant_domain.changed' ? ['NEW_VALUE', 'DOMAIN_NAME'] : ['DOMAIN_NAME'];
  for (const each of ['DOMAIN_ALIAS', 'SECONDARY_DOMAIN_NAME', ...named]) {
    const found = canonicalName(first(parameters, each) ?? '');
    if (found?.includes('.') === true) return found;
  }
  return undefined;
}

function superAdminOf(name: string): string | undefined {
  return name === 'GRANT_ADMIN_PRIVILEGE' || name === 'REVOKE_ADMIN_PRIVILEGE' ? 'super_admin' : undefined;
}

function factorOf(name: string): string {
  if (name.startsWith('titanium') || name.includes('TITANIUM')) return 'advanced_protection';
  if (name.startsWith('passkey')) return 'passkey';
  return name.includes('SECURITY_KEY') ? 'security_key' : '2sv';
}

function challengeOf(parameters: Parameters): string | undefined {
  const challenges = parameters.get('login_challenge_method')?.filter((each) => each !== 'password') ?? [];
  return challenges.length === 0 ? undefined : [...new Set(challenges)].sort().join(', ');
}

function describeMail(draft: EventDraft, activity: Activity, parameters: Parameters): void {
  const isRouting = draft.event_type_original?.startsWith('MAIL_ROUTING_DESTINATION_') === true;
  const to = loginOf(
    first(
      parameters,
      'email_forwarding_destination_address',
      'EMAIL_MONITOR_DEST_EMAIL',
      ...(isRouting ? ['NEW_VALUE', 'OLD_VALUE'] : []),
    ),
  );
  const mailbox =
    loginOf(first(parameters, 'EMAIL_MONITOR_SOURCE_USER', 'USER_EMAIL')) ??
    // Settings are made by administrators for others; only the rest is about the actor's own mail.
    (draft.event_type === 'mail.settings.changed' ? undefined : activity.actor.email);
  const mail: NonNullable<EventDraft['mail']> = {};
  if (mailbox !== undefined) mail.mailbox = mailbox;
  const rule = first(parameters, 'SETTING_NAME');
  if (rule !== undefined) mail.rule_name = rule;
  if (to !== undefined) {
    mail.forward_to = [to];
    const host = canonicalName(to.slice(to.lastIndexOf('@') + 1));
    if (host !== undefined) mail.forward_to_domain = registrableDomain(host) ?? host;
    draft.attribute = 'forwarding';
    draft.old_known = false;
    if (draft.event_type === 'mail.rule.forwarding_created') draft.new_value = [to];
  }
  draft.mail = mail;
}
