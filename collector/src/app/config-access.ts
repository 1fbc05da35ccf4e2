/** Configuration of who may use the API: tokens by their digest, people that Grafana vouches for, and everybody else. */
import Type from 'typebox';
import { roles } from '../contract/api.ts';
import type { Role } from '../contract/api.ts';
import type { Grant } from '../api/access.ts';
import type { IdentitySettings, IdentityVerifier } from '../api/identity.ts';
import { isPerson } from '../7-case/actions.ts';
import type { ConfigSection } from './config-section.ts';
import { identifier, strict, text, url } from './config-fields.ts';
import type { DocumentPath } from './document-problem.ts';

const person = Type.String({
  pattern: '^[^:\\s]+:\\S+$',
  maxLength: 512,
  description: 'a person as <realm>:<id>, for example okta:jane@acme.example',
});
const tenants = Type.Array(text, { minItems: 1, default: ['*'] });
const roleList = Type.Array(Type.Enum([...roles]), { minItems: 1, default: ['viewer'] });

/** One API token. */
export const TokenSchema = Type.Object(
  {
    id: identifier,
    sha256: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'the SHA-256 of the token, 64 hex digits',
    }),
    user: Type.Optional(person),
    tenants,
    roles: roleList,
  },
  strict,
);

/** One user of Grafana. */
export const GrafanaUserSchema = Type.Object(
  {
    subject: Type.String({
      pattern: '^user:\\S+$',
      description: 'the signed claim "sub", for example user:7',
    }),
    id: Type.Optional(person),
    tenants,
    roles: roleList,
  },
  strict,
);

/** Grafana's signed identities. */
export const GrafanaSchema = Type.Object(
  {
    jwks_url: url('https', 'http'),
    issuer: text,
    audience: Type.Optional(text),
    users: Type.Array(GrafanaUserSchema, { default: [] }),
  },
  strict,
);

/** Who may use the API. */
export const AccessSchema = Type.Object(
  {
    tokens: Type.Array(TokenSchema, { default: [] }),
    anonymous: Type.Optional(Type.Enum(['none', ...roles])),
    grafana: Type.Optional(GrafanaSchema),
  },
  { ...strict, default: {} },
);

/** Who may use the API, as configured. */
export type AccessConfig = Type.Static<typeof AccessSchema>;

type Note = (path: DocumentPath, message: string) => void;

function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

/** Reports what the schema cannot: repeated tokens, programs posing as people, an open door. */
export function noteAccess(access: AccessConfig, listenHost: string, note: Note): void {
  const seen = new Map<string, number>();
  access.tokens.forEach((token, at) => {
    for (const key of [`id ${token.id}`, `sha256 ${token.sha256}`]) {
      const first = seen.get(key);
      const [field = 'id'] = key.split(' ');
      if (first !== undefined)
        note(['api', 'tokens', at, field], `is the same as that of api.tokens[${first}]`);
      seen.set(key, at);
    }
    if (token.user !== undefined && !isPerson(token.user))
      note(['api', 'tokens', at, 'user'], 'must be a person; leave it out for a program');
  });
  access.grafana?.users.forEach((user, at) => {
    if (user.id !== undefined && !isPerson(user.id))
      note(['api', 'grafana', 'users', at, 'id'], 'must be a person');
  });
  const { anonymous } = access;
  if (anonymous !== undefined && !['none', 'viewer'].includes(anonymous) && !isLoopbackHost(listenHost))
    note(
      ['api', 'anonymous'],
      `${anonymous} without any credential is possible only while "listen" is a loopback address`,
    );
}

function grantsOf({ tenants: names, roles: held }: { tenants: string[]; roles: Role[] }): Grant[] {
  return names.map((tenant) => ({ tenant, roles: held }));
}

/**
 * Settings of the authenticator. Without tokens and without a word about `anonymous`, a listener on loopback knows the
 * local console: as admin in the demo, as viewer with a configuration; any other listener knows nobody.
 */
export function identitySettings(
  access: AccessConfig,
  place: { readonly listenHost: string; readonly demo: boolean },
  verify: IdentityVerifier | undefined,
): IdentitySettings {
  const { tokens, grafana, anonymous } = access;
  const loopback = isLoopbackHost(place.listenHost);
  const closed = tokens.length > 0 || grafana !== undefined || !loopback;
  const usual = closed ? 'none' : place.demo ? 'admin' : 'viewer';
  const word = anonymous ?? usual;
  return {
    tokens: tokens.map(({ id, sha256, user, ...held }) => ({
      id,
      sha256,
      ...(user === undefined ? {} : { user }),
      grants: grantsOf(held),
    })),
    ...(grafana === undefined || verify === undefined
      ? {}
      : {
          grafana: {
            verify,
            users: grafana.users.map(({ subject, id, ...held }) => ({
              subject,
              ...(id === undefined ? {} : { id }),
              grants: grantsOf(held),
            })),
          },
        }),
    ...(word === 'none'
      ? {}
      : loopback
        ? { local: { id: 'local:console', roles: [word] } }
        : { anonymous: [word] }),
  };
}

const heldMeaning = {
  tenants: 'Tenants the roles are held in; `*`: all.',
  roles: 'Roles held there.',
};

/** Sections of the configuration page. */
export const accessSections: readonly ConfigSection[] = [
  {
    title: 'Access to the API',
    place: 'api',
    schema: AccessSchema,
    keys: {
      tokens: 'API tokens.',
      anonymous:
        'Role of requests without credential. Left out: on a loopback address without tokens `admin` in the demo and `viewer` with a configuration file, otherwise `none`. More than `viewer` is refused on other addresses.',
      grafana: 'People that Grafana vouches for beside the plugin’s own token.',
    },
  },
  {
    title: 'API token',
    place: 'api.tokens[]',
    schema: TokenSchema,
    keys: {
      id: 'Name of the token in the audit log.',
      sha256:
        'SHA-256 of the token in hex, as `printf %s "$TOKEN" | sha256sum` prints it. Use 32 random bytes or more.',
      user: 'Person the token speaks for, `<realm>:<id>`. Left out: a program, which may read and propose but approves nothing.',
      ...heldMeaning,
    },
  },
  {
    title: 'Grafana’s signed identities',
    place: 'api.grafana',
    schema: GrafanaSchema,
    keys: {
      jwks_url: 'Grafana’s public keys, `<root URL>/api/signing-keys/keys`.',
      issuer: 'Grafana’s root URL as it writes it into `iss`.',
      audience: 'Organisation as Grafana writes it into `aud`, for example `org:1`. Left out: any.',
      users: 'People and their roles; somebody Grafana knows and this list does not is a viewer.',
    },
  },
  {
    title: 'User of Grafana',
    place: 'api.grafana.users[]',
    schema: GrafanaUserSchema,
    keys: {
      subject:
        'Signed claim `sub`, for example `user:7`. Mail addresses are not used: people can change them.',
      id: 'The same person elsewhere, `<realm>:<id>`, so that two sign-ins never count as two people.',
      ...heldMeaning,
    },
  },
];
