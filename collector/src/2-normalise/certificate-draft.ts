/** Drafts about one certificate, the same from every CT feed: one event per registrable domain it covers. */
import type { CanonicalEvent } from '../contract/event.ts';
import { limits } from '../contract/limits.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { blankDraft } from './blank-draft.ts';

/** The certificate block of the canonical event. */
export type CertificateFields = NonNullable<CanonicalEvent['cert']>;

/** What a CT feed knows about one logged certificate. `names` are as the feed gave them, in any form and order. */
export interface LoggedCertificate {
  readonly isPrecert: boolean;
  readonly names: readonly string[];
  readonly cert: CertificateFields;
  readonly timestamp: string;
  readonly precision: CanonicalEvent['timestamp_precision'];
  readonly system: string;
  readonly key: readonly string[];
  readonly source: Record<string, unknown>;
}

/**
 * One draft per registrable domain, so that each domain's owner sees it; `cert.names` starts with the names of that
 * domain, because the list is cut at the limit. A certificate without DNS names gives one draft without domain.
 */
export function certificateDrafts(logged: LoggedCertificate): EventDraft[] {
  const names = new Set<string>();
  for (const native of logged.names) {
    const name = canonicalName(native);
    if (name !== undefined && name !== '.' && canonicalIp(name) === undefined) names.add(name);
  }
  const all = [...names].sort();
  const byDomain = new Map<string, string[]>();
  for (const name of all) {
    const domain = registrableDomain(name) ?? name;
    const known = byDomain.get(domain);
    if (known === undefined) byDomain.set(domain, [name]);
    else known.push(name);
  }
  if (byDomain.size === 0) return [certificateDraft(logged, undefined, [])];
  if (byDomain.size === 1) return [certificateDraft(logged, byDomain.keys().next().value, all)];
  const drafts: EventDraft[] = [];
  for (const [domain, own] of byDomain) {
    if (drafts.length === limits.certificateNamesMax) break;
    drafts.push(certificateDraft(logged, domain, ownFirst(own, all)));
  }
  return drafts;
}

function ownFirst(own: readonly string[], all: readonly string[]): readonly string[] {
  if (all.length <= limits.certificateNamesMax) return all;
  const isOwn = new Set(own);
  return [...own, ...all.filter((name) => !isOwn.has(name))];
}

function certificateDraft(
  logged: LoggedCertificate,
  domain: string | undefined,
  names: readonly string[],
): EventDraft {
  const cert: CertificateFields = { ...logged.cert, is_precert: logged.isPrecert };
  const max = limits.certificateNamesMax;
  cert.names = names.slice(0, max);
  if (names.length > max) cert.names_truncated = names.length - max;
  return {
    ...blankDraft,
    key: logged.key,
    atom: domain ?? '',
    event_type: logged.isPrecert ? 'cert.precert_logged' : 'cert.issued',
    outcome: 'success',
    timestamp: logged.timestamp,
    timestamp_precision: logged.precision,
    source_system: logged.system,
    source_kind: 'ct_log',
    acquisition: 'passive',
    confidence: 0.9,
    confidence_basis: 'passive',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    domain,
    cert,
    approval_state: 'not_checked',
    source: logged.source,
  };
}

/** Serial number as lower-case hex without leading zeros, which some feeds lose; undefined when it is not hex. */
export function canonicalSerial(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const hex = text.replaceAll(':', '').toLowerCase();
  if (hex.length === 0 || hex.length > 128 || !/^[0-9a-f]+$/.test(hex)) return undefined;
  let from = 0;
  while (from < hex.length - 1 && hex.charCodeAt(from) === 0x30) from += 1;
  return hex.slice(from);
}

/** `dv`, `ov`, `iv` or `ev` from text that holds a CA/Browser Forum policy identifier (2.23.140.1.…); else undefined. */
export function validationOfPolicies(policies: string): string | undefined {
  if (policies.includes('2.23.140.1.1')) return 'ev';
  if (policies.includes('2.23.140.1.2.2')) return 'ov';
  if (policies.includes('2.23.140.1.2.3')) return 'iv';
  return policies.includes('2.23.140.1.2.1') ? 'dv' : undefined;
}
