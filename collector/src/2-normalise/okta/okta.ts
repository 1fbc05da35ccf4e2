/** Okta System Log (developer.okta.com/docs/reference/api/system-log): one LogEvent per record, or an Event Hook delivery of several. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { batchDrafts } from '../audit-batch.ts';
import { auditDraft, locateSource, nameDomain, setIdentity, type AuditActor } from '../audit-draft.ts';
import {
  addressOf,
  clipped,
  fieldsOf,
  fieldsOrNone,
  instantOf,
  isTrue,
  listOf,
  loginOf,
  nameOf,
  numberOf,
  textOf,
  type Fields,
} from '../audit-field.ts';
import { countryCode } from '../country-code.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord } from '../json-record.ts';
import { oktaEventType } from './event-types.ts';
import { oktaFactorKind, oktaFactorName, oktaRisk, oktaSignInStrength } from './sign-in-detail.ts';
import { labelOf, personOf, targetGroups, targetsOf, type Targets } from './targets.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of Okta System Log events, keyed by uuid, published and eventType; one draft per person or object that was changed. */
export const okta: Normaliser = { source: 'okta', version: 1, normalise };

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const hook = fieldsOf(parsed.value['data'])?.['events'];
  const body = nativeRecord(parsed.value, isOktaRecord);
  const batch = Array.isArray(hook) ? hook : body['events'];
  if (!Array.isArray(batch))
    return draftsOf(body, record, context, () => context.sha256(canonicalJson(body)));
  const path = Array.isArray(hook) ? '/data/events' : '/events';
  const place = { system: 'okta', path, record, context };
  return batchDrafts(batch as readonly unknown[], place, (event) =>
    draftsOf(event, record, context, () => context.sha256(canonicalJson(event))),
  );
}

function isOktaRecord(body: Fields): boolean {
  return typeof body['eventType'] === 'string' || Array.isArray(body['events']);
}

function draftsOf(
  event: Fields,
  record: RawRecord,
  context: NormaliseContext,
  hash: () => string,
): Outcome<readonly EventDraft[]> {
  const name = textOf(event['eventType'], 256);
  if (name === undefined)
    return failed('missing_field', 'a System Log event has an eventType text', '/eventType');
  const published = instantOf(event['published']);
  if (published === undefined)
    return failed('bad_timestamp', 'published must be an RFC 3339 time', '/published');
  const outcome = fieldsOrNone(event['outcome']);
  const result = textOf(outcome['result'], 32);
  const type = oktaEventType(name, result);
  const targets = targetsOf(listOf(event['target']));
  const uuid = textOf(event['uuid'], 128);
  const draft = auditDraft({
    record,
    system: 'okta',
    kind: 'identity_log',
    type,
    original: name,
    outcome: outcomeOf(type, name, result),
    atMs: published.ms,
    precision: published.precision,
    key: [uuid ?? hash(), String(published.ms), name],
    atom: '',
    actor: supportEvents.some((prefix) => name.startsWith(prefix))
      ? supportActor(fieldsOrNone(event['actor']))
      : actorOf(fieldsOrNone(event['actor']), type, result === 'SUCCESS' || result === 'ALLOW'),
    sourceEventId: uuid,
    source: event,
  });
  describeOrigin(draft, event);
  const groups = targetGroups(type, targets);
  return succeeded(
    groups.map((group, at) => {
      const made: EventDraft = at === groups.length - 1 ? draft : { ...draft };
      if (groups.length > 1) {
        made.atom = group.atom;
        made.transaction_size = groups.length;
      }
      describeTarget(made, event, group.targets, context);
      describeDomain(made, targets.all);
      describeChange(made, group.targets.all);
      return made;
    }),
  );
}

/** Messages that let a person reset the password; nothing is reset until it is used. */
const resetMessages: ReadonlySet<string> = new Set([
  'system.email.password_reset.sent_message',
  'system.sms.send_password_reset_message',
  'system.voice.send_password_reset_call',
]);

/** A prompt or a code that was sent: nobody has answered yet. */
const sentChallenges: ReadonlySet<string> = new Set([
  'system.push.send_factor_verify_push',
  'system.sms.send_factor_verify_message',
  'system.sms.send_okta_push_verify_message',
  'system.voice.send_mfa_challenge_call',
  'system.email.send_factor_verify_message',
]);

/**
 * `user.account.lock` carries FAILURE because the sign-in failed, but the account is locked: that is a success of the lock. A
 * push that its owner refused was handled as it should and is a failed challenge.
 */
function outcomeOf(type: string, name: string, result: string | undefined): CanonicalEvent['outcome'] {
  if (type === 'identity.user.locked') return 'success';
  if (name.startsWith('app.office365.api.error.') || name.startsWith('user.mfa.okta_verify.deny_push'))
    return 'failure';
  if (sentChallenges.has(name) && result === 'SUCCESS') return 'attempt';
  if (type === 'identity.user.password_reset' && resetMessages.has(name) && result === 'SUCCESS')
    return 'attempt';
  switch (result) {
    case 'SUCCESS':
    case 'ALLOW':
      return 'success';
    case 'FAILURE':
    case 'DENY':
      return 'failure';
    case 'CHALLENGE':
      return 'attempt';
    default:
      return 'unknown';
  }
}

/** Types whose actor is only a claim: nobody has proved to be that user. */
const unprovenActor: ReadonlySet<string> = new Set([
  'identity.session.login_failed',
  'identity.session.mfa_challenged',
  'identity.user.locked',
]);

/** What the vendor's own people do in the organisation. Their access is granted, extended and revoked by its administrators. */
const supportEvents = ['support.', 'user.session.impersonation.initiate', 'user.session.impersonation.end'];

/** `support.org.view` and its like: a person of the vendor, whatever the record calls them. */
function supportActor(actor: Fields): AuditActor {
  const known = actorOf(actor, '', true);
  return { ...known, type: 'provider_staff', origin: 'provider_support' };
}

function actorOf(actor: Fields, type: string, isDone: boolean): AuditActor {
  const login = loginOf(actor['alternateId']);
  const id = nameOf(actor['id']);
  const name = nameOf(actor['displayName']);
  switch (actor['type']) {
    case 'User':
      return {
        realm: 'okta',
        id: login ?? id,
        type: 'user',
        origin: unprovenActor.has(type) && !isDone ? 'unknown' : 'customer',
        name,
        email: login?.includes('@') === true ? login : undefined,
      };
    case 'SystemPrincipal':
      return { realm: 'okta', id: login ?? id, type: 'system', origin: 'unknown', name };
    case 'IP address':
    case 'IPAddress':
      return { realm: 'okta', type: 'unknown', origin: 'unknown' };
    case undefined:
      return { realm: 'okta', id: login ?? id, type: 'unknown', origin: 'unknown', name };
    default:
      return { realm: 'okta', id: id ?? login, type: 'service', origin: 'customer', name };
  }
}

function describeOrigin(draft: EventDraft, event: Fields): void {
  const client = fieldsOrNone(event['client']);
  const security = fieldsOrNone(event['securityContext']);
  const chain = fieldsOrNone(listOf(fieldsOrNone(event['request'])['ipChain'])[0]);
  const ip = addressOf(client['ipAddress']) ?? addressOf(chain['ip']);
  if (ip !== undefined) draft.source_ip = ip;
  const agent = nameOf(fieldsOrNone(client['userAgent'])['rawUserAgent']);
  if (agent !== undefined) draft.user_agent = agent;
  const authentication = fieldsOrNone(event['authenticationContext']);
  const session = nameOf(authentication['externalSessionId'], 256);
  if (session !== undefined) draft.session_id = session;
  const transaction = nameOf(fieldsOrNone(event['transaction'])['id'], 256);
  if (transaction !== undefined) draft.transaction_id = transaction;
  const request = nameOf(fieldsOrNone(fieldsOrNone(event['debugContext'])['debugData'])['requestId'], 256);
  if (request !== undefined) draft.request_id = request;
  const place = fieldsOf(client['geographicalContext']) ?? fieldsOrNone(chain['geographicalContext']);
  const at = fieldsOrNone(place['geolocation']);
  locateSource(draft, 'okta', {
    country: countryCode(nameOf(place['country'], 64)),
    city: nameOf(place['city'], 128),
    asn: numberOf(security['asNumber']),
    organisation: nameOf(security['asOrg'], 256),
    latitude: numberOf(at['lat']),
    longitude: numberOf(at['lon']),
    isAnonymiser: isTrue(security['isProxy']),
  });
}

function describeTarget(draft: EventDraft, event: Fields, targets: Targets, context: NormaliseContext): void {
  const actor = fieldsOrNone(event['actor']);
  const debug = fieldsOrNone(fieldsOrNone(event['debugContext'])['debugData']);
  const reason = nameOf(fieldsOrNone(event['outcome'])['reason'], 1024);
  const type = draft.event_type;
  const isSignIn = type.startsWith('identity.session.');
  const detail = fieldsOrNone(fieldsOrNone(event['transaction'])['detail']);
  const apiToken = nameOf(detail['requestApiTokenId'], 256);
  const strength = oktaSignInStrength(
    draft.event_type_original ?? '',
    fieldsOrNone(event['authenticationContext']),
    targets.all,
    apiToken !== undefined,
  );
  const factor = type.startsWith('identity.user.mfa_') ? oktaFactorName(debug, reason) : undefined;
  if (strength.method !== undefined) draft.auth_method = strength.method;
  const mfa = strength.mfa ?? (isSignIn && factor !== undefined ? oktaFactorKind(factor) : undefined);
  if (mfa !== undefined) draft.mfa = mfa;
  const token = type.startsWith('identity.token.') ? nameOf(targets.token?.['id'], 256) : undefined;
  const tokenId = token ?? apiToken;
  if (tokenId !== undefined) draft.token_id = context.sha256(tokenId);
  const risk = oktaRisk(debug);
  const reasons = risk.reasons;
  if (type === 'identity.session.risk_flagged' && reason !== undefined && reasons.length === 0)
    reasons.push(clipped(reason, 512));
  // Who lets support in, or comes in as support, is not the one who is looked at.
  const isImpersonation = draft.event_type_original?.startsWith('user.session.impersonation.') === true;
  const self =
    actor['type'] === 'User' && !isImpersonation && (isSignIn || type.startsWith('identity.user.'))
      ? actor
      : undefined;
  const policy = targets.policy;
  setIdentity(draft, {
    target_user: personOf(targets.user) ?? personOf(targets.appUser) ?? personOf(self),
    target_group: labelOf(targets.group),
    target_role:
      nameOf(debug['privilegeGranted'], 1024) ??
      nameOf(debug['privilegeRevoked'], 1024) ??
      labelOf(targets.role),
    factor: factor ?? strength.factor,
    risk_level: risk.level,
    risk_reasons: reasons,
    app: nameOf(targets.app?.['alternateId']) ?? nameOf(targets.app?.['displayName']),
    policy: labelOf(policy),
  });
}

/** The domain a custom address, a mail domain or a federation is about: the first target whose name is one. */
function describeDomain(draft: EventDraft, targets: readonly unknown[]): void {
  const type = draft.event_type;
  if (type !== 'identity.tenant_domain.changed' && type !== 'identity.federation.changed') return;
  for (const each of targets) {
    const target = fieldsOrNone(each);
    for (const member of ['displayName', 'alternateId'] as const)
      if (nameDomain(draft, nameOf(target[member], 255))) return;
  }
}

/** Newer records carry `changeDetails {from, to}` on the changed target; nothing else in this feed has an old value. */
function describeChange(draft: EventDraft, targets: readonly unknown[]): void {
  for (const each of targets) {
    const details = fieldsOf(fieldsOrNone(each)['changeDetails']);
    if (details === undefined) continue;
    const from = fieldsOf(details['from']);
    const to = fieldsOf(details['to']);
    const names = Object.keys({ ...from, ...to });
    draft.attribute = clipped(
      names.length === 1 && names[0] !== undefined && names[0] !== '' ? names[0] : 'settings',
      512,
    );
    if (from !== undefined) draft.old_value = JSON.stringify(from);
    draft.new_value = to === undefined ? null : JSON.stringify(to);
    draft.old_known = from !== undefined;
    return;
  }
  describeMembership(draft);
}

/** What was granted or taken away; the set before and after is not in the feed. */
function describeMembership(draft: EventDraft): void {
  const { identity, event_type: type } = draft;
  if (type === 'identity.tenant_domain.changed' && draft.domain !== undefined) {
    const name = draft.zone ?? draft.domain;
    draft.attribute = 'domains';
    draft.old_known = false;
    if (draft.event_type_original?.endsWith('.delete') === true) draft.removed = [name];
    else draft.new_value = name;
    return;
  }
  const isRole = type.startsWith('identity.role.');
  if (!isRole && !type.startsWith('identity.group.member_')) return;
  const items = isRole
    ? identity?.target_role?.split(', ', 64).sort()
    : identity?.target_user && [identity.target_user];
  draft.attribute = isRole ? 'roles' : 'members';
  draft.old_known = false;
  if (!items) return;
  if (type.endsWith('granted') || type.endsWith('added')) {
    draft.new_value = items;
    draft.added = items;
  } else draft.removed = items;
}
