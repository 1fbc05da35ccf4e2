/** Entra sign-ins, interactive or not, of users and of service principals. */
import { locateSource, setIdentity, type AuditActor } from '../audit-draft.ts';
import {
  addressOf,
  fieldsOf,
  fieldsOrNone,
  listOf,
  loginOf,
  nameOf,
  numberOf,
  textOf,
  type Fields,
} from '../audit-field.ts';
import { countryCode } from '../country-code.ts';
import { flagField } from '../json-field.ts';
import { microsoftFactorKind } from '../microsoft-sign-in.ts';
import type { EntraItem } from './envelope.ts';
import type { EventDraft } from '../../contract/normaliser.ts';

/** Error code of a sign-in: `status.errorCode`, else the envelope's `resultType`; undefined when neither is a number nor says success. */
export function signInCode(found: EntraItem): number | undefined {
  const { resultType } = found.envelope;
  return (
    numberOf(fieldsOrNone(found.item['status'])['errorCode']) ??
    numberOf(resultType) ??
    (typeof resultType === 'string' && /^succe(?:ss|eded)$/i.test(resultType.trim()) ? 0 : undefined)
  );
}

/** Who signed in. Until the sign-in succeeds the user is only a claim, hence origin unknown. */
export function signInActor(item: Fields, isProven: boolean): AuditActor {
  const principal = nameOf(item['servicePrincipalId']) ?? nameOf(item['servicePrincipalName']);
  const user = loginOf(item['userPrincipalName']) ?? nameOf(item['userId']);
  if (user === undefined)
    return {
      realm: 'entra',
      id: principal,
      type: principal === undefined ? 'unknown' : 'service',
      origin: isProven && principal !== undefined ? 'customer' : 'unknown',
      name: nameOf(item['servicePrincipalName']),
    };
  const crossing = item['crossTenantAccessType'];
  // The vendor's own people, and the partner that administers the tenant, come in from theirs.
  const isSupport = crossing === 'microsoftSupport';
  const origin = isSupport ? 'provider_support' : crossing === 'serviceProvider' ? 'third_party' : 'customer';
  return {
    realm: 'entra',
    id: user,
    type: isSupport ? 'provider_staff' : 'user',
    origin: isProven ? origin : 'unknown',
    name: nameOf(item['userDisplayName']),
    email: user.includes('@') ? user : undefined,
  };
}

/** Fills address, place, session, strength and risk of a sign-in draft. */
export function describeSignIn(draft: EventDraft, found: EntraItem): void {
  const { item, envelope } = found;
  const ip = addressOf(item['ipAddress']) ?? addressOf(envelope['callerIpAddress']);
  if (ip !== undefined) draft.source_ip = ip;
  const agent = nameOf(item['userAgent']);
  if (agent !== undefined) draft.user_agent = agent;
  const session = nameOf(item['sessionId'], 256);
  if (session !== undefined) draft.session_id = session;
  const request = nameOf(item['originalRequestId'], 256);
  if (request !== undefined) draft.request_id = request;
  describePlace(draft, item);
  const strength = signInStrength(item);
  if (strength.method !== undefined) draft.auth_method = strength.method;
  if (strength.mfa !== undefined) draft.mfa = strength.mfa;
  const level = nameOf(item['riskLevelDuringSignIn'], 32) ?? nameOf(item['riskLevelAggregated'], 32);
  const reasons =
    listOf(item['riskEventTypes_v2']).length > 0 ? item['riskEventTypes_v2'] : item['riskEventTypes'];
  setIdentity(draft, {
    target_user: loginOf(item['userPrincipalName']) ?? nameOf(item['servicePrincipalName']),
    app: nameOf(item['appDisplayName']) ?? nameOf(item['resourceDisplayName']),
    factor: strength.factor,
    risk_level: level === 'none' || level === 'hidden' ? undefined : level,
    risk_reasons: listOf(reasons)
      .slice(0, 16)
      .flatMap((reason) => textOf(reason, 256) ?? []),
  });
}

/** Country, city, coordinates and AS number of `location` and `autonomousSystemNumber`. */
export function describePlace(draft: EventDraft, item: Fields): void {
  const place = fieldsOrNone(item['location']);
  const at = fieldsOrNone(place['geoCoordinates']);
  const latitude = numberOf(at['latitude']);
  const longitude = numberOf(at['longitude']);
  const isPlaced = latitude !== 0 || longitude !== 0;
  locateSource(draft, 'entra', {
    country: countryCode(nameOf(place['countryOrRegion'], 64)),
    city: nameOf(place['city'], 128),
    asn: numberOf(item['autonomousSystemNumber']),
    latitude: isPlaced ? latitude : undefined,
    longitude: isPlaced ? longitude : undefined,
  });
}

interface Strength {
  method?: NonNullable<EventDraft['auth_method']> | undefined;
  mfa?: NonNullable<EventDraft['mfa']> | undefined;
  factor?: string | undefined;
}

/**
 * First and second factor. `mfa: none` only when a password satisfied a single-factor requirement and no claim of an
 * earlier second factor is in the record; `unknown` when a second factor was given but not named.
 */
function signInStrength(item: Fields): Strength {
  const steps = listOf(item['authenticationDetails']);
  const found: Strength = {};
  for (const each of steps) {
    const step = fieldsOf(each);
    const method = nameOf(step?.['authenticationMethod'], 128);
    if (step === undefined || method === undefined || flagField(step, 'succeeded') === false) continue;
    applyStep(found, method);
  }
  const named = nameOf(fieldsOrNone(item['mfaDetail'])['authMethod'], 128);
  if (named !== undefined) {
    found.mfa = microsoftFactorKind(named) ?? 'unknown';
    found.factor = named;
  }
  const status = textOf(fieldsOrNone(item['status'])['additionalDetails'], 256) ?? '';
  if (found.mfa === undefined) {
    if (status.includes('MFA')) found.mfa = 'unknown';
    else if (
      found.method === 'password' &&
      item['authenticationRequirement'] === 'singleFactorAuthentication'
    )
      found.mfa = 'none';
  }
  found.method ??= methodOf(item);
  return found;
}

function applyStep(found: Strength, method: string): void {
  const kind = microsoftFactorKind(method);
  if (kind === 'webauthn') {
    found.method ??= 'passkey';
    found.mfa = kind;
    found.factor = method;
  } else if (kind !== undefined) {
    found.mfa = kind;
    found.factor = method;
  } else if (method === 'Password') found.method ??= 'password';
  else if (method === 'Previously satisfied' || method.includes('ederat')) found.method ??= 'sso';
}

/** Without named steps: a client credential is a token, an incoming refresh token is single sign-on. */
function methodOf(item: Fields): Strength['method'] {
  const credential = nameOf(item['clientCredentialType'], 64);
  if (nameOf(item['servicePrincipalId']) !== undefined && credential !== undefined && credential !== 'none')
    return 'token';
  const incoming = nameOf(item['incomingTokenType'], 64);
  return incoming === undefined || incoming === 'none' ? undefined : 'sso';
}
