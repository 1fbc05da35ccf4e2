/** Sources that read by overlapping windows, each made to ask a fake of its vendor's API. */
import { generateKeyPairSync } from 'node:crypto';
import type { SourceRun, Surroundings } from '../../../collector/src/contract/component.ts';
import { createEntraSource } from '../../../collector/src/1-source/entra/entra-source.ts';
import { createGithubAuditSource } from '../../../collector/src/1-source/github-audit/github-audit-source.ts';
import { createGoogleWorkspaceSource } from '../../../collector/src/1-source/google-workspace/google-workspace-source.ts';
import { createM365AuditSource } from '../../../collector/src/1-source/m365-audit/m365-audit-source.ts';
import { createSecret, type Secret } from '../../../collector/src/leaf/secret.ts';
import { identityOf, type Fake, type FakeAnswer, type FakeCall } from './api-fake.ts';

/** Makes a source that asks a fake. */
export type Build = (fake: Fake) => (around: Surroundings) => SourceRun;

/** What the sources are let in with: Microsoft's client secret, GitHub's token, the key of Google's service account. */
export interface WindowCredentials {
  readonly clientSecret: Secret;
  readonly token: Secret;
  readonly privateKey: Secret;
}

/** A new key of a service account, as PEM. */
export function serviceAccountKey(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** The four sources with these credentials. */
export function windowBuilds({
  clientSecret,
  token,
  privateKey,
}: WindowCredentials): Readonly<Record<'entra' | 'github' | 'google' | 'm365', Build>> {
  const microsoft = { directoryId: 'dir', clientId: 'app', clientSecret };
  return {
    entra: (fake) => (around) =>
      createEntraSource(
        {
          identity: identityOf('entra'),
          log: 'directoryAudits',
          ...microsoft,
          graphUrl: fake.url,
          loginUrl: fake.url,
        },
        fake.client,
        around,
      ),
    github: (fake) => (around) =>
      createGithubAuditSource(
        { identity: identityOf('github-audit'), owner: 'acme', token, apiUrl: fake.url },
        fake.client,
        around,
      ),
    google: (fake) => (around) =>
      createGoogleWorkspaceSource(
        {
          identity: identityOf('google-workspace'),
          application: 'login',
          serviceAccount: 'sa@x.example',
          privateKey,
          subject: 'admin@acme.example',
          apiUrl: fake.url,
          tokenUrl: `${fake.url}/token`,
        },
        fake.client,
        around,
      ),
    m365: (fake) => (around) =>
      createM365AuditSource(
        {
          identity: identityOf('m365-audit'),
          contentType: 'Audit.Exchange',
          ...microsoft,
          apiUrl: fake.url,
          loginUrl: fake.url,
        },
        fake.client,
        around,
      ),
  };
}

/** The client's secret, which nothing may tell. */
export const secret = 'SECRET-of-the-client';
/** What the fakes' token endpoints give out. */
export const bearer = 'SECRET-access-token';

export const { entra, github, google, m365 } = windowBuilds({
  clientSecret: createSecret(secret),
  token: createSecret(bearer),
  privateKey: createSecret(serviceAccountKey()),
});

/** Answers the token endpoints; everything else goes on, when it carries the token. */
export function withTokens(next: (call: FakeCall) => FakeAnswer): (call: FakeCall) => FakeAnswer {
  return (call) => {
    if (call.url.pathname.endsWith('/token')) return { body: { access_token: bearer, expires_in: 3600 } };
    return call.headers.authorization === `Bearer ${bearer}` ? next(call) : { status: 401 };
  };
}
