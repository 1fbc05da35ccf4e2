/** Microsoft Entra ID: directory audits, sign-ins, risk detections and Graph calls, from Graph or from diagnostic settings. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { auditDraft, setIdentity, type AuditActor } from '../audit-draft.ts';
import { batchDrafts } from '../audit-batch.ts';
import { addressOf, loginOf, nameOf, numberOf, textOf, type Fields } from '../audit-field.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord } from '../json-record.ts';
import {
  activityName,
  changedProperties,
  propertyChangeType,
  credentialChangeType,
  microsoftActivityOutcome,
  microsoftActivityType,
  propertyValue,
  type ModifiedProperty,
} from '../microsoft-activity.ts';
import { signInFacts } from '../microsoft-sign-in.ts';
import {
  auditActor,
  auditOutcome,
  auditTargets,
  describeCaller,
  describeTargets,
  deviceName,
  modifiedProperties,
  targetGroups,
  targetId,
} from './audit.ts';
import { entraId, entraItem, entraName, entraTime, type EntraItem } from './envelope.ts';
import { describePlace, describeSignIn, signInActor, signInCode } from './sign-in.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of Entra logs; updates give one draft per modified property, everything else one per record. */
export const entra: Normaliser = { source: 'entra', version: 1, normalise };

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  let found: EntraItem | undefined;
  const body = nativeRecord(parsed.value, (each) => isBatch(each) || (found = entraItem(each)) !== undefined);
  const member = Array.isArray(body['records']) ? 'records' : 'value';
  const batch = body[member];
  if (!Array.isArray(batch)) return draftsOf(body, found, record, () => context.sha256(canonicalJson(body)));
  const place = { system: 'entra', path: `/${member}`, record, context };
  return batchDrafts(batch as readonly unknown[], place, (item) =>
    draftsOf(item, entraItem(item), record, () => context.sha256(canonicalJson(item))),
  );
}

function isBatch(body: Fields): boolean {
  return Array.isArray(body['records']) || Array.isArray(body['value']);
}

/** What all drafts of one item share. */
interface Base {
  readonly record: RawRecord;
  readonly found: EntraItem;
  readonly activity: string;
  readonly at: { ms: number; precision: CanonicalEvent['timestamp_precision'] };
  readonly key: readonly string[];
  readonly id: string | undefined;
  readonly source: Fields;
}

function draftsOf(
  fields: Fields,
  found: EntraItem | undefined,
  record: RawRecord,
  hash: () => string,
): Outcome<readonly EventDraft[]> {
  if (found === undefined)
    return failed(
      'missing_field',
      'neither properties with category nor activityDisplayName, status.errorCode or riskEventType',
    );
  const at = entraTime(found);
  if (at === undefined)
    return failed('bad_timestamp', 'no readable activityDateTime, createdDateTime or time', '/time');
  const id = entraId(found);
  const activity = entraName(found);
  const key = id === undefined ? ['sha256', hash()] : entraKey(found, id, activity);
  const isLarge = record.bytes.length > 16_384;
  const base: Base = { record, found, activity, at, key, id, source: isLarge ? found.item : fields };
  switch (found.kind) {
    case 'sign_in':
      return signInDrafts(base);
    case 'risk':
      return succeeded([riskDraft(base)]);
    case 'graph_call':
      return succeeded([graphCallDraft(base)]);
    default:
      return succeeded(auditDrafts(base));
  }
}

/**
 * Directory audits by id and activity. Sign-ins, provisioning and risks have no activity of their own, only the name that one transport gives
 * them: the kind stands for it, so that Graph and Event Hub agree. A risk keeps its id through all its states, a user at risk for
 * ever: there the state, or the time of the last change, belongs to the key.
 */
function entraKey(found: EntraItem, id: string, activity: string): readonly string[] {
  if (found.kind === 'sign_in' || found.kind === 'provisioning') return [id, found.kind];
  if (found.kind !== 'risk') return [id, activity];
  const changed = textOf(found.item['riskLastUpdatedDateTime'], 64);
  if (changed !== undefined) return [id, 'risk', String(entraTime(found)?.ms)];
  return [id, 'risk', nameOf(found.item['riskState'], 64) ?? ''];
}

function draft(
  base: Base,
  type: string,
  outcome: CanonicalEvent['outcome'],
  actor: AuditActor,
  atom: string,
): EventDraft {
  const made = auditDraft({
    record: base.record,
    system: 'entra',
    kind: 'identity_log',
    type,
    original: base.activity,
    outcome,
    atMs: base.at.ms,
    precision: base.at.precision,
    key: base.key,
    atom,
    actor,
    sourceEventId: base.id,
    source: base.source,
  });
  const { item, envelope } = base.found;
  const correlation = nameOf(item['correlationId'], 256) ?? nameOf(envelope['correlationId'], 256);
  if (correlation !== undefined) made.transaction_id = correlation;
  return made;
}

function signInDrafts(base: Base): Outcome<readonly EventDraft[]> {
  const code = signInCode(base.found);
  if (code === undefined)
    return failed(
      'bad_field',
      'a sign-in has status.errorCode or resultType as a number',
      '/status/errorCode',
    );
  const facts = signInFacts(code);
  return succeeded(
    facts.map((fact) => {
      const made = draft(base, fact.type, fact.outcome, signInActor(base.found.item, code === 0), '');
      describeSignIn(made, base.found);
      return made;
    }),
  );
}

function riskDraft(base: Base): EventDraft {
  const { item } = base.found;
  const made = draft(base, 'identity.session.risk_flagged', 'success', signInActor(item, false), '');
  const ip = addressOf(item['ipAddress']) ?? addressOf(base.found.envelope['callerIpAddress']);
  if (ip !== undefined) made.source_ip = ip;
  describePlace(made, item);
  const reasons = [item['riskEventType'] ?? item['riskType'], item['riskDetail']].flatMap((each) => {
    const reason = nameOf(each, 256);
    return reason === undefined || reason === 'none' ? [] : [reason];
  });
  setIdentity(made, {
    target_user: loginOf(item['userPrincipalName']) ?? nameOf(item['servicePrincipalDisplayName']),
    risk_level: nameOf(item['riskLevel'], 32),
    risk_reasons: reasons,
  });
  const state = nameOf(item['riskState'], 64);
  if (state !== undefined) {
    made.attribute = 'risk_state';
    made.new_value = state;
    made.old_known = false;
  }
  const request = nameOf(item['requestId'], 256);
  if (request !== undefined) made.request_id = request;
  return made;
}

/** A Graph API call is a fact of its own only when it was refused; the rest is kept as other activity. */
function graphCallDraft(base: Base): EventDraft {
  const { item, envelope } = base.found;
  const status = numberOf(item['responseStatusCode']) ?? numberOf(envelope['resultSignature']) ?? 0;
  const isRefused = status === 401 || status === 403;
  const user = nameOf(item['userId']);
  const service = nameOf(item['servicePrincipalId']) ?? nameOf(item['appId']);
  const made = draft(
    base,
    isRefused ? 'identity.session.access_denied' : 'other.activity',
    status >= 200 && status < 400 ? 'success' : status >= 400 ? 'failure' : 'unknown',
    {
      realm: 'entra',
      id: user ?? service,
      type: user !== undefined ? 'user' : service !== undefined ? 'service' : 'unknown',
      origin: 'customer',
    },
    '',
  );
  const ip = addressOf(item['ipAddress']) ?? addressOf(envelope['callerIpAddress']);
  if (ip !== undefined) made.source_ip = ip;
  const agent = nameOf(item['userAgent']);
  if (agent !== undefined) made.user_agent = agent;
  const request = nameOf(item['requestId'], 256);
  if (request !== undefined) made.request_id = request;
  setIdentity(made, { app: nameOf(item['appId']) });
  return made;
}

function auditDrafts(base: Base): EventDraft[] {
  const groups = targetGroups(auditTargets(base.found.item));
  const drafts = groups.flatMap((targets) =>
    targetDrafts(base, targets, groups.length === 1 ? '' : `${targetId(targets[0]) ?? ''} `),
  );
  if (drafts.length > 1) for (const each of drafts) each.transaction_size = drafts.length;
  return drafts;
}

/** The changes of one object. `prefix` tells the atoms of several objects of one activity apart. */
function targetDrafts(base: Base, targets: readonly Fields[], prefix: string): EventDraft[] {
  const { item, envelope } = base.found;
  const activity = activityName(base.activity);
  const properties = modifiedProperties(targets);
  let type =
    microsoftActivityType(activity) ??
    microsoftActivityType(activityName(textOf(envelope['operationName'], 512) ?? ''));
  if (type === undefined)
    type = base.found.kind === 'provisioning' ? 'identity.scim.provisioned' : 'other.activity';
  if (activity.endsWith('certificates and secrets management')) type = credentialChangeType(properties, type);
  const result = auditOutcome(base.found);
  const outcome = microsoftActivityOutcome(activity, result);
  const actor = auditActor(base.found);
  const changed = changedProperties(activity, type, properties);
  const all: (ModifiedProperty | undefined)[] = changed.length === 0 ? [undefined] : [...changed];
  const first = draft(base, type, outcome, actor, prefix.trimEnd());
  describeCaller(first, base.found);
  describeTargets(first, item, targets, properties);
  return all.map((property, at) => {
    const made: EventDraft = at === all.length - 1 ? first : { ...first };
    if (property !== undefined) {
      made.event_type = propertyChangeType(type, property);
      made.atom = `${prefix}${property.name}`;
      made.attribute = property.name;
      setChange(made, property);
    } else describeWholeChange(made, activity, targets, properties);
    return made;
  });
}

function setChange(made: EventDraft, property: ModifiedProperty): void {
  made.new_value = propertyValue(property.newText);
  made.old_known = property.oldText !== undefined && property.oldText !== null;
  if (made.old_known) made.old_value = propertyValue(property.oldText);
}

/** Changes that are one fact although the log lists several properties of it: a role, a member, a domain, a secret, a policy. */
function describeWholeChange(
  made: EventDraft,
  activity: string,
  targets: readonly Fields[],
  properties: readonly ModifiedProperty[],
): void {
  const type = made.event_type;
  if (type === 'identity.device.enrolled') {
    made.attribute = 'device';
    made.old_known = false;
    const device = deviceName(targets);
    if (device !== undefined) made.new_value = device;
  }
  const named = wholeChange(type);
  if (named === undefined) return;
  const [attribute, ...propertyNames] = named;
  const property = properties.find((each) => propertyNames.includes(each.name));
  made.attribute = attribute;
  if (property !== undefined) {
    setChange(made, property);
    return;
  }
  made.old_known = false;
  const value = type.startsWith('identity.role.')
    ? made.identity?.target_role
    : type === 'identity.tenant_domain.changed'
      ? (made.zone ?? made.domain)
      : undefined;
  if (value === undefined) return;
  if (activity.startsWith('remove ') || activity.startsWith('delete ')) made.removed = [value];
  else made.new_value = value;
}

function wholeChange(type: string): readonly [attribute: string, ...properties: string[]] | undefined {
  if (type.startsWith('identity.role.')) return ['roles', 'Role.DisplayName'];
  if (type.startsWith('identity.group.member_')) return ['group', 'Group.DisplayName'];
  if (type.startsWith('identity.token.')) return ['credentials', 'KeyDescription'];
  if (type === 'identity.tenant_domain.changed') return ['domains', 'Name'];
  if (type === 'identity.policy.changed') return ['policy', 'ConditionalAccessPolicy'];
  if (type === 'identity.app.consented')
    return ['permissions', 'DelegatedPermissionGrant.Scope', 'ConsentAction.Permissions', 'AppRole.Value'];
  return undefined;
}
