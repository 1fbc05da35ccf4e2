/** Does an intent cover a change: same object, same value. A time span alone approves nothing. */
import type { IntentChange } from '../contract/inventory.ts';
import { comparable, recordPrefix, recordTypeOf, sameValue } from '../leaf/control-value.ts';

/** An intent as one entity keeps it: only the changes that name this entity. Times epoch milliseconds. */
export interface StoredIntent {
  id: string;
  fromMs: number;
  untilMs: number;
  /** When it became known. */
  knownMs: number;
  emergency: boolean;
  changes: IntentChange[];
  /** Places in `changes` of those that were seen, sorted. In checkpoints of older versions whether any was. */
  used: number[] | boolean;
}

/** Changes of an intent that nobody has seen; empty where an older version only knows that some were. */
export function unusedChanges({ changes, used }: StoredIntent): IntentChange[] {
  if (typeof used === 'boolean') return used ? [] : changes;
  return changes.filter((_change, index) => !used.includes(index));
}

/** A change to be judged. `values`: forms of the new value, any of which may match; empty: the source does not tell. */
export interface Candidate {
  readonly control: string;
  readonly values: readonly unknown[];
  readonly atMs: number;
  readonly earliestMs: number;
  /** A change of one record of a set: what it adds and removes. Several of them lead to the set that an intent names. */
  readonly step?: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** What the intents say about one change. */
export interface IntentVerdict {
  readonly matched?: StoredIntent;
  /** Matched as one record on the way to the set, not as the whole set. */
  readonly isStep?: boolean;
  /** Same object, other value. */
  readonly mismatch?: StoredIntent;
  /** Same object without a value. */
  readonly windowOnly: boolean;
  /** Some intent of this entity is valid at this time. */
  readonly anyValid: boolean;
}

const actionsOfControl: Readonly<Record<string, readonly IntentChange['action'][]>> = {
  nameservers: ['delegation'],
  ds: ['ds'],
  lock: ['lock'],
  registry_lock: ['registry_lock'],
  hold: ['hold'],
  registrar: ['transfer', 'registrar'],
  transfer: ['transfer', 'registrar'],
  account: ['account', 'transfer'],
  auth_code: ['transfer', 'registrar'],
  privacy: ['privacy'],
  auto_renew: ['auto_renew'],
  expiry: ['renewal'],
  dnssec: ['dnssec'],
  dnssec_key: ['dnssec'],
  zone: ['zone'],
};

function actionsOf(control: string): readonly IntentChange['action'][] {
  const type = recordTypeOf(control);
  if (type === 'CAA') return ['record', 'caa'];
  if (type === 'DNSKEY') return ['record', 'dnssec'];
  // The set inside the zone follows the one at the parent (RFC 1034, section 4.2.2).
  if (type === 'NS') return ['record', 'delegation'];
  if (type !== undefined) return ['record'];
  if (control.startsWith('ttl:')) return ['ttl'];
  if (control.startsWith('contact')) return ['contact'];
  if (control.startsWith('glue')) return ['glue'];
  if (control.startsWith('edge_config')) return ['edge_config'];
  return Object.hasOwn(actionsOfControl, control) ? (actionsOfControl[control] ?? []) : [];
}

/** Steps of a transfer that carry no value of their own: the transfer intent covers them. */
const stepsWithoutValue = new Set(['auth_code', 'transfer']);

const typeOfAction: Readonly<Partial<Record<IntentChange['action'], string>>> = {
  caa: 'CAA',
  dnssec: 'DNSKEY',
  delegation: 'NS',
};

function namesObject(change: IntentChange, control: string): boolean {
  if (!actionsOf(control).includes(change.action)) return false;
  if (control.startsWith(recordPrefix) || control.startsWith('ttl:')) {
    const rest = control.slice(control.indexOf(':') + 1);
    const slash = rest.lastIndexOf('/');
    const type = typeOfAction[change.action] ?? change.type;
    const name = change.name ?? (change.action === 'record' ? undefined : change.domain);
    return name === rest.slice(0, slash) && type === rest.slice(slash + 1);
  }
  if (change.action === 'contact') {
    const attribute = change.attribute;
    return attribute !== undefined && (control === attribute || control === `contact.${attribute}`);
  }
  if (change.action === 'glue') return change.name === undefined || control === `glue:${change.name}`;
  if (change.action === 'edge_config') {
    const object = change.object ?? change.attribute;
    return object !== undefined && control === `edge_config:${object}`;
  }
  return true;
}

function namesValue(change: IntentChange, candidate: Candidate): boolean {
  if (change.new === undefined) return false;
  if (stepsWithoutValue.has(candidate.control) && candidate.values.length === 0) return true;
  if (candidate.control === 'auth_code') return true;
  return candidate.values.some((value) => sameValue(candidate.control, change.new, value));
}

/** True when the change adds only what the intent wants and removes only what it does not: it leads to the approved set. */
function leadsToSet(change: IntentChange, { control, step }: Candidate): boolean {
  if (step === undefined || step.added.length + step.removed.length === 0) return false;
  if (!Array.isArray(change.new)) return false;
  const wanted = new Set(comparable(control, change.new).split('\n'));
  const items = (values: readonly string[]): string[] =>
    values.length === 0 ? [] : comparable(control, values).split('\n');
  return (
    items(step.added).every((item) => wanted.has(item)) &&
    !items(step.removed).some((item) => wanted.has(item))
  );
}

/** True when the intent is valid somewhere in the interval in which the change happened. */
export function validDuring(intent: StoredIntent, earliestMs: number, atMs: number): boolean {
  return intent.fromMs <= atMs && intent.untilMs >= earliestMs;
}

/** Judges a change against the intents of its entity. A match wins over a mismatch of another step of the same plan. */
export function judge(intents: readonly StoredIntent[], candidate: Candidate): IntentVerdict {
  let mismatch: StoredIntent | undefined;
  let step: StoredIntent | undefined;
  let windowOnly = false;
  let anyValid = false;
  for (const intent of intents) {
    if (!validDuring(intent, candidate.earliestMs, candidate.atMs)) continue;
    anyValid = true;
    for (const change of intent.changes) {
      if (!namesObject(change, candidate.control)) continue;
      if (namesValue(change, candidate)) return { matched: intent, windowOnly: false, anyValid: true };
      if (change.new === undefined) windowOnly = true;
      else if (leadsToSet(change, candidate)) step ??= intent;
      else if (candidate.values.length > 0) mismatch ??= intent;
    }
  }
  if (step !== undefined) return { matched: step, isStep: true, windowOnly: false, anyValid: true };
  return { ...(mismatch === undefined ? {} : { mismatch }), windowOnly, anyValid };
}

/** A change of an intent by its place. */
export interface IntentUse {
  readonly intent: string;
  readonly place: number;
}

/** Every change of every valid intent that names what happened: two tickets for one change are both used by it. */
export function usesOf(intents: readonly StoredIntent[], candidate: Candidate): IntentUse[] {
  return intents
    .filter((intent) => validDuring(intent, candidate.earliestMs, candidate.atMs))
    .flatMap(({ id, changes }) =>
      [...changes.keys()]
        .filter((place) => {
          const change = changes[place] as IntentChange;
          return (
            namesObject(change, candidate.control) &&
            (namesValue(change, candidate) || leadsToSet(change, candidate))
          );
        })
        .map((place) => ({ intent: id, place })),
    );
}
