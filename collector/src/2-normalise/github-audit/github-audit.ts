/** GitHub organisation and enterprise audit log (docs.github.com/rest/orgs/orgs, "Get the audit log"), polled or streamed. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { auditDraft, locateSource, nameDomain, setIdentity, type AuditActor } from '../audit-draft.ts';
import {
  addressOf,
  fieldsOf,
  fieldsOrNone,
  instantOf,
  isTrue,
  loginOf,
  nameOf,
  numberOf,
  textOf,
  type Fields,
} from '../audit-field.ts';
import { countryCode } from '../country-code.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord } from '../json-record.ts';
import { githubEventType } from './event-types.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of GitHub audit entries; one draft per entry, keyed by _document_id or the hash of the canonical JSON. */
export const githubAudit: Normaliser = {
  source: 'github-audit',
  version: 1,
  // What signs the deliveries of a webhook; the vendor masks it, an export may not.
  credentials: ['secret', 'config.secret', 'config_was.secret'],
  normalise,
};

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const entry: Fields = nativeRecord(parsed.value, isEntry);
  const action = textOf(entry['action'], 256);
  if (action === undefined) return failed('missing_field', 'an audit entry has an action text', '/action');
  const at = timeOf(entry['@timestamp']) ?? timeOf(entry['created_at']);
  if (at === undefined)
    return failed(
      'bad_timestamp',
      '@timestamp or created_at must be epoch milliseconds or an RFC 3339 time',
      '/@timestamp',
    );
  const told = withData(entry);
  const type = githubEventType(action, permissionOf(told), formerPermissionOf(told));
  const id = textOf(entry['_document_id'], 128);
  const draft = auditDraft({
    record,
    system: 'github',
    kind: 'identity_log',
    type,
    original: action,
    outcome: outcomeOf(entry, action),
    atMs: at.ms,
    precision: at.precision,
    key: id === undefined ? ['sha256', context.sha256(canonicalJson(entry))] : [id],
    atom: action,
    actor: actorOf(entry, action, type),
    sourceEventId: id,
    source: entry,
  });
  describeCaller(draft, told, context);
  describeTarget(draft, told);
  describeChange(draft, told);
  return succeeded([draft]);
}

/** Permission a member has from now on. */
function permissionOf(entry: Fields): string | undefined {
  return nameOf(entry['permission'], 128) ?? nameOf(entry['new_repo_permission'], 128);
}

/** Permission a member had before. */
function formerPermissionOf(entry: Fields): string | undefined {
  return nameOf(entry['old_permission'], 128) ?? nameOf(entry['old_repo_permission'], 128);
}

/** Some actions tell their particulars in a `data` object; what stands beside it wins. */
function withData(entry: Fields): Fields {
  const data = fieldsOf(entry['data']);
  return data === undefined ? entry : { ...data, ...entry };
}

function isEntry(body: Fields): boolean {
  return typeof body['action'] === 'string' && ('@timestamp' in body || 'created_at' in body);
}

/** Years 2000 to 9999: outside, a number is no epoch in milliseconds. */
const epochMsMin = 946_684_800_000;
const epochMsMax = 253_402_300_799_999;

function timeOf(
  value: unknown,
): { ms: number; precision: CanonicalEvent['timestamp_precision'] } | undefined {
  const ms = numberOf(value);
  if (ms === undefined) return instantOf(value);
  // The log writes milliseconds; a ten-digit number is an export's seconds.
  const whole = Math.floor(ms >= 1e9 && ms < 1e10 ? ms * 1000 : ms);
  return whole >= epochMsMin && whole <= epochMsMax ? { ms: whole, precision: 'ms' } : undefined;
}

/** What was asked for is not given yet. */
const requests: ReadonlySet<string> = new Set([
  'integration_installation_request.create',
  'org.oauth_app_access_requested',
]);

/**
 * The log lists what was done, so success, but for actions and workflow conclusions that name a failure; an invitation or a request
 * is an attempt, a request that was turned down or called off a failure of what it asked for.
 */
function outcomeOf(entry: Fields, action: string): CanonicalEvent['outcome'] {
  // An owner took an application's access away.
  if (action === 'org.oauth_app_access_denied') return 'success';
  if (requests.has(action)) return 'attempt';
  if (action.endsWith('.request_cancelled')) return 'failure';
  if (action.includes('failed') || action.endsWith('_failure') || action.endsWith('denied')) return 'failure';
  if (action === 'protected_branch.rejected_ref_update') return 'failure';
  if (action.includes('.invite_') || action.endsWith('request_created') || action.endsWith('_requested'))
    return 'attempt';
  const conclusion = entry['conclusion'];
  if (conclusion === 'failure' || conclusion === 'timed_out' || conclusion === 'startup_failure')
    return 'failure';
  return conclusion === 'cancelled' || conclusion === 'skipped' ? 'unknown' : 'success';
}

function actorOf(entry: Fields, action: string, type: string): AuditActor {
  const login = nameOf(entry['actor']);
  const id = login ?? nameOf(entry['actor_id']);
  if (id === undefined) return { realm: 'github', type: 'unknown', origin: 'unknown' };
  const isBot = isTrue(entry['actor_is_bot']) || id.endsWith('[bot]');
  // Of an identity that was linked or changed the log names its owner, not who did it.
  const isOther = action.startsWith('external_identity.') && nameOf(entry['user']) !== login;
  const email = isOther ? undefined : loginOf(entry['external_identity_nameid']);
  const isStaff =
    type === 'identity.session.impersonated' || id === 'github-staff' || action.startsWith('staff.');
  return {
    realm: 'github',
    id: id.toLowerCase(),
    type: isBot ? 'service' : isStaff ? 'provider_staff' : 'user',
    origin: isStaff ? 'provider_support' : type === 'identity.session.login_failed' ? 'unknown' : 'customer',
    name: login,
    email: email?.includes('@') === true ? email : undefined,
  };
}

function describeCaller(draft: EventDraft, entry: Fields, context: NormaliseContext): void {
  const ip = addressOf(entry['actor_ip']);
  if (ip !== undefined) draft.source_ip = ip;
  const agent = nameOf(entry['user_agent']);
  if (agent !== undefined) draft.user_agent = agent;
  const session = nameOf(entry['actor_session'], 128);
  if (session !== undefined) draft.session_id = session;
  const request = nameOf(entry['request_id'], 256);
  if (request !== undefined) draft.request_id = request;
  const hashed = nameOf(entry['hashed_token'], 256);
  const tokenId = nameOf(entry['token_id'], 64);
  if (hashed !== undefined) draft.token_id = hashed;
  else if (tokenId !== undefined && tokenId !== '0') draft.token_id = context.sha256(tokenId);
  const access = nameOf(entry['programmatic_access_type'], 128);
  if (access !== undefined) draft.auth_method = 'token';
  else if (draft.event_type_original === 'org.sso_response') draft.auth_method = 'sso';
  const place = fieldsOrNone(entry['actor_location']);
  locateSource(draft, 'github-audit', {
    country: countryCode(nameOf(place['country_code'], 8) ?? nameOf(place['country_name'], 64)),
    city: nameOf(place['city'], 128),
  });
}

function describeTarget(draft: EventDraft, entry: Fields): void {
  const type = draft.event_type;
  const isOwn = type.startsWith('identity.session.') || type.startsWith('identity.user.');
  const team = nameOf(entry['team']);
  setIdentity(draft, {
    // A login is the same in any case, as the actor's is.
    target_user: (
      nameOf(entry['user']) ??
      nameOf(entry['invitee']) ??
      (isOwn ? nameOf(entry['actor']) : undefined)
    )?.toLowerCase(),
    target_group: team ?? (type.startsWith('identity.group.') ? nameOf(entry['org']) : undefined),
    target_role: type.startsWith('identity.role.')
      ? (permissionOf(entry) ?? nameOf(entry['role']) ?? roleOf(draft.event_type_original ?? ''))
      : undefined,
    app:
      nameOf(entry['integration']) ??
      nameOf(entry['oauth_application_name']) ??
      nameOf(entry['repo']) ??
      nameOf(entry['org']) ??
      nameOf(entry['business']),
    policy: type === 'identity.policy.changed' ? draft.event_type_original : undefined,
  });
  if (type === 'dns.provider.edge_config_changed') {
    nameDomain(draft, nameOf(entry['cname'] ?? entry['old_cname'], 255));
    if (draft.domain !== undefined) draft.record_name = draft.zone ?? draft.domain;
  } else if (type === 'identity.tenant_domain.changed')
    nameDomain(draft, nameOf(entry['domain'] ?? entry['domain_name'] ?? entry['name'], 255));
}

function roleOf(action: string): string | undefined {
  if (action.includes('billing_manager')) return 'billing_manager';
  if (action.includes('security_manager')) return 'security_manager';
  if (action.endsWith('_maintainer')) return 'maintainer';
  return action.includes('admin') || action.startsWith('user.') ? 'admin' : undefined;
}

/** `old_permission`, `config_was` and the like are the only old values of this log; a role or membership is named. */
function describeChange(draft: EventDraft, entry: Fields): void {
  const type = draft.event_type;
  const before =
    formerPermissionOf(entry) ??
    nameOf(entry['old_policy']) ??
    nameOf(entry['previous_visibility']) ??
    nameOf(entry['ruleset_old_enforcement'], 64);
  const after = nameOf(entry['visibility'], 64) ?? nameOf(entry['ruleset_enforcement'], 64);
  const permission = entry['permission'];
  if (type.startsWith('identity.role.')) {
    draft.attribute = 'roles';
    draft.old_known = before !== undefined;
    if (before !== undefined) draft.old_value = before;
    if (draft.identity?.target_role !== undefined && (type.endsWith('granted') || before !== undefined))
      draft.new_value = draft.identity.target_role;
  } else if (type.startsWith('identity.group.member_')) {
    draft.attribute = 'members';
    draft.old_known = false;
    const user = draft.identity?.target_user;
    if (user !== undefined && type.endsWith('added')) draft.new_value = user;
    else if (user !== undefined) draft.removed = [user];
  } else if (type === 'dns.provider.edge_config_changed') {
    draft.attribute = 'pages_cname';
    draft.old_known = true;
    draft.old_value = nameOf(entry['old_cname'], 255)?.toLowerCase() ?? null;
    draft.new_value = nameOf(entry['cname'], 255)?.toLowerCase() ?? null;
  } else if (draft.event_type_original?.startsWith('hook.') === true) describeHook(draft, entry);
  else if (type === 'identity.tenant_domain.changed') {
    const name = draft.zone ?? draft.domain;
    if (name === undefined) return;
    draft.attribute = 'domains';
    draft.old_known = false;
    if (/\.(?:delete|remove|destroy)/.test(draft.event_type_original ?? '')) draft.removed = [name];
    else draft.new_value = name;
  } else if (type === 'identity.policy.changed') {
    const action = draft.event_type_original ?? '';
    draft.attribute = action;
    draft.old_known = before !== undefined;
    if (before !== undefined) draft.old_value = before;
    const isOn = /\.enabled?(?:_|$)|_enabled(?:_|$)/.test(action);
    const isOff = /\.disabled?(?:_|$)|_disabled(?:_|$)/.test(action);
    if (isOn || isOff) draft.new_value = isOn ? 'enabled' : 'disabled';
    else if (before !== undefined && after !== undefined) draft.new_value = after;
    else if (typeof permission === 'boolean') draft.new_value = permission;
    else if (typeof permission === 'string' && permission !== '') draft.new_value = permission;
  }
}

/** Where the organisation's data go from now on; the vocabulary has no type for it. */
function describeHook(draft: EventDraft, entry: Fields): void {
  const urlOf = (member: string): string | undefined =>
    nameOf(fieldsOrNone(entry[member])['url'], 512) ?? nameOf(entry[`${member}.url`], 512);
  const before = urlOf('config_was');
  const after = urlOf('config');
  if (before === undefined && after === undefined) return;
  const action = draft.event_type_original ?? '';
  draft.attribute = 'webhook';
  const isGone = action === 'hook.destroy';
  draft.old_known = before !== undefined || isGone || action === 'hook.create';
  draft.old_value = isGone ? (before ?? after ?? null) : (before ?? (draft.old_known ? null : undefined));
  draft.new_value = isGone ? null : after;
}
