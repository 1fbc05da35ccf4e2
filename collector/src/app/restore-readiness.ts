/**
 * Restore readiness: the last known good plan of every domain (delegation, DS, records, transfer lock), and once a day a
 * dry run of what an executor can do. Credentials that expired and keys that lost their right are found on a quiet day,
 * not during an incident. What no executor can do is said to be a person's work, with the number to call.
 */
import type { ReadinessPart, ReadinessView } from '../contract/api.ts';
import type { Surroundings } from '../contract/component.ts';
import type { Inventory, InventoryAccount, InventoryDomain } from '../contract/inventory.ts';
import type { Outcome } from '../contract/outcome.ts';
import { sameValue } from '../leaf/control-value.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import type { Executor, FixedPlan, Preview } from '../8-sink/action/executor.ts';
import type { DryRun, ExecutedPart, ReadinessStore } from './readiness-store.ts';

/** What an outside witness sees now of a control, and since when it says so. */
export type SeenControl = (
  tenant: string,
  domain: string,
  control: 'nameservers' | 'ds' | 'lock',
) => { readonly value: unknown; readonly atMs: number } | undefined;

/** What it works with. `seen` absent: nothing is known from outside. */
export interface ReadinessParts {
  readonly executors: readonly Executor[];
  readonly inventory: () => Inventory;
  readonly store: ReadinessStore;
  readonly around: Pick<Surroundings, 'nowMs' | 'sleep' | 'log'>;
  readonly seen?: SeenControl;
}

const dayMs = 86_400_000;
const lookEveryMs = 60_000;
/** Between two questions: provider APIs have limits that people need during an incident. */
const pauseMs = 1000;
const timeoutMs = 15_000;

/** The approved record sets of a domain as a plan; undefined when the inventory approves none. */
export function goodPlan(entry: InventoryDomain): FixedPlan | undefined {
  const records = (entry.approved?.records ?? [])
    .filter(({ name }) => !name.startsWith('*'))
    .map(({ name, type, values, ttl }) => ({
      name,
      type,
      values: canonicalRecordSet(type, values),
      ...(ttl === undefined ? {} : { ttl }),
    }));
  return records.length === 0 ? undefined : { kind: 'set_records', zone: entry.domain, records };
}

/** Names an executor may have to be the one of a domain's registrar: its account, or the registrar itself. */
function registrarNames({ registrar_account: account, dns_provider: provider }: InventoryDomain): string[] {
  if (account === undefined) return provider === undefined ? [] : [provider];
  return [account, account.slice(0, Math.max(0, account.indexOf('/'))) || account];
}

const order = ['not_ready', 'unknown', 'drifted', 'ready'] as const;

/** Plans, asks and remembers. */
export class RestoreReadiness {
  readonly #parts: ReadinessParts;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** The executor whose id is the domain's DNS provider in the inventory; undefined when there is none. */
  executorOf(entry: InventoryDomain): Executor | undefined {
    return this.#executorNamed([entry.dns_provider ?? ''], 'set_records');
  }

  #executorNamed(names: readonly string[], kind: FixedPlan['kind']): Executor | undefined {
    return this.#parts.executors.find(({ id, kinds }) => names.includes(id) && kinds.includes(kind));
  }

  /** What an executor can put back, with the executor. */
  #executed(entry: InventoryDomain): { part: ExecutedPart; executor: Executor; plan: FixedPlan }[] {
    const found: { part: ExecutedPart; executor: Executor; plan: FixedPlan }[] = [];
    const plan = goodPlan(entry);
    const records = this.executorOf(entry);
    if (plan !== undefined && records !== undefined) found.push({ part: 'records', executor: records, plan });
    const lock = this.#executorNamed(registrarNames(entry), 'lock_transfer');
    if (entry.expect?.transfer_lock === true && lock !== undefined)
      found.push({ part: 'lock', executor: lock, plan: { kind: 'lock_transfer', domain: entry.domain } });
    return found;
  }

  /** What is known about a domain: the whole, and part by part. */
  view(entry: InventoryDomain): ReadinessView {
    const { tenant, domain } = entry;
    const parts = this.#partsOf(entry);
    const executable = parts.filter(({ state }) => state !== 'by_hand');
    const worst = order.find((state) => executable.some((part) => part.state === state));
    const checked = executable.map(({ checked_at: at }) => at).filter((at) => at !== null);
    const base = {
      tenant,
      domain,
      executor: this.executorOf(entry)?.id ?? null,
      changes: parts.flatMap(({ changes }) => changes),
      parts,
    };
    if (worst === undefined)
      return { ...base, state: 'not_ready', checked_at: null, detail: this.#nothingToAsk(entry) };
    const drifted = parts.some(({ state, changes }) => state === 'by_hand' && changes.length > 0);
    const state = worst === 'ready' && drifted ? 'drifted' : worst;
    const told = executable.find((part) => part.state === worst)?.detail ?? '';
    return {
      ...base,
      state,
      checked_at: checked.length === 0 ? null : (checked.sort()[0] ?? null),
      detail: state === worst ? told : 'what is seen from outside is not as approved',
    };
  }

  #nothingToAsk(entry: InventoryDomain): string {
    return goodPlan(entry) === undefined
      ? 'the inventory approves no records, so there is nothing to go back to'
      : 'no executor of "actions" has the name of its dns_provider';
  }

  #partsOf(entry: InventoryDomain): ReadinessPart[] {
    const { approved, expect } = entry;
    const parts: ReadinessPart[] = [];
    if (approved?.nameservers !== undefined)
      parts.push(this.#byHand(entry, 'delegation', 'nameservers', approved.nameservers));
    if (approved?.ds !== undefined) parts.push(this.#byHand(entry, 'ds', 'ds', approved.ds));
    const executed = this.#executed(entry);
    for (const { part, executor, plan } of executed) parts.push(this.#asked(entry, part, executor, plan));
    if (expect?.transfer_lock === true && !executed.some(({ part }) => part === 'lock'))
      parts.push(this.#byHand(entry, 'lock', 'lock', 'enabled'));
    return parts;
  }

  #asked(entry: InventoryDomain, part: ExecutedPart, executor: Executor, plan: FixedPlan): ReadinessPart {
    const wanted =
      plan.kind === 'set_records'
        ? plan.records.map(({ name, type, values }) => `${name} ${type}: ${values.join(', ')}`)
        : ['transfer lock on'];
    const run = this.#parts.store.get(entry.tenant, entry.domain, part);
    const base = { part, executor: executor.id, wanted };
    if (run === undefined)
      return { ...base, state: 'unknown', checked_at: null, detail: 'not looked at yet', changes: [] };
    const { state, atMs, detail, changes } = run;
    return { ...base, state, checked_at: formatInstant(atMs), detail, changes: [...changes] };
  }

  /** A part that a person restores at the registrar; what a witness sees says whether it would change something. */
  #byHand(
    entry: InventoryDomain,
    part: ReadinessPart['part'],
    control: 'nameservers' | 'ds' | 'lock',
    wanted: readonly string[] | string,
  ): ReadinessPart {
    const seen = this.#parts.seen?.(entry.tenant, entry.domain, control);
    const text = (value: unknown): string =>
      Array.isArray(value) ? value.join(', ') || 'nothing' : String(value);
    const differs = seen !== undefined && !sameValue(control, seen.value as never, wanted as never);
    return {
      part,
      executor: null,
      state: 'by_hand',
      checked_at: seen === undefined ? null : formatInstant(seen.atMs),
      detail: `no executor changes this; ${this.#whoToCall(entry)}`,
      wanted: [...(typeof wanted === 'string' ? [wanted] : wanted)],
      changes: differs ? [`${part}: ${text(seen.value)} becomes ${text(wanted)}`] : [],
    };
  }

  #whoToCall({ tenant, registrar_account: id }: InventoryDomain): string {
    if (id === undefined) return 'the inventory names no registrar account';
    const account: InventoryAccount | undefined = (this.#parts.inventory().registrar_accounts ?? []).find(
      (each) => each.tenant === tenant && each.id === id,
    );
    const contact = account?.emergency_contact;
    return contact === undefined
      ? `a person does it at ${id}, which has no emergency_contact in the inventory`
      : `a person does it at ${id}: ${contact}`;
  }

  /** Asks the executors of one domain now; false when there is nothing to ask. */
  async check(entry: InventoryDomain, signal: AbortSignal): Promise<boolean> {
    const executed = this.#executed(entry);
    for (const { part, executor, plan } of executed) {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      const preview = await executor.preview(plan, bounded);
      if (signal.aborted) return true;
      const run = dryRunOf(preview, this.#parts.around.nowMs());
      this.#parts.store.put(entry.tenant, entry.domain, part, run);
    }
    return executed.length > 0;
  }

  #isDue(entry: InventoryDomain, nowMs: number): boolean {
    return this.#executed(entry).some(({ part }) => {
      const lastMs =
        this.#parts.store.get(entry.tenant, entry.domain, part)?.atMs ?? Number.NEGATIVE_INFINITY;
      return nowMs - lastMs >= dayMs;
    });
  }

  /** Looks after every domain once a day until `signal` aborts, also over restarts. */
  async run(signal: AbortSignal): Promise<void> {
    const { around, inventory, store } = this.#parts;
    while (!signal.aborted) {
      const domains = inventory().domains ?? [];
      const known = new Set(domains.map(({ tenant, domain }) => `${tenant}|${domain}`));
      try {
        store.forget((tenant, domain) => known.has(`${tenant}|${domain}`));
        for (const entry of domains) {
          if (signal.aborted || !this.#isDue(entry, around.nowMs())) continue;
          if (await this.check(entry, signal)) await around.sleep(pauseMs, signal).catch(() => undefined);
        }
      } catch (error) {
        // What fails here (a full disk) is tried again at the next round.
        around.log('error', `restore readiness: ${String(error)}`);
      }
      await around.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }
}

function dryRunOf(preview: Outcome<Preview>, atMs: number): DryRun {
  if (!preview.ok) return { state: 'not_ready', atMs, detail: preview.failure.message, changes: [] };
  const { changes } = preview.value;
  return changes.length > 0
    ? { state: 'drifted', atMs, detail: 'a restore would change something now', changes }
    : { state: 'ready', atMs, detail: 'everything is as approved', changes };
}
