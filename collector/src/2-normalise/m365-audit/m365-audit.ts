/** Microsoft 365 unified audit log records (Office 365 Management Activity API), one record each. */
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { auditDraft, type AuditActor } from '../audit-draft.ts';
import { addressOf, instantOf, loginOf, nameOf, numberOf, textOf, type Fields } from '../audit-field.ts';
import { nativeRecord } from '../json-envelope.ts';
import { parseJsonRecord, parseJsonText, type JsonObject } from '../json-record.ts';
import {
  activityName,
  changedProperties,
  propertyChangeType,
  credentialChangeType,
  microsoftActivityOutcome,
  microsoftActivityType,
  microsoftTime,
  tenantDomain,
  type ModifiedProperty,
} from '../microsoft-activity.ts';
import { signInFacts } from '../microsoft-sign-in.ts';
import {
  describeDirectoryChange,
  describeDirectoryTarget,
  identityOfType,
  m365Properties,
  setM365Change,
  userAgentOf,
} from './directory.ts';
import { m365OperationType } from './event-types.ts';
import { describeForwarding, namedValues } from './forwarding.ts';
import { describeDelegate, describeMailbox, describeRoleGroup, operationChanges } from './mailbox.ts';
import type { CanonicalEvent } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import type { RawRecord } from '../../contract/raw-record.ts';

/** Normaliser of unified audit records; directory updates give one draft per modified property. */
export const m365Audit: Normaliser = { source: 'm365-audit', version: 1, normalise };

/** What the drafts of one record share. */
interface Base {
  readonly record: RawRecord;
  readonly fields: Fields;
  readonly operation: string;
  readonly atMs: number;
  readonly precision: CanonicalEvent['timestamp_precision'];
  readonly key: readonly string[];
  readonly id: string | undefined;
}

function normalise(record: RawRecord, context: NormaliseContext): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const wrapped = parsed.value['AuditData'];
  const inner = typeof wrapped === 'string' ? parseJsonText(wrapped) : succeeded<unknown>(parsed.value);
  if (!inner.ok) return failed(inner.failure.code, inner.failure.message, '/AuditData');
  if (typeof inner.value !== 'object' || inner.value === null || Array.isArray(inner.value))
    return failed('not_an_object', 'AuditData must hold one JSON object', '/AuditData');
  const fields: Fields = nativeRecord(
    inner.value as JsonObject,
    (body) => typeof body['Operation'] === 'string',
  );
  const operation = textOf(fields['Operation'], 512);
  if (operation === undefined)
    return failed('missing_field', 'an audit record has an Operation text', '/Operation');
  const time = textOf(fields['CreationTime'] ?? parsed.value['CreationDate'], 64);
  const at = time === undefined ? undefined : instantOf(microsoftTime(time));
  if (at === undefined)
    return failed('bad_timestamp', 'CreationTime must be a time, UTC when it has no zone', '/CreationTime');
  const id = nameOf(fields['Id'], 128);
  const key = id === undefined ? ['sha256', context.sha256(canonicalJson(fields))] : [id];
  const base: Base = { record, fields, operation, atMs: at.ms, precision: at.precision, key, id };
  return succeeded(draftsOf(base));
}

function draftsOf(base: Base): readonly EventDraft[] {
  const { fields } = base;
  const name = activityName(base.operation);
  if (name === 'userloggedin' || name === 'userloginfailed')
    return signInDrafts(base, name === 'userloggedin');
  const mailType = m365OperationType(name);
  if (mailType !== undefined) return operationDrafts(base, name, mailType);
  const type = microsoftActivityType(name);
  if (type !== undefined) return directoryDrafts(base, name, type);
  const other = startDraft(base, 'other.activity', outcomeOf(fields), '');
  describeMailbox(other, fields, namedValues(fields['Parameters']), undefined);
  return [other];
}

function startDraft(base: Base, type: string, outcome: CanonicalEvent['outcome'], atom: string): EventDraft {
  const { fields } = base;
  const extended = namedValues(fields['ExtendedProperties']);
  const draft = auditDraft({
    record: base.record,
    system: 'm365',
    kind: kindOf(fields, type),
    type,
    original: base.operation,
    outcome,
    atMs: base.atMs,
    precision: base.precision,
    key: base.key,
    atom,
    actor: actorOf(fields, type, outcome),
    sourceEventId: base.id,
    source: fields,
  });
  const ip =
    addressOf(fields['ClientIP']) ??
    addressOf(fields['ClientIPAddress']) ??
    addressOf(fields['ActorIpAddress']);
  if (ip !== undefined) draft.source_ip = ip;
  const agent = userAgentOf(fields, extended);
  if (agent !== undefined) draft.user_agent = agent;
  const session =
    nameOf(fields['SessionId'], 128) ?? nameOf(namedValues(fields['DeviceProperties']).get('SessionId'), 128);
  if (session !== undefined) draft.session_id = session;
  const request = nameOf(fields['IntraSystemId'], 128) ?? nameOf(fields['ClientRequestId'], 128);
  if (request !== undefined) draft.request_id = request;
  const transaction = nameOf(fields['InterSystemsId'], 128);
  if (transaction !== undefined) draft.transaction_id = transaction;
  return draft;
}

/** Mailbox and mail-flow records are a mail log; files and sites a cloud audit; the rest identity. */
function kindOf(fields: Fields, type: string): CanonicalEvent['source_kind'] {
  if (type.startsWith('mail.') || fields['Workload'] === 'Exchange') return 'mail_log';
  switch (fields['Workload']) {
    case 'SharePoint':
    case 'OneDrive':
    case 'MicrosoftTeams':
    case 'PowerBI':
      return 'cloud_audit';
    default:
      return 'identity_log';
  }
}

/** ResultStatus has eight spellings; a missing one says nothing. */
function outcomeOf(fields: Fields): CanonicalEvent['outcome'] {
  switch (textOf(fields['ResultStatus'], 32)?.toLowerCase()) {
    case 'true':
    case 'success':
    case 'succeeded':
    case 'partiallysucceeded':
      return 'success';
    case 'false':
    case 'failed':
    case 'failure':
      return 'failure';
    default:
      return 'unknown';
  }
}

/** Accounts of the vendor's own services that act in every tenant, such as self-service password reset. */
const vendorServiceSuffix = '@support.onmicrosoft.com';

/** Words that some exports write for the numbers of UserType. */
const userTypes: ReadonlyMap<string, number> = new Map([
  ['dcadmin', 3],
  ['system', 4],
  ['application', 5],
  ['serviceprincipal', 6],
  ['custompolicy', 7],
  ['systempolicy', 8],
]);

function userTypeOf(value: unknown): number | undefined {
  return numberOf(value) ?? (typeof value === 'string' ? userTypes.get(value.toLowerCase()) : undefined);
}

/** UserType: 0 regular, 2 administrator, 3 data-centre operator, 4 system, 5 application, 6 service principal, 7 and 8 policy. */
function actorOf(fields: Fields, type: string, outcome: CanonicalEvent['outcome']): AuditActor {
  // SharePoint writes guests as `urn:spo:guest#address`.
  const login = loginOf(fields['UserId']);
  const isUrn = login?.charCodeAt(3) === 0x3a;
  const user = (isUrn ? login?.replace(/^urn:spo:guest#/i, '') : login) ?? nameOf(fields['UserKey']);
  const id = user ?? identityOfType(fields['Actor'], 5);
  if (id === undefined) return { realm: 'm365', type: 'unknown', origin: 'unknown' };
  const email = id.includes('@') ? id : undefined;
  const isClaim =
    type === 'identity.session.login_failed' ||
    (type === 'identity.session.mfa_challenged' && outcome !== 'success');
  const base = { realm: 'm365', id, email };
  if (id.endsWith(vendorServiceSuffix)) return { ...base, type: 'service', origin: 'unknown' };
  const name = identityOfType(fields['Actor'], 1);
  switch (userTypeOf(fields['UserType'])) {
    case 3:
      return id.startsWith('NT AUTHORITY\\') || id.startsWith('NT SERVICE\\')
        ? { ...base, type: 'system', origin: 'unknown' }
        : { ...base, type: 'provider_staff', origin: 'provider_support' };
    case 4:
    case 7:
    case 8:
      return { ...base, name, type: 'system', origin: 'unknown' };
    case 5:
    case 6:
      return { ...base, name, type: 'service', origin: 'customer' };
    default:
      return { ...base, type: 'user', origin: isClaim ? 'unknown' : 'customer' };
  }
}

function signInDrafts(base: Base, isSuccess: boolean): readonly EventDraft[] {
  const { fields } = base;
  const code = numberOf(fields['ErrorNumber']);
  // ResultStatus of a failed sign-in may read "Success": the operation and the error number decide.
  const facts = isSuccess
    ? signInFacts(0)
    : code === undefined || code === 0
      ? signInFacts(-1)
      : signInFacts(code);
  const extended = namedValues(fields['ExtendedProperties']);
  const error = nameOf(fields['LogonError'], 256);
  return facts.map((fact) => {
    const draft = startDraft(base, fact.type, fact.outcome, '');
    if (extended.get('UserAuthenticationMethod') === '1') draft.auth_method = 'password';
    describeDirectoryTarget(draft, fields, []);
    if (error !== undefined) draft.identity = { ...draft.identity, risk_reasons: [error] };
    return draft;
  });
}

function directoryDrafts(base: Base, name: string, activityType: string): readonly EventDraft[] {
  const { fields } = base;
  const properties = m365Properties(fields);
  const type = name.endsWith('certificates and secrets management')
    ? credentialChangeType(properties, activityType)
    : activityType;
  const changed = changedProperties(name, type, properties);
  const outcome = microsoftActivityOutcome(name, outcomeOf(fields));
  const all: (ModifiedProperty | undefined)[] = changed.length === 0 ? [undefined] : [...changed];
  const first = startDraft(base, type, outcome, '');
  return all.map((property, at) => {
    const draft: EventDraft = at === all.length - 1 ? first : { ...first };
    if (property !== undefined) {
      draft.event_type = propertyChangeType(type, property);
      draft.atom = property.name;
    }
    describeDirectoryTarget(draft, fields, properties);
    if (property === undefined) describeDirectoryChange(draft, properties);
    else {
      draft.attribute = property.name;
      setM365Change(draft, property);
      if (changed.length > 1) draft.transaction_size = changed.length;
    }
    if (type === 'identity.tenant_domain.changed' || type === 'identity.federation.changed')
      describeDomain(draft, nameOf(fields['ObjectId'], 255), identityOfType(fields['Target'], 1));
    return draft;
  });
}

function describeDomain(draft: EventDraft, ...names: readonly (string | undefined)[]): void {
  const found = names.map(tenantDomain).find((each) => each !== undefined);
  if (found === undefined) return;
  draft.domain = found.domain;
  if (found.name !== found.domain) draft.zone = found.name;
}

function operationDrafts(base: Base, name: string, operationType: string): readonly EventDraft[] {
  const { fields } = base;
  const parameters = namedValues(fields['Parameters'] ?? fields['OperationProperties']);
  const outcome = outcomeOf(fields);
  // A dry run: the answer tells what would have been done.
  const isDryRun = outcome === 'success' && parameters.get('WhatIf')?.toLowerCase() === 'true';
  const changes = operationChanges(name, operationType, parameters, outcome);
  return changes.map((change) => {
    const draft = startDraft(base, change.type, isDryRun ? 'attempt' : outcome, '');
    if (changes.length > 1) draft.transaction_size = changes.length;
    describeMailbox(draft, fields, parameters, name);
    if (/(?:accepteddomain|dkimsigningconfig|remotedomain|verifieddomain|smtpdaneinbound)$/.test(name))
      describeDomain(
        draft,
        nameOf(parameters.get('DomainName') ?? parameters.get('Identity') ?? fields['ObjectId'], 255),
      );
    if (change.forwarding !== undefined) describeForwarding(draft, change.forwarding);
    if (change.delegate !== undefined) describeDelegate(draft, change.delegate, parameters);
    if (change.type.startsWith('identity.role.')) describeRoleGroup(draft, parameters);
    return draft;
  });
}
