/** What Okta says about the strength and the risk of a sign-in, in its own loose text forms. */
import { fieldsOf, fieldsOrNone, nameOf, textOf, type Fields } from '../audit-field.ts';
import type { CanonicalEvent } from '../../contract/event.ts';

type Mfa = NonNullable<CanonicalEvent['mfa']>;
type AuthMethod = NonNullable<CanonicalEvent['auth_method']>;

/** Kind of second factor an authenticator or factor name stands for; undefined when the name says nothing. */
export function oktaFactorKind(text: string): Mfa | undefined {
  const name = text.toLowerCase();
  if (
    name.includes('fastpass') ||
    name.includes('signed_nonce') ||
    name.includes('webauthn') ||
    name.includes('fido') ||
    name.includes('u2f') ||
    name.includes('security key') ||
    name.includes('passkey')
  )
    return 'webauthn';
  if (name.includes('push')) return 'push';
  if (name.includes('sms') || name.includes('phone') || name.includes('call')) return 'sms';
  if (
    name.includes('totp') ||
    name.includes('otp') ||
    name.includes('google') ||
    name.includes('enter a code')
  )
    return 'totp';
  return undefined;
}

/** Authentication method, factor kind and factor name, as far as the record says; absent means unknown. */
export interface SignInStrength {
  readonly method?: AuthMethod;
  readonly mfa?: Mfa;
  readonly factor?: string;
}

/**
 * Reads them from the event name, `authenticationContext` and the `AuthenticatorEnrollment` targets. A password alone
 * is never read as "no second factor": the other factor may stand in another record of the same session.
 */
export function oktaSignInStrength(
  eventName: string,
  context: Fields,
  targets: readonly unknown[],
  isTokenCall: boolean,
): SignInStrength {
  let method: AuthMethod | undefined = isTokenCall ? 'token' : undefined;
  let mfa: Mfa | undefined;
  let factor: string | undefined;
  for (const each of targets) {
    const target = fieldsOf(each);
    if (target === undefined || target['type'] !== 'AuthenticatorEnrollment') continue;
    const used =
      nameOf(fieldsOrNone(target['detailEntry'])['methodTypeUsed']) ?? nameOf(target['displayName']);
    if (used === undefined) continue;
    if (used === 'Password') {
      method ??= 'password';
      factor ??= used;
      continue;
    }
    factor = used;
    mfa = oktaFactorKind(used) ?? 'unknown';
    if (mfa === 'webauthn') method ??= 'passkey';
  }
  if (
    eventName === 'user.authentication.sso' ||
    context['authenticationProvider'] === 'FEDERATION' ||
    context['credentialType'] === 'ASSERTION'
  )
    method ??= 'sso';
  else if (context['credentialType'] === 'PASSWORD') method ??= 'password';
  return {
    ...(method === undefined ? {} : { method }),
    ...(mfa === undefined ? {} : { mfa }),
    ...(factor === undefined ? {} : { factor }),
  };
}

/** Factor named in `debugData.factor` or in a reason such as `User suspended SIGNED_NONCE factor`. */
export function oktaFactorName(debug: Fields, reason: string | undefined): string | undefined {
  const named = nameOf(debug['factor']);
  if (named !== undefined) return named;
  const words = reason?.split(' ', 32) ?? [];
  const at = words.indexOf('factor');
  const word = at > 0 ? words[at - 1] : undefined;
  return word !== undefined && word === word.toUpperCase() && word.length > 2 ? word : undefined;
}

const reasonsMax = 16;
const scannedCharactersMax = 4096;

/** Risk level (lower case) and reasons: positive behaviours, threat detections, the risk engine's own reasons. */
export function oktaRisk(debug: Fields): { level?: string; reasons: string[] } {
  const reasons: string[] = [];
  const risk = looseText(debug['risk']);
  const logOnly = looseText(debug['logOnlySecurityData']);
  const level = levelIn(risk) ?? levelIn(logOnly);
  const own = risk === undefined ? -1 : risk.indexOf('reasons=');
  if (risk !== undefined && own >= 0) {
    const end = risk.indexOf(', level=', own);
    const list = risk.slice(own + 8, end < 0 ? risk.length : end).replaceAll('}', '');
    for (const reason of list.split(',')) add(reasons, reason);
  }
  addPositives(reasons, looseText(debug['behaviors']));
  addPositives(reasons, logOnly);
  addThreats(reasons, looseText(debug['threatDetections']));
  return level === undefined ? { reasons } : { level, reasons };
}

/** Debug data are texts by the documentation; some exports have unfolded them into objects and lists. */
function looseText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return textOf(value, scannedCharactersMax);
  return JSON.stringify(value).slice(0, scannedCharactersMax);
}

/** `{level=LOW}`, `"level":"LOW"` and `'level': 'LOW'` alike. */
function levelIn(text: string | undefined): string | undefined {
  const at = text === undefined ? -1 : text.indexOf('level');
  if (text === undefined || at < 0) return undefined;
  let from = at + 5;
  while (from < text.length && !isWordCharacter(text.charCodeAt(from))) from += 1;
  let to = from;
  while (to < text.length && isWordCharacter(text.charCodeAt(to))) to += 1;
  return to === from ? undefined : text.slice(from, to).toLowerCase();
}

/** Names before each `POSITIVE`, whichever of the three notations holds them. */
function addPositives(reasons: string[], text: string | undefined): void {
  if (text === undefined) return;
  for (let at = text.indexOf('POSITIVE'); at >= 0; at = text.indexOf('POSITIVE', at + 8)) {
    let end = at;
    while (end > 0 && ` :='"`.includes(text.charAt(end - 1))) end -= 1;
    let start = end;
    while (start > 0 && !`,{['"`.includes(text.charAt(start - 1))) start -= 1;
    add(reasons, text.slice(start, end));
  }
}

/** Keys of `{"Password Spray":"HIGH",…}`. */
function addThreats(reasons: string[], text: string | undefined): void {
  if (text === undefined) return;
  let detections: unknown;
  try {
    detections = JSON.parse(text);
  } catch {
    add(reasons, text);
    return;
  }
  for (const name of Object.keys(fieldsOrNone(detections))) add(reasons, name);
}

function add(reasons: string[], text: string): void {
  const reason = text.trim();
  if (reason !== '' && reason.length <= 256 && reasons.length < reasonsMax && !reasons.includes(reason))
    reasons.push(reason);
}

function isWordCharacter(code: number): boolean {
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
