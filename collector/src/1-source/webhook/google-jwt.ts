/**
 * Google Cloud Pub/Sub push (cloud.google.com/pubsub/docs/authenticate-push-subscriptions): each delivery carries an
 * OpenID Connect token of the subscription's service account, signed by Google, in `authorization`.
 */
import { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet } from 'jose';
import type { Failure } from '../../contract/outcome.ts';
import { askApi } from '../api-answer.ts';
import type { OutgoingClient } from '../outgoing-http.ts';
import { badSignature, type Verdict, type VerifyLater } from './delivery.ts';

/** Settings: who the token must be for, and by whom. */
export interface GoogleJwtSettings {
  /** `audience` of the push subscription; usually its address. */
  readonly audience: string;
  /** Service account of the subscription. */
  readonly email: string;
  /** Absent: Google's. */
  readonly jwksUrl?: string | undefined;
}

type Keys = ReturnType<typeof createLocalJWKSet>;

const googleKeysUrl = 'https://www.googleapis.com/oauth2/v3/certs';
const issuers = ['https://accounts.google.com', 'accounts.google.com'];
const keptMs = 3_600_000;
/** A token that names an unknown key makes the keys be asked for again, but not more often than this. */
const askAgainMs = 60_000;

/** Builds the verifier. Without keys a delivery is `unjudged`, never accepted. */
export function createGoogleJwtVerify(settings: GoogleJwtSettings, client: OutgoingClient): VerifyLater {
  let kept: { keys: Keys; atMs: number } | undefined;
  let asking: Promise<Failure | undefined> | undefined;
  const ask = async (nowMs: number): Promise<Failure | undefined> => {
    const url = settings.jwksUrl ?? googleKeysUrl;
    const answer = await askApi(client, { url, answerBytesMax: 262_144, timeoutMs: 10_000 }, nowMs, never);
    if (!answer.ok) return answer.failure;
    try {
      kept = { keys: createLocalJWKSet(JSON.parse(answer.text) as JSONWebKeySet), atMs: nowMs };
      return undefined;
    } catch {
      return { code: 'not_json', path: '', message: 'the key set of the token issuer is not readable' };
    }
  };
  const refresh = (nowMs: number): Promise<Failure | undefined> => {
    asking ??= ask(nowMs).finally(() => (asking = undefined));
    return asking;
  };
  return async ({ headers, receivedAtMs }) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers['authorization'] ?? '')?.[1];
    if (token === undefined) return badSignature('header authorization holds no bearer token');
    for (let attempt = 0; attempt < 2; attempt++) {
      const isOld = kept === undefined || receivedAtMs - kept.atMs > keptMs;
      const failure = isOld ? await refresh(receivedAtMs) : undefined;
      if (kept === undefined) return { kind: 'unjudged', failure: failure ?? noKeys };
      const verdict = await judged(token, kept.keys, settings, receivedAtMs);
      if (verdict !== 'unknown key') return verdict;
      if (receivedAtMs - kept.atMs < askAgainMs) break;
      const refused = await refresh(receivedAtMs);
      if (refused !== undefined) return { kind: 'unjudged', failure: refused };
    }
    return badSignature('the token is signed with a key the issuer does not have');
  };
}

const never = new AbortController().signal;
const noKeys: Failure = { code: 'endpoint_unreachable', path: '', message: 'the issuer gave no keys' };

async function judged(
  token: string,
  keys: Keys,
  { audience, email }: GoogleJwtSettings,
  nowMs: number,
): Promise<Verdict | 'unknown key'> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      audience,
      issuer: issuers,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat', 'email'],
      clockTolerance: 60,
      currentDate: new Date(nowMs),
    });
    if (payload['email'] !== email || payload['email_verified'] !== true)
      return badSignature('the token belongs to another service account');
    return { kind: 'verified' };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return 'unknown key';
    const code = error instanceof errors.JOSEError ? error.code : 'unreadable';
    return badSignature(`the token does not hold (${code})`);
  }
}
