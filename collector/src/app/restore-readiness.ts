/**
 * Restore readiness: once a day the last known good state of every domain is put to its executor as a dry run. Credentials
 * that expired and keys that lost their right are found on a quiet day, not during an incident.
 */
import type { ReadinessView } from '../contract/api.ts';
import type { Surroundings } from '../contract/component.ts';
import type { Inventory, InventoryDomain } from '../contract/inventory.ts';
import { canonicalRecordSet } from '../leaf/record-data.ts';
import { formatInstant } from '../leaf/time.ts';
import type { Executor, FixedPlan } from '../8-sink/action/executor.ts';

/** What it works with. */
export interface ReadinessParts {
  readonly executors: readonly Executor[];
  readonly inventory: () => Inventory;
  readonly around: Pick<Surroundings, 'nowMs' | 'sleep'>;
}

interface Result {
  readonly state: 'ready' | 'drifted' | 'not_ready';
  readonly atMs: number;
  readonly detail: string;
  readonly changes: readonly string[];
}

const dayMs = 86_400_000;
const lookEveryMs = 60_000;
/** Between two domains: provider APIs have limits that people need during an incident. */
const pauseMs = 1000;
const timeoutMs = 15_000;

function keyOf({ tenant, domain }: Pick<InventoryDomain, 'tenant' | 'domain'>): string {
  return `${tenant}|${domain}`;
}

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

/** Keeps the newest result per domain. */
export class RestoreReadiness {
  readonly #parts: ReadinessParts;
  readonly #results = new Map<string, Result>();

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** The executor whose id is the domain's DNS provider in the inventory; undefined when there is none. */
  executorOf(entry: InventoryDomain): Executor | undefined {
    return this.#parts.executors.find(
      ({ id, kinds }) => id === entry.dns_provider && kinds.includes('set_records'),
    );
  }

  /** What is known about a domain. */
  view(entry: InventoryDomain): ReadinessView {
    const { tenant, domain } = entry;
    const executor = this.executorOf(entry);
    const base = { tenant, domain, executor: executor?.id ?? null, changes: [] };
    const none = { ...base, state: 'not_ready' as const, checked_at: null };
    if (executor === undefined)
      return { ...none, detail: 'no executor of "actions" has the name of its dns_provider' };
    if (goodPlan(entry) === undefined)
      return { ...none, detail: 'the inventory approves no records, so there is nothing to go back to' };
    const result = this.#results.get(keyOf(entry));
    if (result === undefined)
      return { ...base, state: 'unknown', checked_at: null, detail: 'not looked at yet' };
    const { state, atMs, detail, changes } = result;
    return { ...base, state, checked_at: formatInstant(atMs), detail, changes: [...changes] };
  }

  /** Asks the executor of one domain now; false when there is nothing to ask. */
  async check(entry: InventoryDomain, signal: AbortSignal): Promise<boolean> {
    const executor = this.executorOf(entry);
    const plan = goodPlan(entry);
    if (executor === undefined || plan === undefined) return false;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const preview = await executor.preview(plan, bounded);
    const atMs = this.#parts.around.nowMs();
    if (signal.aborted) return true;
    if (!preview.ok)
      this.#results.set(keyOf(entry), {
        state: 'not_ready',
        atMs,
        detail: preview.failure.message,
        changes: [],
      });
    else {
      const { changes } = preview.value;
      const drifted = changes.length > 0;
      this.#results.set(keyOf(entry), {
        state: drifted ? 'drifted' : 'ready',
        atMs,
        detail: drifted ? 'a restore would change something now' : 'everything is as approved',
        changes,
      });
    }
    return true;
  }

  /** Looks after every domain once a day until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { around, inventory } = this.#parts;
    while (!signal.aborted) {
      for (const entry of inventory().domains ?? []) {
        const lastMs = this.#results.get(keyOf(entry))?.atMs ?? Number.NEGATIVE_INFINITY;
        if (signal.aborted || around.nowMs() - lastMs < dayMs) continue;
        if (await this.check(entry, signal)) await around.sleep(pauseMs, signal).catch(() => undefined);
      }
      await around.sleep(lookEveryMs, signal).catch(() => undefined);
    }
  }
}
