/** Simple Email Service: who may send as a domain, how its mail is signed, and what becomes of mail that comes in. */
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { definedFields, flagField, objectField, objectsField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import type { MappedFields } from './mapped-fields.ts';

type Row = readonly [type: 'settings.changed' | 'rule.changed', attribute: string];

/** Calls of both versions of the API; each names the setting it is about. */
const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['VerifyDomainIdentity', ['settings.changed', 'sending_identity']],
  ['VerifyEmailIdentity', ['settings.changed', 'sending_identity']],
  ['CreateEmailIdentity', ['settings.changed', 'sending_identity']],
  ['DeleteIdentity', ['settings.changed', 'sending_identity']],
  ['DeleteEmailIdentity', ['settings.changed', 'sending_identity']],
  ['VerifyDomainDkim', ['settings.changed', 'dkim']],
  ['SetIdentityDkimEnabled', ['settings.changed', 'dkim']],
  ['PutEmailIdentityDkimAttributes', ['settings.changed', 'dkim']],
  ['PutEmailIdentityDkimSigningAttributes', ['settings.changed', 'dkim']],
  ['SetIdentityMailFromDomain', ['settings.changed', 'mail_from']],
  ['PutEmailIdentityMailFromAttributes', ['settings.changed', 'mail_from']],
  ['PutIdentityPolicy', ['settings.changed', 'sending_authorization']],
  ['DeleteIdentityPolicy', ['settings.changed', 'sending_authorization']],
  ['CreateEmailIdentityPolicy', ['settings.changed', 'sending_authorization']],
  ['UpdateEmailIdentityPolicy', ['settings.changed', 'sending_authorization']],
  ['DeleteEmailIdentityPolicy', ['settings.changed', 'sending_authorization']],
  ['CreateReceiptRule', ['rule.changed', 'receipt_rule']],
  ['UpdateReceiptRule', ['rule.changed', 'receipt_rule']],
  ['DeleteReceiptRule', ['rule.changed', 'receipt_rule']],
  ['SetActiveReceiptRuleSet', ['rule.changed', 'receipt_rule_set']],
]);

/** Mail settings and rules; undefined for all other calls. */
export function simpleEmailMapping(call: JsonObject, name: string): MappedFields | undefined {
  const row = rows.get(name);
  if (row === undefined) return undefined;
  const [type, attribute] = row;
  const parameters = objectField(call, 'requestParameters');
  const rule = objectField(parameters, 'rule');
  const identity =
    textField(parameters, 'domain') ??
    textField(parameters, 'identity') ??
    textField(parameters, 'emailIdentity') ??
    textField(parameters, 'emailAddress') ??
    (Array.isArray(rule['recipients']) && typeof rule['recipients'][0] === 'string'
      ? rule['recipients'][0]
      : undefined);
  const host = canonicalName(identity?.slice(identity.lastIndexOf('@') + 1) ?? '');
  const domain = host?.includes('.') === true ? (registrableDomain(host) ?? host) : undefined;
  return {
    event_type: `mail.${type}`,
    source_kind: 'mail_log',
    atom: [attribute, identity, textField(parameters, 'policyName') ?? textField(rule, 'name')]
      .filter(Boolean)
      .join(' '),
    domain,
    zone: host === domain ? undefined : host,
    attribute,
    ...valueOf(name, parameters, identity),
    mail: definedFields({
      mailbox: identity?.includes('@') === true ? identity.toLowerCase() : undefined,
      rule_name: textField(rule, 'name') ?? textField(parameters, 'ruleName'),
    }),
    source: definedFields({
      policy_name: textField(parameters, 'policyName'),
      rule_set: textField(parameters, 'ruleSetName'),
      rule_actions: objectsField(rule, 'actions').length > 0 ? objectsField(rule, 'actions') : undefined,
    }),
  };
}

/** What a call sets; the state before is in none of them. */
function valueOf(name: string, parameters: JsonObject, identity: string | undefined): Partial<MappedFields> {
  if (
    name.startsWith('Delete') &&
    identity !== undefined &&
    !name.endsWith('Policy') &&
    !name.endsWith('Rule')
  )
    return { removed: [identity], old_known: false };
  const flag = flagField(parameters, 'dkimEnabled') ?? flagField(parameters, 'signingEnabled');
  if (flag !== undefined) return { new_value: flag ? 'enabled' : 'disabled', old_known: false };
  const from = textField(parameters, 'mailFromDomain');
  if (from !== undefined) return { new_value: canonicalName(from) ?? from, old_known: false };
  const set = name === 'SetActiveReceiptRuleSet' ? textField(parameters, 'ruleSetName') : undefined;
  if (set !== undefined) return { new_value: set, old_known: false };
  const isNew =
    name === 'VerifyDomainIdentity' || name === 'VerifyEmailIdentity' || name === 'CreateEmailIdentity';
  return isNew && identity !== undefined ? { new_value: identity, old_known: false } : { old_known: false };
}
