/** What an automatic step of a playbook may read: one case and everything the collector knows about its names. Read only. */
import type { Case } from '../../contract/case.ts';
import type { Evidence, Finding } from '../../contract/finding.ts';
import type { InventoryDomain, InventoryPrincipal } from '../../contract/inventory.ts';
import { ledgerControl, viewInForce, viewSource, type LedgerView } from '../../contract/ledger.ts';
import type { StateView } from '../../contract/step.ts';
import { formatInstant } from '../../leaf/time.ts';
import type { Collector } from '../collector.ts';
import { domainState } from '../api-parts.ts';

/** The case a step looks at. */
export interface StepSubject {
  readonly collector: Pick<
    Collector,
    'host' | 'tables' | 'current' | 'counters' | 'watch' | 'checksOf' | 'stores'
  >;
  readonly about: Case;
  readonly findings: readonly Finding[];
  readonly nowMs: number;
}

/** A sentence with the result; undefined: not yet, look again soon. */
export type StepResult = string | undefined;

/** One automatic step: reads and says. It never changes anything and never rejects. */
export type StepCheck = (subject: StepSubject) => StepResult;

const namesMax = 5;

/** Names of the case that the inventory has, at most five, sorted. */
export function ownDomains({ collector, about }: StepSubject): InventoryDomain[] {
  const inventory = collector.tables.inventory.latest();
  return about.domains.flatMap((name) => inventory.domain(about.tenant, name) ?? []).slice(0, namesMax);
}

/** State of a domain of the case; undefined before its first message. */
export function stateOf({ collector, about }: StepSubject, domain: string): StateView | undefined {
  return domainState({ collector: collector as Collector }, about.tenant, domain);
}

/** Value, witness and time of a control in force, as words; undefined when nobody knows it. */
export function inForceWords(state: StateView | undefined, control: string): string | undefined {
  const view = state === undefined ? undefined : viewInForce(ledgerControl(state, control));
  return view === undefined ? undefined : viewWords(view);
}

/** A view as words. */
export function viewWords(view: LedgerView): string {
  return `${valueWords(view[0])} (${viewSource(view).replaceAll('_', ' ')}, ${minute(view[2])})`;
}

/** A value of a control as words. */
export function valueWords(value: unknown): string {
  const list = (Array.isArray(value) ? value : value === null || value === undefined ? [] : [value]).map(
    String,
  );
  if (list.length === 0) return 'nothing';
  const rest = list.length - 6;
  return list.slice(0, 6).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Time to the minute, UTC. */
export function minute(atMs: number): string {
  return atMs <= 0 ? 'before the first look' : `${formatInstant(atMs).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Direct evidence of the case's open findings that nobody approved, each once. */
export function openEvidence({ findings }: StepSubject): Evidence[] {
  const seen = new Map<string, Evidence>();
  for (const { evidence, state } of findings)
    if (state === 'open')
      for (const each of evidence)
        if (!each.event_type.startsWith('derived.') && each.approval_state !== 'approved')
          seen.set(each.event_id, each);
  return [...seen.values()].sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
}

/** Principals of a tenant, as the inventory has them. */
export function principalsOf({ collector, about }: StepSubject): readonly InventoryPrincipal[] {
  return (collector.current.inventory.principals ?? []).filter(({ tenant }) => tenant === about.tenant);
}

/** `1 domain`, `3 domains`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** A list as words; `none` when it is empty. */
export function listed(words: readonly string[], none: string, most = 8): string {
  if (words.length === 0) return none;
  const rest = words.length - most;
  return words.slice(0, most).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
