/** Canonical events of what was seen in a story: what follows from the kind of source is filled in. */
import { createHash } from 'node:crypto';
import { normaliserFor } from '../../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../../collector/src/2-normalise/normalise-record.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { SourceName } from '../../../collector/src/contract/source-name.ts';
import { base32OfHex } from '../../../collector/src/leaf/base32.ts';
import type { Fields, Sight, Story } from './story.ts';

const dayS = 86_400;

/** How each kind of source gets its facts; probes and polls see an interval. */
export const kinds: Readonly<
  Record<string, { acquisition: string; confidence: number; intervalS: number; polled: boolean }>
> = {
  delegation_probe: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: true },
  answer_probe: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: true },
  rdap_poll: { acquisition: 'diff', confidence: 0.8, intervalS: 3600, polled: true },
  dns_provider_api_state: { acquisition: 'diff', confidence: 0.8, intervalS: 300, polled: true },
  registrar_audit: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  dns_provider_audit: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  identity_log: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  cloud_audit: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  mail_log: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  registrar_notice_mail: { acquisition: 'passive', confidence: 0.9, intervalS: 300, polled: false },
  epp_poll: { acquisition: 'poll', confidence: 0.95, intervalS: 60, polled: false },
  ct_log: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  resolver_log: { acquisition: 'passive', confidence: 0.9, intervalS: 60, polled: false },
  bgp_feed: { acquisition: 'push', confidence: 0.95, intervalS: 60, polled: false },
  zone_feed: { acquisition: 'push', confidence: 0.95, intervalS: 3600, polled: false },
  dmarc_report: { acquisition: 'passive', confidence: 0.9, intervalS: dayS, polled: false },
  change_mgmt: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  pipeline: { acquisition: 'push', confidence: 0.99, intervalS: 60, polled: false },
  manual: { acquisition: 'manual', confidence: 0.9, intervalS: 300, polled: false },
};

type RawSight = Extract<Sight, { readonly raw: SourceName }>;

function isRaw(sight: Sight): sight is RawSight {
  return 'raw' in sight;
}

function sha(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Time as a canonical event writes it. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}

const context = {
  sha256: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex'),
  hmacSha256: (key: string, text: string) => createHash('sha256').update(`${key}|${text}`).digest('hex'),
};

/** What `sight` at `atMs` makes: one event, or those of its payload. `salt` keeps equal sights at one time apart. Throws on a kind or payload no normaliser knows. */
export function eventOf(
  story: Story,
  tenant: string,
  sight: Sight,
  atMs: number,
  salt: string,
): CanonicalEvent[] {
  if (isRaw(sight)) return rawEvents(tenant, sight, atMs);
  const { kind, type, delayS: _delay, ...fields } = sight as Fields & { kind: string; type: string };
  const how = kinds[kind];
  if (how === undefined) throw new Error(`${story.id}: unknown source kind ${kind}`);
  const seenMs = how.polled ? Math.ceil(atMs / 1000 / how.intervalS) * how.intervalS * 1000 : atMs;
  const { old_value: old, new_value: now } = fields;
  const sets = Array.isArray(old) && Array.isArray(now);
  const text = JSON.stringify({ type, kind, fields, seenMs, salt, story: story.id });
  return [
    {
      schema: 'urn:zonewarden:event:1.0',
      event_id: base32OfHex(sha(text), 26),
      event_type: type,
      outcome: 'success',
      tenant,
      timestamp: instant(seenMs),
      ...(how.polled ? { timestamp_earliest: instant(seenMs - how.intervalS * 1000) } : {}),
      timestamp_precision: how.polled ? 'interval' : 's',
      observed_at: instant(seenMs + 800),
      ingested_at: instant(seenMs + 2000),
      source_system: kind.replace(/_.*/, ''),
      source_kind: kind,
      source_instance: `${kind}-1`,
      acquisition: how.acquisition,
      confidence: how.confidence,
      confidence_basis: 'story',
      normaliser: 'story@1',
      actor_id: 'unknown',
      actor_type: 'unknown',
      actor_origin: 'unknown',
      approval_state: 'not_checked',
      old_known: old !== undefined && old !== null,
      ...(sets
        ? {
            added: (now as string[]).filter((each) => !(old as string[]).includes(each)),
            removed: (old as string[]).filter((each) => !(now as string[]).includes(each)),
          }
        : {}),
      ...(how.polled ? {} : { source_event_id: sha(text).slice(0, 32) }),
      transaction_id: how.polled ? `snap-${kind}-${seenMs}` : `req-${sha(text).slice(0, 12)}`,
      raw: { sha256: sha(text), content_type: 'application/json', size: text.length, inline: text },
      ...fields,
    } as unknown as CanonicalEvent,
  ];
}

function rawEvents(tenant: string, sight: RawSight, atMs: number): CanonicalEvent[] {
  const normaliser = normaliserFor(sight.raw);
  if (normaliser === undefined) throw new Error(`no normaliser ${sight.raw}`);
  const text = typeof sight.payload === 'string' ? sight.payload : JSON.stringify(sight.payload);
  const receivedAtMs = atMs + 2000;
  const done = normaliseRecord(
    {
      tenant,
      source: sight.raw,
      receivedAtMs,
      contentType: sight.contentType ?? (text.startsWith('<') ? 'application/xml' : 'application/json'),
      verified: true,
      bytes: Buffer.from(text),
    },
    normaliser,
    receivedAtMs,
    context,
  );
  if (!done.ok) throw new Error(`${sight.raw}: ${done.failure.path}: ${done.failure.message}`);
  if (done.value.events.length === 0) throw new Error(`${sight.raw}: the payload gives no event`);
  return [...done.value.events];
}

/** The tenant a sight names, else that of its domain, else `acme`. */
export function tenantOf(story: Story, sight: Sight): string {
  const domain = 'domain' in sight ? sight['domain'] : undefined;
  const named = 'tenant' in sight ? sight['tenant'] : undefined;
  if (typeof named === 'string') return named;
  return story.domains.find((each) => each.domain === domain)?.tenant ?? 'acme';
}
