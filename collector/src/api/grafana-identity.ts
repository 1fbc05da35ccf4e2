/**
 * Grafana's signed user identity: header X-Grafana-Id holds a JWT (RFC 7519) signed with ES256 by a key that Grafana
 * publishes as a JWK set (RFC 7517) at /api/signing-keys/keys.
 */
import { createRemoteJWKSet, customFetch, jwtVerify, type FetchImplementation } from 'jose';
import type { IdentityVerifier } from './identity.ts';

/** What must hold of a signed identity. `audience` as Grafana writes it, for example `org:1`; absent: any organisation. */
export interface GrafanaTrust {
  readonly jwksUrl: string;
  /** Value of `iss`: Grafana's root URL as configured there. */
  readonly issuer: string;
  readonly audience?: string;
}

/** Reads the key set: gives its text, or rejects. */
export type KeySetReader = (url: string) => Promise<string>;

const tokenCharsMax = 8192;

/** A verifier over the key set; keys are kept for ten minutes and read again when an unknown key id appears. */
export function createGrafanaVerifier(
  trust: GrafanaTrust,
  readKeySet: KeySetReader,
  failed: (message: string) => void,
): IdentityVerifier {
  const fetchKeys: FetchImplementation = async (url) =>
    new Response(await readKeySet(url), { status: 200, headers: { 'content-type': 'application/json' } });
  const keys = createRemoteJWKSet(new URL(trust.jwksUrl), { [customFetch]: fetchKeys, cacheMaxAge: 600_000 });
  return async (jwt) => {
    if (jwt.length > tokenCharsMax) return undefined;
    try {
      const { payload } = await jwtVerify(jwt, keys, {
        issuer: trust.issuer,
        ...(trust.audience === undefined ? {} : { audience: trust.audience }),
        // Signatures only: with HMAC or none, a published key or nothing at all would be enough to forge.
        algorithms: ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'],
        requiredClaims: ['exp', 'sub', 'iss'],
        clockTolerance: 30,
      });
      return typeof payload.sub === 'string' && payload.sub !== '' ? { subject: payload.sub } : undefined;
    } catch (error) {
      failed(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
}
