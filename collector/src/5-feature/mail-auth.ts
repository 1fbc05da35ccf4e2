/** Reading of SPF (RFC 7208), DMARC (RFC 7489) and DKIM keys (RFC 6376), and what a change of them weakens (C04). */
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import type { Annotator } from '../contract/step.ts';
import { recordTypeOf } from '../leaf/control-value.ts';
import { changeOf, recordNameOf } from './change-weight.ts';

/** Look-ups that a receiver may do for one SPF record (RFC 7208 section 4.6.4). */
const spfLookupsMax = 10;

/** Text of one TXT record without presentation quotes; strings of a record are joined. */
export function plainText(value: string): string {
  if (!value.startsWith('"')) return value;
  let text = '';
  let inside = false;
  for (let i = 0; i < value.length; i += 1) {
    const char = value[i] ?? '';
    if (char === '\\' && inside) {
      const code = /^\d{3}/u.exec(value.slice(i + 1, i + 4))?.[0];
      text += code === undefined ? (value[i + 1] ?? '') : String.fromCharCode(Number(code));
      i += code === undefined ? 1 : 3;
    } else if (char === '"') inside = !inside;
    else if (inside) text += char;
  }
  return text;
}

/** What an SPF record says. */
export interface SpfPolicy {
  /** Qualifier of `all`: `-`, `~`, `?` or `+`; undefined without `all` (neutral) unless it redirects. */
  readonly all?: '-' | '~' | '?' | '+';
  readonly includes: readonly string[];
  readonly lookups: number;
  readonly redirect?: string;
}

/** Reads the SPF record of a TXT set; undefined when there is none. */
export function readSpf(values: readonly string[]): SpfPolicy | undefined {
  const record = values.map(plainText).find((text) => /^v=spf1( |$)/iu.test(text));
  if (record === undefined) return undefined;
  const includes: string[] = [];
  let all: SpfPolicy['all'];
  let redirect: string | undefined;
  let lookups = 0;
  for (const term of record.toLowerCase().split(/ +/u).slice(1)) {
    const bare = /^[-+~?]/u.test(term) ? term.slice(1) : term;
    if (bare === 'all') all = (/^[-+~?]/u.exec(term)?.[0] ?? '+') as SpfPolicy['all'];
    if (bare.startsWith('include:')) includes.push(bare.slice(8));
    if (bare.startsWith('redirect=')) redirect = bare.slice(9);
    if (/^(include:|a$|a[:/]|mx$|mx[:/]|ptr|exists:|redirect=)/u.test(bare)) lookups += 1;
  }
  return {
    ...(all === undefined ? {} : { all }),
    includes: includes.sort(),
    lookups,
    ...(redirect === undefined ? {} : { redirect }),
  };
}

/** What a DMARC record says. `pct` 100 when absent. */
export interface DmarcPolicy {
  readonly policy: 'none' | 'quarantine' | 'reject';
  readonly subdomainPolicy: 'none' | 'quarantine' | 'reject';
  readonly pct: number;
}

const policies = ['none', 'quarantine', 'reject'] as const;

function policyOf(text: string | undefined): DmarcPolicy['policy'] | undefined {
  return policies.find((policy) => policy === text);
}

/** Reads the DMARC record of a TXT set; undefined when there is none. An unreadable policy counts as `none`. */
export function readDmarc(values: readonly string[]): DmarcPolicy | undefined {
  const record = values.map(plainText).find((text) => /^v=dmarc1\s*(;|$)/iu.test(text));
  if (record === undefined) return undefined;
  const tags = new Map(
    record.split(';').map((part) => {
      const [name = '', value = ''] = part.split('=', 2);
      return [name.trim().toLowerCase(), value.trim().toLowerCase()] as const;
    }),
  );
  const policy = policyOf(tags.get('p')) ?? 'none';
  const pct = /^\d{1,3}$/u.test(tags.get('pct') ?? '') ? Math.min(100, Number(tags.get('pct'))) : 100;
  return { policy, subdomainPolicy: policyOf(tags.get('sp')) ?? policy, pct };
}

/** Public key of a DKIM record; '' when revoked, undefined when there is no record. */
export function readDkimKey(values: readonly string[]): string | undefined {
  const record = values.map(plainText).find((text) => /(^|;)\s*p\s*=/iu.test(text));
  return record === undefined
    ? undefined
    : (/(?:^|;)\s*p\s*=([^;]*)/iu.exec(record)?.[1] ?? '').replace(/\s/gu, '');
}

const allStrength: Readonly<Record<string, number>> = { '-': 3, '~': 2, '?': 1, '+': 0 };

function spfReasons(
  before: readonly string[],
  after: readonly string[],
  domain: InventoryDomain | undefined,
): string[] {
  const old = readSpf(before);
  const now = readSpf(after);
  if (now === undefined) return old === undefined ? [] : ['spf_removed'];
  const reasons: string[] = [];
  const strength = (policy: SpfPolicy) =>
    policy.all === undefined ? (policy.redirect === undefined ? 1 : 2) : (allStrength[policy.all] ?? 0);
  if (strength(now) <= 1 && (old === undefined || strength(now) < strength(old)))
    reasons.push('spf_all_loosened');
  const approved = domain?.approved?.mail?.spf_includes;
  const gained = now.includes.filter((include) => !(old?.includes ?? []).includes(include));
  if (gained.some((include) => approved?.includes(include) !== true)) reasons.push('spf_include_unapproved');
  if (now.lookups > spfLookupsMax && (old?.lookups ?? 0) <= spfLookupsMax) reasons.push('spf_lookups');
  return reasons;
}

function dmarcReasons(before: readonly string[], after: readonly string[]): string[] {
  const old = readDmarc(before);
  const now = readDmarc(after);
  if (old === undefined) return [];
  if (now === undefined) return ['dmarc_removed'];
  const reasons: string[] = [];
  if (policies.indexOf(now.policy) < policies.indexOf(old.policy)) reasons.push('dmarc_lowered');
  if (policies.indexOf(now.subdomainPolicy) < policies.indexOf(old.subdomainPolicy))
    reasons.push('dmarc_subdomain_lowered');
  if (now.pct < old.pct) reasons.push('dmarc_pct_lowered');
  return reasons;
}

function dkimReasons(before: readonly string[], after: readonly string[]): string[] {
  const old = readDkimKey(before);
  const now = readDkimKey(after);
  if (old === undefined || old === '') return [];
  if (now === undefined || now === '') return ['dkim_removed'];
  return now === old ? [] : ['dkim_replaced'];
}

/** Why a TXT set protects less than before; empty when it does not, sorted. `name` is the owner name. */
export function weakening(
  name: string,
  before: readonly string[],
  after: readonly string[],
  domain: InventoryDomain | undefined,
): string[] {
  const reasons = name.startsWith('_dmarc.')
    ? dmarcReasons(before, after)
    : name.includes('._domainkey.')
      ? dkimReasons(before, after)
      : spfReasons(before, after, domain);
  return reasons.sort();
}

/** Annotator that adds `feature.mail_auth` to changes of TXT sets. */
export const mailAuth: Annotator = {
  name: 'mail-auth',
  scope: 'domain',
  wants: ['dns.record.', 'dnsquery.answer.changed'],
  step(_state, message, context) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const control = changeOf(event)?.control;
    if (control === undefined || recordTypeOf(control) !== 'TXT') return {};
    const name = recordNameOf(control) ?? '';
    const old = Array.isArray(event.old_value) ? event.old_value : event.old_value === null ? [] : undefined;
    const now = Array.isArray(event.new_value) ? event.new_value : [];
    if (old === undefined || event.old_known !== true) {
      const reasons = weakening(name, [], now, undefined).filter((reason) => reason === 'spf_all_loosened');
      return { features: { mail_auth: { weakened: reasons.length > 0, reasons, known: false } } };
    }
    const domain =
      event.domain === undefined ? undefined : context.inventory.domain(event.tenant, event.domain);
    const reasons = weakening(name, old, now, domain);
    const feature: FeatureOf<'mail_auth'> = { weakened: reasons.length > 0, reasons, known: true };
    return { features: { mail_auth: feature } };
  },
};
