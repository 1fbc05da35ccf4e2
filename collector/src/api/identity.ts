/**
 * Who sends a request: an API token, a person whom Grafana vouches for with a signed token beside the plugin's own, or
 * whoever sits at the machine. Headers that anybody can write (X-Grafana-User, X-Grafana-Role and the like) count for
 * nothing.
 */
import { hash } from 'node:crypto';
import type { Role } from '../contract/api.ts';
import type { HttpRequest } from '../contract/http.ts';
import { everyTenant, mayIn, narrowedTo, type Grant, type Identity } from './access.ts';

/** An API token. `user` names the person it speaks for; absent: a program, `service:<id>`. */
export interface ApiToken {
  readonly id: string;
  /** Lower-case hex SHA-256 of the token. */
  readonly sha256: string;
  readonly user?: string;
  readonly grants: readonly Grant[];
}

/** A user of Grafana as configured. `subject` is the signed claim `sub`, for example `user:7`. */
export interface GrafanaUser {
  readonly subject: string;
  /** Id here, `<realm>:<id>`; absent: `grafana:<subject>`. */
  readonly id?: string;
  readonly grants: readonly Grant[];
}

/** Checks a signed identity; undefined when it is not genuine, not for us or no longer valid. */
export type IdentityVerifier = (jwt: string) => Promise<{ readonly subject: string } | undefined>;

/** Everything that says who may come in. */
export interface IdentitySettings {
  readonly tokens: readonly ApiToken[];
  readonly grafana?: { readonly verify: IdentityVerifier; readonly users: readonly GrafanaUser[] };
  /** Roles of a request without any credential that comes from this machine itself; absent: it is nobody. */
  readonly local?: { readonly id: string; readonly roles: readonly Role[] };
  /** Roles of a request without any credential from anywhere; absent: it is nobody. */
  readonly anonymous?: readonly Role[];
}

const forwardingHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
const tokenCharsMax = 512;

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

/** Decides who a request is from. A wrong credential is nobody, never somebody without credential. */
export function createAuthenticator(
  settings: IdentitySettings,
): (request: HttpRequest) => Promise<Identity | undefined> {
  const byDigest = new Map(settings.tokens.map((token) => [token.sha256, token]));
  const bySubject = new Map(settings.grafana?.users.map((user) => [user.subject, user]));
  return async (request) => {
    const { authorization } = request.headers;
    const signed = request.headers['x-grafana-id'];
    if (authorization === undefined) return withoutCredential(settings, request);
    const token = bearer(authorization);
    const known = token === undefined ? undefined : byDigest.get(hash('sha256', token, 'hex'));
    if (known === undefined) return undefined;
    const { grants } = known;
    if (known.user !== undefined) return { id: known.user, person: true, verified: true, grants };
    const program: Identity = { id: `service:${known.id}`, person: false, verified: true, grants };
    if (signed === undefined || settings.grafana === undefined) return program;
    const claims = await settings.grafana.verify(signed);
    // A forged, foreign or expired identity gets nothing, not even what the token alone would.
    if (claims === undefined) return undefined;
    return grafanaIdentity(claims.subject, bySubject.get(claims.subject), grants);
  };
}

/** Whether the person of this id may sign in with the role in the tenant; `idOf` gives somebody's one id. */
export function mayPersonIn(
  settings: IdentitySettings,
  tenant: string,
  role: Role,
  person: string,
  idOf: (identity: Pick<Identity, 'id' | 'grants'>) => string,
): boolean {
  const { tokens, grafana, local } = settings;
  const held: Pick<Identity, 'id' | 'grants'>[] = [
    ...tokens.flatMap(({ user, grants }) => (user === undefined ? [] : [{ id: user, grants }])),
    ...(grafana?.users ?? []).map(({ id, subject, grants }) => ({ id: id ?? `grafana:${subject}`, grants })),
    ...(local === undefined ? [] : [{ id: local.id, grants: [{ tenant: everyTenant, roles: local.roles }] }]),
  ];
  return held.some((identity) => idOf(identity) === person && mayIn(identity, tenant, role));
}

/** The person's own roles, in no more tenants than the plugin's token has. Service accounts are programs. */
function grafanaIdentity(subject: string, user: GrafanaUser | undefined, bounds: readonly Grant[]): Identity {
  const own = user?.grants ?? [{ tenant: everyTenant, roles: ['viewer'] as const }];
  return {
    id: user?.id ?? `grafana:${subject}`,
    person: subject.startsWith('user:'),
    verified: true,
    grants: narrowedTo(own, bounds),
  };
}

function withoutCredential(settings: IdentitySettings, request: HttpRequest): Identity | undefined {
  const { local, anonymous } = settings;
  const forwarded = forwardingHeaders.some((name) => request.headers[name] !== undefined);
  if (local !== undefined && !forwarded && isLoopback(request.remoteAddress))
    return {
      id: local.id,
      person: true,
      verified: false,
      grants: [{ tenant: everyTenant, roles: local.roles }],
    };
  if (anonymous === undefined) return undefined;
  return {
    id: 'anonymous:anonymous',
    person: false,
    verified: false,
    grants: [{ tenant: everyTenant, roles: anonymous }],
  };
}

function bearer(header: string): string | undefined {
  const match = /^Bearer +([\x21-\x7e]+)$/i.exec(header);
  const token = match?.[1];
  return token === undefined || token.length > tokenCharsMax ? undefined : token;
}
