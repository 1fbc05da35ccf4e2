/**
 * The baseline of normalisation: what one would write in an afternoon. zod for the vendor's record and for the event, `Date`,
 * `createHash`, spreads. It knows the three kinds of record of this benchmark and makes the same events of them.
 */
import { createHash } from 'node:crypto';
import { getDomain } from 'tldts';
import { z } from 'zod';
import type { CanonicalEvent } from '../../collector/src/contract/event.ts';
import type { RawRecord } from '../../collector/src/contract/raw-record.ts';
import type { BenchKind } from './bench-records.ts';

const zonestreamRecord = z.object({
  domain: z.string().regex(/^(?:[a-z0-9_-]{1,63}\.)+$/u),
  cert_index: z.number().int(),
  ct_name: z.string(),
  timestamp: z.number().nonnegative(),
  submission_timestamp: z.number(),
});

const dnsimpleRecord = z.object({
  name: z.literal('zone_record.update'),
  request_identifier: z.string(),
  actor: z.object({ id: z.string(), entity: z.literal('user'), pretty: z.email() }),
  account: z.object({ id: z.number(), display: z.string() }),
  data: z.object({
    zone_record: z.object({
      id: z.number(),
      ttl: z.number().int(),
      name: z.string(),
      type: z.string().regex(/^[A-Z][A-Z0-9-]{0,15}$/u),
      content: z.string(),
      zone_id: z.string(),
      updated_at: z.iso.datetime(),
      system_record: z.boolean(),
    }),
  }),
});

const place = z.object({
  city: z.string(),
  country: z.string(),
  geolocation: z.object({ lat: z.number(), lon: z.number() }),
});

const oktaRecord = z.object({
  actor: z.object({ alternateId: z.string(), displayName: z.string(), type: z.literal('User') }),
  authenticationContext: z.object({ externalSessionId: z.string() }),
  client: z.object({
    geographicalContext: place,
    ipAddress: z.ipv4(),
    userAgent: z.object({ rawUserAgent: z.string() }),
  }),
  debugContext: z.object({ debugData: z.object({ requestId: z.string() }) }),
  eventType: z.literal('user.session.start'),
  outcome: z.object({ result: z.literal('SUCCESS') }),
  published: z.iso.datetime(),
  securityContext: z.object({ asNumber: z.number(), asOrg: z.string() }),
  target: z.array(z.object({ type: z.string(), displayName: z.string() })),
  transaction: z.object({ id: z.string() }),
  uuid: z.string(),
});

const text = z.string().max(4096);
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u);

const canonicalEvent = z.looseObject({
  schema: z.literal('urn:zonewarden:event:1.0'),
  event_id: z.string().regex(/^[a-z2-7]{26}$/u),
  event_type: text,
  outcome: z.enum(['success', 'failure', 'attempt', 'unknown']),
  tenant: text,
  timestamp: instant,
  observed_at: instant,
  ingested_at: instant,
  source_system: text,
  source_kind: text,
  confidence: z.number().min(0).max(1),
  actor_id: text,
  actor_type: text,
  domain: text.optional(),
  record_name: text.optional(),
  source_ip: z.ipv4().optional(),
  user_agent: z.string().max(512).optional(),
  new_value: z.array(text).optional(),
  raw: z.object({
    sha256: z.string().regex(/^[0-9a-f]{64}$/u),
    content_type: text,
    size: z.number().int(),
    inline: z.string(),
  }),
});

type Told = Partial<CanonicalEvent> & { event_type: string; source_kind: CanonicalEvent['source_kind'] };

interface Mapped {
  readonly key: readonly string[];
  readonly atom: string;
  readonly told: Told;
}

function fromZonestream(body: unknown): Mapped {
  const seen = zonestreamRecord.parse(body);
  const name = seen.domain.slice(0, -1);
  return {
    key: ['newly_registered_domain', name, seen.ct_name, String(seen.cert_index)],
    atom: name,
    told: {
      event_type: 'intel.domain.newly_registered',
      timestamp: new Date(seen.timestamp * 1000).toISOString(),
      timestamp_precision: 's',
      source_system: 'zonestream',
      source_kind: 'zone_feed',
      acquisition: 'push',
      confidence: 0.6,
      confidence_basis: 'zonestream_unconfirmed',
      actor_id: 'unknown',
      actor_type: 'unknown',
      actor_origin: 'unknown',
      domain: getDomain(name) ?? name,
      record_name: name,
      cert: { log_name: seen.ct_name, log_index: seen.cert_index },
      source: {
        topic: 'newly_registered_domain',
        ct_name: seen.ct_name,
        cert_index: seen.cert_index,
        native_name: seen.domain,
        submission_timestamp: seen.submission_timestamp,
      },
    },
  };
}

function fromDnsimple(body: unknown): Mapped {
  const { name, request_identifier: id, actor, account, data } = dnsimpleRecord.parse(body);
  const { zone_record: changed } = data;
  const recordName = `${changed.name}.${changed.zone_id}`;
  return {
    key: [id],
    atom: `${recordName}|${name}`,
    told: {
      event_type: 'dns.record.updated',
      event_type_original: name,
      timestamp: new Date(changed.updated_at).toISOString(),
      timestamp_precision: 's',
      source_system: 'dnsimple',
      source_kind: 'dns_provider_audit',
      source_instance: `dnsimple/${account.id}`,
      source_event_id: id,
      acquisition: 'push',
      confidence: 0.99,
      confidence_basis: 'push',
      actor_id: `dnsimple:${actor.id}`,
      actor_type: 'user',
      actor_origin: 'customer',
      actor_email: actor.pretty,
      dns_provider: 'dnsimple',
      domain: getDomain(changed.zone_id) ?? changed.zone_id,
      zone: changed.zone_id,
      record_name: recordName,
      record_type: changed.type,
      old_known: false,
      new_value: [changed.content],
      ttl_new: changed.ttl,
      transaction_id: id,
      source: {
        scope: 'record',
        record_id: changed.id,
        system_record: changed.system_record,
        account: account.display,
      },
    },
  };
}

const countries: Readonly<Record<string, string>> = { 'United States': 'US' };

function fromOkta(body: unknown): Mapped {
  const seen = oktaRecord.parse(body);
  const { client, actor, securityContext: network } = seen;
  const timestamp = new Date(seen.published).toISOString();
  const where = client.geographicalContext;
  return {
    key: [seen.uuid, String(Date.parse(seen.published)), seen.eventType],
    atom: '',
    told: {
      event_type: 'identity.session.login_succeeded',
      event_type_original: seen.eventType,
      timestamp,
      timestamp_precision: 'ms',
      source_system: 'okta',
      source_kind: 'identity_log',
      source_event_id: seen.uuid,
      acquisition: 'poll',
      confidence: 0.95,
      confidence_basis: 'audit_poll',
      actor_id: `okta:${actor.alternateId}`,
      actor_type: 'user',
      actor_origin: 'customer',
      actor_name: actor.displayName,
      actor_email: actor.alternateId,
      auth_method: 'password',
      session_id: seen.authenticationContext.externalSessionId,
      source_ip: client.ipAddress,
      user_agent: client.userAgent.rawUserAgent,
      request_id: seen.debugContext.debugData.requestId,
      transaction_id: seen.transaction.id,
      identity: {
        target_user: actor.alternateId,
        factor: seen.target.find(({ type }) => type === 'AuthenticatorEnrollment')?.displayName ?? '',
        app: seen.target.find(({ type }) => type === 'AppInstance')?.displayName ?? '',
      },
      enrich: {
        source: {
          country: countries[where.country],
          city: where.city,
          asn: network.asNumber,
          as_org: network.asOrg,
          lat: where.geolocation.lat,
          lon: where.geolocation.lon,
          as_of: timestamp,
          source: 'okta',
        },
      },
      source: body as Record<string, unknown>,
    },
  };
}

const mappings = { zonestream: fromZonestream, dnsimple: fromDnsimple, okta: fromOkta } as const;

function sha256(data: string | Uint8Array): Buffer {
  return createHash('sha256').update(data).digest();
}

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((each) => each.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{5}/gu) ?? [];
  return groups.map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(group, 2)]).join('');
}

/** The event of a record of the benchmark; throws when zod refuses it. */
export function idiomaticEvent(kind: BenchKind, record: RawRecord): Record<string, unknown> {
  const inline = Buffer.from(record.bytes).toString('utf8');
  const { key, atom, told } = mappings[kind](JSON.parse(inline));
  const receivedAt = new Date(record.receivedAtMs).toISOString();
  const parts = [record.tenant, told.source_kind, told.source_instance ?? '', ...key, told.event_type, atom];
  return canonicalEvent.parse({
    schema: 'urn:zonewarden:event:1.0',
    event_id: base32(sha256(JSON.stringify(parts))).slice(0, 26),
    outcome: 'success',
    tenant: record.tenant,
    observed_at: receivedAt,
    ingested_at: receivedAt,
    normaliser: `${record.source}@1`,
    approval_state: 'not_checked',
    ...told,
    raw: {
      sha256: sha256(record.bytes).toString('hex'),
      content_type: record.contentType,
      size: record.bytes.length,
      inline,
    },
  });
}
