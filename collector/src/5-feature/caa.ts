/** Reading of CAA sets (RFC 8659, RFC 8657) and what a change of them loosens (C06). */
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator } from '../contract/step.ts';
import { recordTypeOf } from '../leaf/control-value.ts';
import { changeOf } from './change-weight.ts';
import { plainText } from './mail-auth.ts';

/** One property of a CAA set. Issuer '' forbids every authority. */
export interface CaaProperty {
  readonly tag: string;
  readonly issuer: string;
  readonly accounts: readonly string[];
  readonly methods: readonly string[];
}

/** Reads a CAA set; entries that are no CAA data are left out. */
export function readCaa(values: readonly string[]): CaaProperty[] {
  return values.flatMap((value) => {
    const match = /^(\d{1,3}) +([a-z0-9]+) +(.*)$/iu.exec(value);
    if (match === null) return [];
    const [issuer = '', ...parameters] = plainText(match[3] ?? '').split(';');
    const named = (name: string) =>
      parameters.flatMap((parameter) => {
        const equals = parameter.indexOf('=');
        if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== name) return [];
        return [parameter.slice(equals + 1).trim()];
      });
    return [
      {
        tag: (match[2] ?? '').toLowerCase(),
        issuer: issuer.trim().toLowerCase(),
        accounts: named('accounturi'),
        methods: named('validationmethods').flatMap((list) => list.split(',')),
      },
    ];
  });
}

function issuersOf(set: readonly CaaProperty[], tag: 'issue' | 'issuewild'): CaaProperty[] | undefined {
  const own = set.filter((property) => property.tag === tag);
  if (own.length > 0) return own;
  return tag === 'issuewild' ? issuersOf(set, 'issue') : undefined;
}

function loosenedFor(before: CaaProperty[] | undefined, after: CaaProperty[] | undefined): string[] {
  if (before === undefined) return [];
  if (after === undefined) return ['removed'];
  const reasons: string[] = [];
  for (const property of after.filter(({ issuer }) => issuer !== '')) {
    const old = before.filter(({ issuer }) => issuer === property.issuer);
    if (old.length === 0) reasons.push('issuer_added');
    else {
      if (old.every(({ accounts }) => accounts.length > 0)) {
        const allowed = new Set(old.flatMap(({ accounts }) => accounts));
        if (property.accounts.length === 0) reasons.push('account_dropped');
        else if (property.accounts.some((account) => !allowed.has(account))) reasons.push('account_added');
      }
      if (old.every(({ methods }) => methods.length > 0) && property.methods.length === 0)
        reasons.push('methods_dropped');
    }
  }
  return reasons;
}

/** Restrictions that a CAA set lost, sorted; empty when none. */
export function caaLoosening(before: readonly string[], after: readonly string[]): string[] {
  const old = readCaa(before);
  const now = readCaa(after);
  const reasons = loosenedFor(issuersOf(old, 'issue'), issuersOf(now, 'issue'));
  if (
    loosenedFor(issuersOf(old, 'issuewild'), issuersOf(now, 'issuewild')).length > 0 &&
    reasons.length === 0
  )
    reasons.push('issuewild_loosened');
  return [...new Set(reasons)].sort();
}

/** True when a CAA set lets this authority issue. `issuers`: CAA domains of the authority; `wildcard`: for a wildcard name. */
export function caaAllows(
  values: readonly string[],
  issuer: string,
  account: string | undefined,
  wildcard: boolean,
): boolean {
  const allowed = issuersOf(readCaa(values), wildcard ? 'issuewild' : 'issue');
  if (allowed === undefined) return true;
  return allowed.some(
    (property) =>
      property.issuer !== '' &&
      property.issuer === issuer &&
      (property.accounts.length === 0 || account === undefined || property.accounts.includes(account)),
  );
}

/** Annotator that adds `feature.caa` to changes of CAA sets. */
export const caa: Annotator = {
  name: 'caa',
  scope: 'domain',
  wants: ['dns.record.', 'dnsquery.answer.changed'],
  step(_state, message) {
    if (message.kind !== 'event') return {};
    const { event } = message;
    const control = changeOf(event)?.control;
    if (control === undefined || recordTypeOf(control) !== 'CAA') return {};
    const old = Array.isArray(event.old_value) ? event.old_value : undefined;
    if (old === undefined || event.old_known !== true) return {};
    const reasons = caaLoosening(old, Array.isArray(event.new_value) ? event.new_value : []);
    const feature: FeatureOf<'caa'> = { loosened: reasons.length > 0, reasons };
    return { features: { caa: feature } };
  },
};
