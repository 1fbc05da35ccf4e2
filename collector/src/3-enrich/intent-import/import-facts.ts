/**
 * What every import of intents needs and gives. A plan of another tool becomes intents that name object and value; what the
 * plan leaves open is refused with a sentence, never guessed: a guessed approval is worse than none.
 */
import type { Failure, Outcome } from '../../contract/outcome.ts';
import type { Intent, IntentChange } from '../../contract/inventory.ts';
import { canonicalName } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';

/** What the importing side knows. Times RFC 3339 UTC. */
export interface ImportFacts {
  readonly tenant: string;
  /** When the plan reached us; the intent counts from here on. */
  readonly knownAt: string;
  /** End of validity for plans that name none. */
  readonly validUntil: string;
  /** Id for plans that carry none; parts of a plan get a suffix. */
  readonly id: string;
  readonly requestedBy?: string;
  readonly approvedBy?: string;
  /** The monitored domain that holds a name; undefined: the name is not ours, and nothing about it can be approved. */
  readonly domainOf: (name: string) => string | undefined;
  /** Record set in force now as the inventory approves it; undefined: not known. Needed for plans that name single records. */
  readonly currentSet: (name: string, type: string) => readonly string[] | undefined;
}

/** Intents of a plan, and the parts of it that approve nothing, each with place and reason. */
export interface ImportedIntents {
  readonly intents: readonly Intent[];
  readonly refused: readonly Failure[];
  /** Id of a ticket that was rejected or called off: what it approved before ends now. */
  readonly calledOff?: string;
}

/** One format. A failure: nothing of the text can be read. */
export type IntentImport = (text: string, facts: ImportFacts) => Outcome<ImportedIntents>;

/** Collects changes and refusals while a plan is read. */
export class ImportCollector {
  readonly changes: IntentChange[] = [];
  readonly refused: Failure[] = [];
  readonly #facts: ImportFacts;

  constructor(facts: ImportFacts) {
    this.#facts = facts;
  }

  /** Notes a part that approves nothing. */
  refuse(path: string, message: string): void {
    this.refused.push({ code: 'bad_field', path, message });
  }

  /** Canonical name inside a monitored domain, or undefined after a refusal. */
  ownName(path: string, text: unknown): { name: string; domain: string } | undefined {
    const name = typeof text === 'string' ? canonicalName(text) : undefined;
    if (name === undefined) {
      this.refuse(path, 'is not a DNS name');
      return undefined;
    }
    const domain = this.#facts.domainOf(name);
    if (domain === undefined) {
      this.refuse(path, `${name} lies in no domain of this tenant's inventory`);
      return undefined;
    }
    return { name, domain };
  }

  /** Approves a whole record set; an empty list approves its removal. */
  recordSet(
    path: string,
    nameText: unknown,
    type: string,
    values: readonly string[],
    old?: readonly string[],
  ): void {
    const own = this.ownName(path, nameText);
    if (own === undefined) return;
    this.changes.push({
      domain: own.domain,
      action: 'record',
      name: own.name,
      type,
      ...(old === undefined ? {} : { old: canonicalRecordSet(type, old) }),
      new: canonicalRecordSet(type, values),
    });
  }

  /** Drops repeated changes, and every change that another one contradicts; each of those is refused with `message`. */
  refuseContradictions(message: string): void {
    const keyOf = ({ action, domain, name, type }: IntentChange): string =>
      [action, domain, name ?? '', type ?? ''].join('/');
    const values = new Map<string, Set<string>>();
    for (const change of this.changes) {
      const known = values.get(keyOf(change)) ?? new Set();
      values.set(keyOf(change), known.add(JSON.stringify(change.new)));
    }
    const seen = new Set<string>();
    const kept = this.changes.filter((change) => {
      const key = keyOf(change);
      if (values.get(key)?.size !== 1 || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
    this.changes.splice(0, this.changes.length, ...kept);
    for (const [key, each] of values) if (each.size > 1) this.refuse('', `${key}: ${message}`);
  }

  /** Everything collected as one intent; none when no change could be approved. */
  finished(source: NonNullable<Intent['source']>, intent: Partial<Intent> = {}): ImportedIntents {
    if (this.changes.length === 0) return { intents: [], refused: this.refused };
    const { tenant, id, knownAt, validUntil, requestedBy, approvedBy } = this.#facts;
    return {
      intents: [
        {
          id,
          tenant,
          source,
          ...(requestedBy === undefined ? {} : { requested_by: requestedBy }),
          ...(approvedBy === undefined ? {} : { approved_by: approvedBy }),
          valid_from: knownAt,
          valid_until: validUntil,
          known_at: knownAt,
          changes: this.changes,
          ...intent,
        },
      ],
      refused: this.refused,
    };
  }
}

/** Own member of a JSON object; undefined for anything else. */
export function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** Text member, not empty; undefined for anything else. */
export function textOf(value: unknown, key: string): string | undefined {
  const text = memberOf(value, key);
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** List of texts; undefined when it is not a list or holds anything else. */
export function textsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? [...value] : undefined;
}
