/** What kind of control a change touches and how much it weighs, for deviation, churn, clusters and sweeps. */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { changeFacts } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { StateView, StepContext } from '../contract/step.ts';
import { recordPrefix, recordTypeOf } from '../leaf/control-value.ts';
import { featureConstants } from './constants.ts';

/** Class of a changed control. */
export type ChangeClass =
  | 'ns'
  | 'ds'
  | 'mx'
  | 'apex'
  | 'critical'
  | 'mail_text'
  | 'caa'
  | 'address'
  | 'text'
  | 'ttl'
  | 'transfer'
  | 'unlock'
  | 'auth_code'
  | 'contact'
  | 'registrant'
  | 'other';

/** The ledger's word about the change of this event; undefined when the event changes nothing. */
export function changeOf(event: CanonicalEvent): FeatureOf<'change'> | undefined {
  const change = event.feature?.['change'] as FeatureOf<'change'> | undefined;
  return event.change_fact_id === undefined || change?.control === undefined ? undefined : change;
}

/** The change fact of this event, when this event is the first that reported it; undefined for later witnesses. */
export function firstReport(state: StateView, event: CanonicalEvent): ChangeFact | undefined {
  const fact = changeFacts(state).findLast(({ id }) => id === event.change_fact_id);
  return fact?.ids[0] === event.event_id ? fact : undefined;
}

/** True for changes that no record-level approval covers. */
export function isUnapproved(event: CanonicalEvent): boolean {
  return event.approval_state !== 'approved';
}

/** Owner name of a record set or TTL control; undefined for others. */
export function recordNameOf(control: string): string | undefined {
  if (!control.startsWith(recordPrefix) && !control.startsWith('ttl:')) return undefined;
  return control.slice(control.indexOf(':') + 1, control.lastIndexOf('/'));
}

/** True for TXT sets that carry mail authentication: SPF at the apex or a mail name, DMARC, DKIM (RFC 7208, 7489, 6376). */
export function isMailText(name: string, values: unknown): boolean {
  if (name.startsWith('_dmarc.') || name.includes('._domainkey.')) return true;
  return (Array.isArray(values) ? values : []).some(
    (value) => typeof value === 'string' && /^"?v=spf1[ "]/iu.test(value),
  );
}

/** A verification string beside an SPF record that stays as it is touches no mail authentication. */
function touchesMailText(name: string, oldValue: unknown, newValue: unknown): boolean {
  if (!Array.isArray(oldValue) || !Array.isArray(newValue))
    return isMailText(name, oldValue) || isMailText(name, newValue);
  const before = new Set<unknown>(oldValue);
  const after = new Set<unknown>(newValue);
  const changed = [
    ...oldValue.filter((item) => !after.has(item)),
    ...newValue.filter((item) => !before.has(item)),
  ];
  return isMailText(name, changed);
}

/** Class of a changed control of `domain`. `criticalHosts`: labels or names of the inventory. */
export function classOf(
  control: string,
  domain: string,
  oldValue: unknown,
  newValue: unknown,
  criticalHosts: readonly string[],
): ChangeClass {
  const type = recordTypeOf(control);
  if (type !== undefined) return recordClass(control, type, domain, oldValue, newValue, criticalHosts);
  if (control === 'nameservers' || control.startsWith('glue')) return 'ns';
  if (control === 'ds') return 'ds';
  if (control.startsWith('ttl:')) return 'ttl';
  if (control === 'registrar' || control === 'transfer' || control === 'account') return 'transfer';
  if (control === 'auth_code') return 'auth_code';
  if (control === 'lock' || control === 'registry_lock') return newValue === 'enabled' ? 'other' : 'unlock';
  if (control === 'contact.registrant') return 'registrant';
  return control.startsWith('contact') ? 'contact' : 'other';
}

const redirecting = new Set(['A', 'AAAA', 'CNAME', 'DNAME', 'NS', 'ALIAS', 'HTTPS', 'SVCB']);

function recordClass(
  control: string,
  type: string,
  domain: string,
  oldValue: unknown,
  newValue: unknown,
  criticalHosts: readonly string[],
): ChangeClass {
  const name = recordNameOf(control) ?? '';
  if (type === 'NS' && name === domain) return 'ns';
  if (type === 'MX') return 'mx';
  if (type === 'DS') return 'ds';
  if (type === 'CAA') return 'caa';
  // A delegation below the apex sends everything under that name to other servers, as an alias does.
  if (redirecting.has(type)) {
    if (name === domain) return 'apex';
    return isCriticalHost(name, domain, criticalHosts) ? 'critical' : 'address';
  }
  if (type === 'TXT') return touchesMailText(name, oldValue, newValue) ? 'mail_text' : 'text';
  return 'other';
}

/** True for the apex, www, login, api, mail, sso and the critical hosts of the inventory (labels or full names). */
export function isCriticalHost(name: string, domain: string, criticalHosts: readonly string[]): boolean {
  if (name === domain) return true;
  return [...featureConstants.criticalLabels, ...criticalHosts].some(
    (host) => name === host || name === `${host}.${domain}`,
  );
}

const leadingTypes = new Set(['A', 'AAAA', 'CNAME', 'ALIAS', 'HTTPS', 'SVCB', 'MX', 'NS']);

/**
 * True when probes only see that a record set which leads somewhere is gone: an outage of the servers, or the step before
 * another value. A CAA or TXT set that goes takes protection away, so it counts.
 */
export function hasVanished(fact: Pick<ChangeFact, 'control' | 'value' | 'explainedBy'>): boolean {
  const leads = leadingTypes.has(recordTypeOf(fact.control) ?? '');
  return leads && fact.explainedBy === undefined && Array.isArray(fact.value) && fact.value.length === 0;
}

/** True for answers that stop coming, and for approved ones that come back after that. */
export function isAnswerOutage(event: CanonicalEvent): boolean {
  if (event.event_type !== 'dnsquery.answer.changed' || !leadingTypes.has(event.record_type ?? ''))
    return false;
  if (Array.isArray(event.new_value) && event.new_value.length === 0) return true;
  const deviation = event.feature?.['deviation'] as FeatureOf<'deviation'> | undefined;
  const wasEmpty = Array.isArray(event.old_value) && event.old_value.length === 0;
  return wasEmpty && deviation?.outside_approved === false;
}

const churnWeights: Readonly<Record<ChangeClass, number>> = {
  ns: 5,
  ds: 5,
  transfer: 5,
  unlock: 4,
  auth_code: 4,
  registrant: 3,
  mx: 3,
  contact: 2,
  apex: 2,
  mail_text: 2,
  critical: 0.5,
  caa: 0.5,
  address: 0.5,
  text: 0.5,
  ttl: 0.5,
  other: 0.5,
};

/** Weight of a change in churn and clusters (3.2). A DS that is only added weighs like any other change; answers that
 * only stopped are an outage and weigh nothing. */
export function churnWeight(what: ChangeClass, event: CanonicalEvent): number {
  if (isAnswerOutage(event)) return 0;
  if (what === 'ds' && event.event_type === 'registrar.domain.ds_added') return 0.5;
  return churnWeights[what];
}

const deviationWeights: Readonly<Partial<Record<ChangeClass, number>>> = {
  ns: featureConstants.deviation.ns,
  ds: featureConstants.deviation.ds,
  mx: featureConstants.deviation.mx,
  apex: featureConstants.deviation.critical,
  critical: featureConstants.deviation.critical,
  mail_text: featureConstants.deviation.mailText,
  caa: featureConstants.deviation.caa,
  address: featureConstants.deviation.address,
  text: featureConstants.deviation.text,
  other: featureConstants.deviation.text,
  ttl: featureConstants.deviation.ttl,
};

/** Weight of a changed set in the deviation (3.6); 0 for controls that are no part of the approved record set. */
export function deviationWeight(what: ChangeClass, control: string, added: boolean): number {
  if (recordTypeOf(control) === undefined && what !== 'ns' && what !== 'ds' && what !== 'ttl') return 0;
  if (what === 'ds' && added) return featureConstants.deviation.text;
  return deviationWeights[what] ?? 0;
}

interface DomainEnrichment {
  readonly tier?: number;
  readonly critical_hosts?: readonly string[];
  readonly registrar_account?: string;
  readonly retire?: boolean;
}

/** Inventory facts of the event's domain: the version valid at the message, else what enrichment put on the event, else nothing. */
export function domainFacts(event: CanonicalEvent, context: StepContext): DomainEnrichment {
  const known = event.domain === undefined ? undefined : context.inventory.domain(event.tenant, event.domain);
  return known ?? (event.enrich?.['domain'] as DomainEnrichment | undefined) ?? {};
}
