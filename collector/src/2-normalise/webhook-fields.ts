/** Fields of a generic webhook's event in the forms that senders write them: times, outcomes, values, groups. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { instantOf } from './audit-field.ts';
import { idField, listField, numberField, objectField, textField } from './json-field.ts';
import type { JsonObject } from './json-record.ts';

const lastSecond = 253_402_300_800;

/**
 * RFC 3339 text, or an epoch as number or digits. Its length tells the unit: up to eleven digits are seconds, and three more
 * each are milli-, micro- and nanoseconds (as OTLP writes them, in text).
 */
export function webhookTime(value: unknown): { ms: number; precision: 'ms' | 's' | 'm' | 'd' } | undefined {
  if (typeof value === 'string' && !/^\d{1,19}(?:\.\d{1,9})?$/.test(value)) return instantOf(value);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const number = Number(text);
  if (!(number >= 0)) return undefined;
  const digits = text.split('.', 1)[0] ?? '';
  // Digits beyond milliseconds are cut off as text: numbers beyond 2^53 have lost their last ones.
  if (/^\d{15,19}$/.test(digits))
    return { ms: Number(digits.slice(0, digits.length > 17 ? -6 : -3)), precision: 'ms' };
  if (number >= 1e11)
    return number < lastSecond * 1000 ? { ms: Math.floor(number), precision: 'ms' } : undefined;
  return { ms: Math.floor(number * 1000), precision: Number.isInteger(number) ? 's' : 'ms' };
}

const outcomeWords: ReadonlyMap<string, CanonicalEvent['outcome']> = new Map([
  ['success', 'success'],
  ['succeeded', 'success'],
  ['ok', 'success'],
  ['true', 'success'],
  ['allow', 'success'],
  ['allowed', 'success'],
  ['failure', 'failure'],
  ['failed', 'failure'],
  ['fail', 'failure'],
  ['error', 'failure'],
  ['false', 'failure'],
  ['deny', 'failure'],
  ['denied', 'failure'],
  ['rejected', 'failure'],
  ['attempt', 'attempt'],
  ['pending', 'attempt'],
  ['started', 'attempt'],
  ['requested', 'attempt'],
]);

/** A word nobody knows is never a success: what may have failed must not count as done. Absent: success. */
export function webhookOutcome(value: unknown): CanonicalEvent['outcome'] {
  if (value === undefined || value === null || value === '') return 'success';
  const word =
    typeof value === 'boolean' ? String(value) : typeof value === 'string' ? value.trim().toLowerCase() : '';
  return outcomeWords.get(word) ?? 'unknown';
}

/** Attributes of a domain whose values are record data. */
const typeOfAttribute: ReadonlyMap<string, string> = new Map([
  ['nameservers', 'NS'],
  ['ds', 'DS'],
]);

/** A value in canonical form: record data as a sorted set, also where a sender gives a single text. */
export function webhookValue(
  value: unknown,
  recordType: string | undefined,
  attribute: string | undefined,
): EventValue | undefined {
  const type = recordType ?? typeOfAttribute.get(attribute ?? '');
  if (Array.isArray(value)) {
    const texts = value.filter((each): each is string => typeof each === 'string');
    return type === undefined ? [...new Set(texts)].sort() : canonicalRecordSet(type, texts);
  }
  if (typeof value === 'string') return type === undefined ? value : canonicalRecordSet(type, [value]);
  if (value === null || typeof value === 'boolean') return value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

const identityTexts = [
  'target_user',
  'target_role',
  'target_group',
  'factor',
  'risk_level',
  'app',
  'policy',
] as const;
const mailTexts = [
  'mailbox',
  'forward_to_domain',
  'rule_name',
  'message_id',
  'report_org',
  'report_id',
] as const;

/** Members that a sender may give inside `identity` and `mail`, or under names such as `identity.target_user`. */
export const webhookGroupFields: readonly string[] = [
  ...[...identityTexts, 'risk_reasons'].map((name) => `identity.${name}`),
  ...[...mailTexts, 'forward_to', 'pass', 'fail'].map((name) => `mail.${name}`),
];

/** What the event says about a person or an account; undefined when it says nothing. */
export function webhookIdentity(event: JsonObject): CanonicalEvent['identity'] {
  const identity: NonNullable<CanonicalEvent['identity']> = {};
  for (const name of identityTexts) {
    const value = member(event, 'identity', name);
    if (value !== undefined) identity[name] = name === 'target_user' ? addressForm(value) : value;
  }
  const reasons = textsOf(event, 'identity', 'risk_reasons');
  if (reasons.length > 0) identity.risk_reasons = reasons;
  return Object.keys(identity).length === 0 ? undefined : identity;
}

/** What the event says about mail; undefined when it says nothing. */
export function webhookMail(event: JsonObject): CanonicalEvent['mail'] {
  const mail: NonNullable<CanonicalEvent['mail']> = {};
  for (const name of mailTexts) {
    const value = member(event, 'mail', name);
    if (value !== undefined) mail[name] = name === 'mailbox' ? addressForm(value) : value;
  }
  const to = textsOf(event, 'mail', 'forward_to');
  if (to.length > 0) mail.forward_to = to.map(addressForm);
  for (const name of ['pass', 'fail'] as const) {
    const count = numberField(objectField(event, 'mail'), name) ?? numberField(event, `mail.${name}`);
    if (count !== undefined && Number.isInteger(count)) mail[name] = count;
  }
  return Object.keys(mail).length === 0 ? undefined : mail;
}

/** A mail address in comparison form, lower case; any other text as it is. */
export function addressForm(text: string): string {
  return text.includes('@') ? text.toLowerCase() : text;
}

function member(event: JsonObject, group: string, name: string): string | undefined {
  return idField(objectField(event, group), name) ?? idField(event, `${group}.${name}`);
}

/** Texts of a list, or one text for a list of one. */
function textsOf(event: JsonObject, group: string, name: string): string[] {
  const from = Object.hasOwn(objectField(event, group), name) ? objectField(event, group) : event;
  const field = from === event ? `${group}.${name}` : name;
  const single = textField(from, field);
  const items = single === undefined ? listField(from, field) : [single];
  return [...new Set(items.filter((each): each is string => typeof each === 'string'))].slice(0, 64).sort();
}
