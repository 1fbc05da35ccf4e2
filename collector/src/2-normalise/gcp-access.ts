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
  ['DeleteSink', 'identity.log.tampered'],
  ['UpdateSink', 'identity.log.tampered'],
  ['CreateExclusion', 'identity.log.tampered'],
]);

/** Drafts of a call about access, whatever service it was made to; undefined for every other call. */
export function accessDrafts(call: JsonObject, base: EventDraft): EventDraft[] | undefined {
  const draft: EventDraft = {
    ...base,
    source_kind: 'cloud_audit',
    dns_provider: undefined,
    source: definedFields({ resource_name: textField(call, 'resourceName') }),
  };
  const delta = deltaOf(call);
  if (delta.length > 0) return delta.flatMap((each) => bindingDrafts(each, draft));
  const method = textField(call, 'methodName') ?? '';
  const type = calls.get(method.slice(method.lastIndexOf('.') + 1));
  if (type === undefined) return undefined;
  const isLog = type === 'identity.log.tampered';
  const target = isLog ? undefined : accountOf(call);
  return [
    {
      ...draft,
      event_type: type,
      atom: textField(call, 'resourceName') ?? '',
      attribute: isLog ? 'log_sink' : undefined,
      identity: target === undefined ? undefined : { target_user: target },
    },
  ];
}

function deltaOf(call: JsonObject): JsonObject[] {
  for (const member of ['serviceData', 'metadata']) {
    const deltas = objectsField(objectField(objectField(call, member), 'policyDelta'), 'bindingDeltas');
    if (deltas.length > 0) return deltas;
  }
  return [];
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
