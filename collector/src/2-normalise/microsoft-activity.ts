/**
 * Directory activities as Entra audit logs and the Microsoft 365 unified audit log both name them, and their values.
 * The unified log ends names in a dot, some end in a blank, some hold an en dash.
 */
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { clipped } from './audit-field.ts';
import { microsoftActivityRows } from './microsoft-activity-names.ts';
import type { EventValue } from '../contract/event.ts';

const typeByActivity = new Map<string, string>();
for (const [type, names] of microsoftActivityRows)
  for (const name of names) typeByActivity.set(activityName(name), type);

/**
 * Steps of a privileged role (PIM): every step names the role change it belongs to, and only `completed`, `expired` and
 * `outside of PIM` are that change.
 */
const roleStep = /^(add|remove|restore) (?:eligible )?member (?:to|from) role\b(.*)$/;

/** Outcome of an activity whose name says more than its result: requests are attempts, refused ones failures. */
export function microsoftActivityOutcome(
  name: string,
  result: 'success' | 'failure' | 'attempt' | 'unknown',
): 'success' | 'failure' | 'attempt' | 'unknown' {
  if (result !== 'success') return result;
  if (name.startsWith('invite ') || attemptActivities.has(name)) return 'attempt';
  if (name === 'blocked from self-service password reset') return 'failure';
  if (!name.includes('member ')) return result;
  const step = roleStep.exec(name)?.[2] ?? '';
  if (/ (?:canceled|denied)\b/.test(step)) return 'failure';
  return / (?:requested|approved)\b/.test(step) ? 'attempt' : result;
}

const attemptActivities: ReadonlySet<string> = new Set([
  'user started password change',
  'admin started password reset',
  'user started password reset',
  'self-service password reset flow activity progress',
  'user started security info registration',
]);

/** Name in comparison form: without final dot and outer blanks, lower case, hyphen variants as the en dash. */
export function activityName(text: string): string {
  let name = text.trim();
  if (name.endsWith('.')) name = name.slice(0, -1).trimEnd();
  name = name.toLowerCase();
  return name.includes(' - ') ? name.replace(' - ', ' – ') : name;
}

/** Canonical type of an activity in comparison form; undefined when this table does not know it. */
export function microsoftActivityType(name: string): string | undefined {
  const known = typeByActivity.get(name);
  if (known !== undefined) return known;
  const verb = roleStep.exec(name)?.[1];
  if (verb === undefined) return undefined;
  return verb === 'remove' ? 'identity.role.revoked' : 'identity.role.granted';
}

/** One entry of `modifiedProperties`. `oldText` null: the feed says there was nothing; undefined: it says nothing. */
export interface ModifiedProperty {
  readonly name: string;
  readonly oldText: string | null | undefined;
  readonly newText: string | null | undefined;
}

/** Properties that describe the call and not the object: they are never a change of their own. */
export function isDescriptor(name: string): boolean {
  return (
    name === 'Included Updated Properties' ||
    name === 'Action Client Name' ||
    name === 'SPN' ||
    name.startsWith('MethodExecutionResult') ||
    name.startsWith('TargetId.') ||
    name.startsWith('ActorId.') ||
    name.startsWith('Actor.')
  );
}

const valueCharactersMax = 4096;

/**
 * Value of a property, which is JSON inside a string (`"[\"Managed\"]"`) or plain text: a list of one is its member, an
 * empty list, empty text and null are null (did not exist), a list of several texts is a sorted set, objects stay JSON.
 */
export function propertyValue(text: string | null | undefined): EventValue {
  if (text === null || text === undefined || text === '') return null;
  const first = text.charCodeAt(0);
  const isJson = first === 0x5b || first === 0x22;
  if (!isJson) return text === 'true' ? true : text === 'false' ? false : text;
  // So consents begin, which are no JSON: being refused by the parser costs more than mapping the record.
  if (text.startsWith('[] => ')) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (!Array.isArray(value)) return typeof value === 'string' ? (value === '' ? null : value) : text;
  if (value.length === 0) return null;
  if (value.length === 1) {
    const only: unknown = value[0];
    if (typeof only === 'string') return only === '' ? null : only;
    return typeof only === 'boolean' || typeof only === 'number' ? only : text;
  }
  if (!value.every((item) => typeof item === 'string')) return text;
  return (value as string[]).map((item) => clipped(item, valueCharactersMax)).sort();
}

/** Members of a list property such as KeyDescription; undefined when it is no list. */
export function propertyItems(text: string | null | undefined): readonly unknown[] | undefined {
  if (text === null || text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? (value as readonly unknown[]) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Type of a "certificates and secrets management" activity by its KeyDescription lists: a longer list is a new
 * credential, a shorter one a removed one, the same length an edit of the application.
 */
export function credentialChangeType(properties: readonly ModifiedProperty[], otherwise: string): string {
  const keys = properties.find((property) => property.name === 'KeyDescription');
  if (keys === undefined) return otherwise;
  const before = propertyItems(keys.oldText)?.length;
  const after = propertyItems(keys.newText)?.length;
  if (before === undefined || after === undefined || before === after) return otherwise;
  return after > before ? 'identity.token.created' : 'identity.token.revoked';
}

const factorProperties: ReadonlySet<string> = new Set([
  'StrongAuthenticationMethod',
  'StrongAuthenticationRequirement',
]);

/** Telephone numbers and addresses that a second factor and a forgotten password are sent to. */
const recoveryProperty = 'StrongAuthenticationUserDetails';

/**
 * Type of one modified property of a user: "Update user" is how second factors, and the demand for one, come and go where
 * no activity of their own is logged. A list told in full on both sides decides; everything else stays as it was.
 */
export function propertyChangeType(type: string, property: ModifiedProperty): string {
  if (type !== 'identity.user.updated') return type;
  if (property.name === recoveryProperty) return 'identity.user.recovery_changed';
  if (!factorProperties.has(property.name)) return type;
  if (property.oldText === undefined) return type;
  const before = propertyItems(property.oldText)?.length;
  const after = propertyItems(property.newText)?.length;
  if (before === undefined || after === undefined || before === after) return type;
  return after > before ? 'identity.user.mfa_enrolled' : 'identity.user.mfa_removed';
}

/** Types whose modified properties are changes of their own, one draft each; others describe one single change. */
const propertyWiseTypes: ReadonlySet<string> = new Set([
  'identity.user.updated',
  'identity.group.updated',
  'identity.policy.changed',
  'identity.federation.changed',
  'identity.tenant_domain.changed',
  'identity.app.assignment_changed',
]);

/**
 * The properties that each make a draft: only for activities that update or set, only real changes. Where a property of the
 * record has an old value, one without it is a change when its new value is a list, as the directory writes what an object
 * holds (`["x"]`); a plain text beside it describes the call.
 */
export function changedProperties(
  activity: string,
  type: string,
  properties: readonly ModifiedProperty[],
): readonly ModifiedProperty[] {
  if (!propertyWiseTypes.has(type)) return [];
  const isCreation = activity.startsWith('add ') || activity.startsWith('create ');
  if (isCreation || activity.startsWith('remove ') || activity.startsWith('delete ')) return [];
  const candidates = properties.filter(
    (property) => !isDescriptor(property.name) && property.oldText !== property.newText,
  );
  const hasOld = candidates.some(isOldTold);
  return candidates
    .filter((property) => !hasOld || isOldTold(property) || property.newText?.trimStart().startsWith('['))
    .slice(0, 64);
}

function isOldTold(property: ModifiedProperty): boolean {
  return property.oldText !== undefined && property.oldText !== null;
}

const sharedTenantSuffix = '.onmicrosoft.com';

/**
 * Name and domain of a text. Below `onmicrosoft.com`, which all the vendor's customers share, the tenant's own label is
 * the domain; everywhere else it is the registrable domain. Undefined: no DNS name of two labels or more.
 */
export function tenantDomain(text: string | undefined): { name: string; domain: string } | undefined {
  const name = text?.includes('.') === true && text.length <= 255 ? canonicalName(text) : undefined;
  if (name === undefined) return undefined;
  const domain = name.endsWith(sharedTenantSuffix)
    ? name.slice(name.lastIndexOf('.', name.length - sharedTenantSuffix.length - 1) + 1)
    : registrableDomain(name);
  return domain === undefined ? undefined : { name, domain };
}

/**
 * Instant of a Microsoft time: RFC 3339 with up to nine digits, without zone (then UTC, as the vendor says), with a
 * one-digit hour (`T5:32:08Z`), or `3/24/2022 2:42:35 PM`. Returns RFC 3339 text for `parseInstant`, or undefined.
 */
export function microsoftTime(text: string): string | undefined {
  if (text.length < 8 || text.length > 40) return undefined;
  if (text.charCodeAt(2) === 0x2f || text.charCodeAt(1) === 0x2f) return slashTime(text);
  let time = text;
  if (time.charCodeAt(10) === 0x54 && time.charCodeAt(12) === 0x3a)
    time = `${time.slice(0, 11)}0${time.slice(11)}`;
  if (time.charCodeAt(time.length - 1) === 0x5a) return time;
  const tail = time.slice(19);
  const hasZone = tail.includes('Z') || tail.includes('z') || tail.includes('+') || tail.includes('-');
  return hasZone ? time : `${time}Z`;
}

function slashTime(text: string): string | undefined {
  const parts = text.split(' ', 4);
  const [month, day, year] = parts[0]?.split('/', 4) ?? [];
  const [hourText, minute, second] = parts[1]?.split(':', 4) ?? [];
  const half = parts[2];
  let hour = Number(hourText);
  if (!Number.isInteger(hour) || hour < 0 || hour > 23) return undefined;
  if (half === 'PM' && hour < 12) hour += 12;
  if (half === 'AM' && hour === 12) hour = 0;
  const two = (part: string | undefined): string => (part ?? '').padStart(2, '0');
  return `${year ?? ''}-${two(month)}-${two(day)}T${two(String(hour))}:${two(minute)}:${two(second)}Z`;
}
