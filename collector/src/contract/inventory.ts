/**
 * Inventory and intents, as parsed and checked. The files are YAML or JSON with the same keys. An absent optional key
 * means *unknown*, never *no*. Names are lower-case A-labels without final dot; times RFC 3339 UTC.
 */
import Type from 'typebox';

const text = Type.String({ minLength: 1, maxLength: 1024 });
const texts = Type.Array(text);
const strict = { additionalProperties: false };
const name = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: '^[^\\sA-Z]*[^\\sA-Z.]$',
  description: 'a name in lower case without a dot at its end',
});
const instant = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?Z$',
  description: 'a time in UTC such as 2026-01-31T12:00:00Z',
});
const date = Type.String({
  pattern: '^\\d{4}-\\d\\d-\\d\\d(T\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?Z)?$',
  description: 'a day such as 2026-01-31, or a time in UTC such as 2026-01-31T12:00:00Z',
});
const account = Type.String({ pattern: '^[^/\\s]+/\\S+$' });

const Mfa = Type.Enum(['none', 'sms', 'totp', 'push', 'webauthn', 'unknown']);

/** Tenant: brand or business unit; every key starts with it. */
export const TenantSchema = Type.Object({ id: text, name: Type.Optional(text) }, strict);
/** A team that is notified; contact points live in Grafana. */
export const TeamSchema = Type.Object({ id: text, tenant: text }, strict);
/** An account at a registrar, id `<registrar>/<account>`. */
export const RegistrarAccountSchema = Type.Object(
  {
    id: account,
    tenant: text,
    admins: Type.Optional(texts),
    mfa: Type.Optional(Mfa),
    contact_mailboxes: Type.Optional(texts),
    event_feed: Type.Optional(Type.Enum(['none', 'mail', 'poll', 'webhook'])),
    emergency_contact: Type.Optional(text),
  },
  strict,
);
/** A person or service, id `<realm>:<id>`. */
export const PrincipalSchema = Type.Object(
  {
    id: Type.String({ pattern: '^[^:\\s]+:.+$' }),
    tenant: text,
    aliases: Type.Optional(texts),
    usual: Type.Optional(
      Type.Object(
        {
          countries: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Z]{2}$' }))),
          asns: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 4294967295 }))),
          methods: Type.Optional(texts),
        },
        strict,
      ),
    ),
  },
  strict,
);

const Provider = Type.Object(
  {
    kind: Type.Enum(['nameserver', 'address', 'cname', 'mail']),
    suffix: Type.Optional(name),
    cidr: Type.Optional(text),
  },
  strict,
);

const Approved = Type.Object(
  {
    nameservers: Type.Optional(Type.Array(name)),
    ds: Type.Optional(texts),
    records: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name,
            type: Type.String({ pattern: '^[A-Z][A-Z0-9]{0,15}$' }),
            values: texts,
            ttl: Type.Optional(Type.Integer({ minimum: 0 })),
          },
          strict,
        ),
      ),
    ),
    providers: Type.Optional(Type.Array(Provider)),
    certificate_authorities: Type.Optional(
      Type.Array(Type.Object({ issuer: text, accounts: Type.Optional(texts) }, strict)),
    ),
    mail: Type.Optional(
      Type.Object(
        {
          spf_includes: Type.Optional(texts),
          dkim_selectors: Type.Optional(texts),
          dmarc: Type.Optional(Type.Enum(['none', 'quarantine', 'reject'])),
        },
        strict,
      ),
    ),
  },
  strict,
);

/** One registrable domain with its owner, protection that should be there, and approved state. */
export const DomainSchema = Type.Object(
  {
    domain: name,
    tenant: text,
    tier: Type.Optional(Type.Integer({ minimum: 0, maximum: 3 })),
    owner: Type.Optional(text),
    team: Type.Optional(text),
    unit: Type.Optional(text),
    environment: Type.Optional(text),
    roles: Type.Optional(texts),
    registrar_account: Type.Optional(account),
    dns_provider: Type.Optional(text),
    expect: Type.Optional(
      Type.Object(
        {
          transfer_lock: Type.Optional(Type.Boolean()),
          registry_lock: Type.Optional(Type.Boolean()),
          dnssec: Type.Optional(Type.Enum(['signed', 'unsigned'])),
          auto_renew: Type.Optional(Type.Boolean()),
        },
        strict,
      ),
    ),
    expires: Type.Optional(date),
    retire: Type.Optional(Type.Boolean()),
    approved: Type.Optional(Approved),
    critical_hosts: Type.Optional(texts),
    canary: Type.Optional(Type.Boolean()),
  },
  strict,
);

/** The inventory file, version 1. */
export const InventorySchema = Type.Object(
  {
    version: Type.Literal(1),
    tenants: Type.Optional(Type.Array(TenantSchema)),
    teams: Type.Optional(Type.Array(TeamSchema)),
    registrar_accounts: Type.Optional(Type.Array(RegistrarAccountSchema)),
    principals: Type.Optional(Type.Array(PrincipalSchema)),
    domains: Type.Optional(Type.Array(DomainSchema)),
  },
  { ...strict, $id: 'urn:zonewarden:inventory:1', title: 'Zonewarden inventory' },
);

/** Actions an intent can approve. */
export const intentActions = [
  'record',
  'ttl',
  'zone',
  'delegation',
  'glue',
  'ds',
  'dnssec',
  'lock',
  'registry_lock',
  'transfer',
  'registrar',
  'account',
  'contact',
  'privacy',
  'renewal',
  'auto_renew',
  'hold',
  'certificate',
  'caa',
  'edge_config',
  'token',
  'delegate',
  'role',
  'mfa',
  'password',
  'contact_mailbox',
] as const;

/** One approved change: an object and a value. A change without `new` approves nothing. */
export const IntentChangeSchema = Type.Object(
  {
    domain: Type.Optional(name),
    account: Type.Optional(account),
    principal: Type.Optional(text),
    action: Type.Enum([...intentActions]),
    name: Type.Optional(name),
    type: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9]{0,15}$' })),
    attribute: Type.Optional(text),
    object: Type.Optional(text),
    old: Type.Optional(Type.Unknown()),
    new: Type.Optional(Type.Unknown()),
  },
  strict,
);

/** An approval of named changes within a time span. `known_at` absent means `valid_from`. */
export const IntentSchema = Type.Object(
  {
    id: text,
    tenant: text,
    source: Type.Optional(Type.Enum(['ticket', 'dnscontrol', 'octodns', 'terraform', 'manual', 'api'])),
    requested_by: Type.Optional(text),
    approved_by: Type.Optional(text),
    valid_from: instant,
    valid_until: instant,
    known_at: Type.Optional(instant),
    emergency: Type.Optional(Type.Boolean()),
    reason: Type.Optional(text),
    changes: Type.Array(IntentChangeSchema),
  },
  strict,
);

/** The intents file, version 1. */
export const IntentsSchema = Type.Object(
  { version: Type.Literal(1), intents: Type.Array(IntentSchema) },
  { ...strict, $id: 'urn:zonewarden:intents:1', title: 'Zonewarden intents' },
);

/** Parsed inventory file. */
export type Inventory = Type.Static<typeof InventorySchema>;
/** Parsed domain entry. */
export type InventoryDomain = Type.Static<typeof DomainSchema>;
/** Parsed registrar account entry. */
export type InventoryAccount = Type.Static<typeof RegistrarAccountSchema>;
/** Parsed principal entry. */
export type InventoryPrincipal = Type.Static<typeof PrincipalSchema>;
/** Parsed intent. */
export type Intent = Type.Static<typeof IntentSchema>;
/** Parsed change of an intent. */
export type IntentChange = Type.Static<typeof IntentChangeSchema>;
