/** Values that several domains have: their words, which of them are news, and whose they are. Pure. */
import { t } from '@grafana/i18n';
import type { SharedValue } from '../api/shapes.ts';
import { readable, safe } from './words.ts';

const newsMs = 7 * 86_400_000;

/** Key of a value in an address. */
export function sharedKey({ tenant, kind, value }: Pick<SharedValue, 'tenant' | 'kind' | 'value'>): string {
  return `${tenant}/${kind}:${value}`;
}

/** Readable name of a kind of value. */
export function sharedKindName(kind: string): string {
  const names: Readonly<Record<string, string>> = {
    ns: t('shared.ns', 'Name server'),
    address: t('shared.address', 'Address'),
    mx: t('shared.mx', 'Mail host'),
    cname: t('shared.cname', 'Alias'),
    acme: t('shared.acme', 'ACME account'),
    account: t('shared.account', 'Registrar account'),
    network: t('shared.network', 'Network'),
    actor: t('shared.actor', 'Person'),
  };
  return Object.hasOwn(names, kind) ? (names[kind] as string) : readable(kind);
}

/** `8 domains now have 203.0.113.80`. */
export function sharedSentence({ kind, domains, value }: SharedValue): string {
  return kind === 'actor'
    ? t('shared.changed-by', '{{domains}} domains were changed by {{value}} without approval', {
        domains,
        value: safe(value),
      })
    : t('shared.now-have', '{{domains}} domains now have {{value}}', { domains, value: safe(value) });
}

/** For how many of the domains somebody approved the value; nothing is approved of a person or a network as such. */
export function sharedApproval({ kind, domains, approved }: SharedValue): string | undefined {
  if (kind === 'actor' || kind === 'network') return undefined;
  return approved === 0
    ? t('shared.approved-nowhere', 'approved for none of them')
    : t('shared.approved-for', 'approved for {{approved}} of {{domains}}', {
        approved: Math.min(approved, domains),
        domains,
      });
}

/** Known for a week at most, and held by more domains than it is approved for: the order of the collector stays. */
export function newlyShared(items: readonly SharedValue[], nowMs: number): readonly SharedValue[] {
  return items.filter(
    ({ first_seen: at, domains, approved }) => domains > approved && nowMs - Date.parse(at) <= newsMs,
  );
}

/** `tenant/domain` of those that have the value of a key; undefined: no such value is known. */
export function domainsSharing(items: readonly SharedValue[], key: string): ReadonlySet<string> | undefined {
  const found = items.find((item) => sharedKey(item) === key);
  return found === undefined ? undefined : new Set(found.names.map((name) => `${found.tenant}/${name}`));
}
