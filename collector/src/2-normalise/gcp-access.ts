/**
 * Who may do what in Google Cloud: IAM policies, which audit entries tell as differences in `serviceData` (AuditData,
 * `policyDelta`), keys of service accounts, and log sinks, without which the audit log ends.
 */
import type { EventDraft } from '../contract/normaliser.ts';
import { asObject, definedFields, objectField, objectsField, textField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';

const calls: ReadonlyMap<string, string> = new Map([
  ['CreateServiceAccountKey', 'identity.token.created'],
  ['UploadServiceAccountKey', 'identity.token.created'],
  ['EnableServiceAccountKey', 'identity.token.created'],
  ['DeleteServiceAccountKey', 'identity.token.revoked'],
  ['DisableServiceAccountKey', 'identity.token.revoked'],
  ['CreateServiceAccount', 'identity.user.created'],
  ['DeleteServiceAccount', 'identity.user.deleted'],
  ['DisableServiceAccount', 'identity.user.disabled'],
  ['EnableServiceAccount', 'identity.user.updated'],
  ['DeleteSink', 'identity.log.tampered'],
  ['UpdateSink', 'identity.log.tampered'],
  ['CreateExclusion', 'identity.log.tampered'],
  ['UpdateExclusion', 'identity.log.tampered'],
  ['DeleteLog', 'identity.log.tampered'],
  // Of the logging service alone; storage calls its buckets otherwise.
  ['ConfigServiceV2.DeleteBucket', 'identity.log.tampered'],
  ['ApiKeys.CreateKey', 'identity.token.created'],
  ['ApiKeys.UndeleteKey', 'identity.token.created'],
  ['ApiKeys.DeleteKey', 'identity.token.revoked'],
  ['CreateRole', 'identity.policy.changed'],
  ['UpdateRole', 'identity.policy.changed'],
  ['DeleteRole', 'identity.policy.changed'],
  ['UndeleteRole', 'identity.policy.changed'],
]);

/** Pools of identities from outside and the providers that vouch for them, of workloads and of a workforce. */
const federationCall =
  /^(?:Create|Update|Delete|Undelete)Work(?:force|loadIdentity)Pool(?:Provider)?(?:Key)?$/;

/** Drafts of a call about access, whatever service it was made to; undefined for every other call. */
export function accessDrafts(call: JsonObject, base: EventDraft): EventDraft[] | undefined {
  const bindings = deltasOf(call, 'bindingDeltas');
  const configs = deltasOf(call, 'auditConfigDeltas');
  const method = textField(call, 'methodName') ?? '';
  const name = method.slice(method.lastIndexOf('.') + 1);
  const type =
    calls.get(name) ??
    calls.get(method.split('.').slice(-2).join('.')) ??
    (federationCall.test(name) ? 'identity.federation.changed' : undefined);
  if (type === undefined && bindings.length === 0 && configs.length === 0) return undefined;
  const draft: EventDraft = {
    ...base,
    source_kind: 'cloud_audit',
    dns_provider: undefined,
    source: definedFields({ resource_name: textField(call, 'resourceName') }),
  };
  const drafts = [
    ...bindings.flatMap((each) => bindingDrafts(each, draft)),
    ...configs.flatMap((each) => auditConfigDrafts(each, draft)),
  ];
  if (drafts.length > 0) return drafts;
  if (type === undefined) return undefined;
  const isLog = type === 'identity.log.tampered';
  const isPolicy = type === 'identity.policy.changed';
  const target = isLog || isPolicy ? undefined : accountOf(call);
  return [
    {
      ...draft,
      event_type: type,
      atom: textField(call, 'resourceName') ?? '',
      attribute: isLog ? 'log_sink' : isPolicy ? 'role_definition' : undefined,
      ...(isPolicy ? { old_known: false } : {}),
      identity:
        target !== undefined
          ? { target_user: target }
          : isPolicy
            ? { policy: textField(call, 'resourceName') ?? name }
            : undefined,
    },
  ];
}

function deltasOf(call: JsonObject, kind: 'bindingDeltas' | 'auditConfigDeltas'): JsonObject[] {
  for (const member of ['serviceData', 'metadata']) {
    const deltas = objectsField(objectField(objectField(call, member), 'policyDelta'), kind);
    if (deltas.length > 0) return deltas;
  }
  return [];
}

/** Which calls a service writes to its audit log, and for whom it makes an exception. */
function auditConfigDrafts(delta: JsonObject, draft: EventDraft): EventDraft[] {
  const action = textField(delta, 'action');
  if (action !== 'ADD' && action !== 'REMOVE') return [];
  const exempted = textField(delta, 'exemptedMember');
  // An exemption that is added takes calls out of the log, as a log type that is removed does.
  const isLess = (action === 'REMOVE') === (exempted === undefined);
  const item = [textField(delta, 'service'), textField(delta, 'logType'), exempted]
    .filter((each) => each !== undefined)
    .join(' ');
  return [
    {
      ...draft,
      event_type: isLess ? 'identity.log.tampered' : 'identity.policy.changed',
      atom: `audit ${action} ${item}`,
      attribute: 'audit_config',
      ...(action === 'ADD' ? { new_value: item } : { removed: [item] }),
      old_known: false,
    },
  ];
}

function bindingDrafts(binding: JsonObject, draft: EventDraft): EventDraft[] {
  const role = textField(binding, 'role');
  const member = textField(binding, 'member');
  const action = textField(binding, 'action');
  if (role === undefined || member === undefined || (action !== 'ADD' && action !== 'REMOVE')) return [];
  const isGranted = action === 'ADD';
  return [
    {
      ...draft,
      event_type: isGranted ? 'identity.role.granted' : 'identity.role.revoked',
      atom: `${member} ${role}`,
      attribute: 'roles',
      ...(isGranted ? { new_value: role } : { removed: [role] }),
      old_known: false,
      identity: { target_user: member.slice(member.indexOf(':') + 1), target_role: role },
      source: { ...draft.source, member },
    },
  ];
}

/** The service account, by its address where any member of the call names it. */
function accountOf(call: JsonObject): string | undefined {
  const places = [asObject(call['response']), asObject(call['request']), call];
  for (const place of places)
    for (const member of ['name', 'email', 'resourceName']) {
      const found = /([\w.-]+@[\w.-]+\.gserviceaccount\.com)/.exec(textField(place ?? {}, member) ?? '')?.[1];
      if (found !== undefined) return found;
    }
  return undefined;
}
