/** What the queue shows, and in which order. Pure. */
import type { CaseSummary } from '../../api/shapes.ts';
import { isOpenCase } from '../../model/open-case.ts';
import { compareSeverityDown } from '../../model/words.ts';

/** Orders of the queue. */
export type CaseOrder = 'urgency' | 'age' | 'clock' | 'updated';

/** What a person filters by; empty: everything. */
export interface CaseFilter {
  readonly q: string;
  /** `open`, `all`, or one state. */
  readonly state: string;
  readonly severity: string;
  readonly team: string;
  readonly tenant: string;
  readonly domain: string;
  /** `me`: assigned to me; `nobody`: to nobody. */
  readonly who: string;
}

/** Time at which something becomes hard to undo. */
export interface Deadline {
  readonly deadline: string;
  readonly what: string;
  readonly basis: string;
}

/** Deadline of a case; undefined when nothing runs out. */
export function deadlineOf({ clock }: Pick<CaseSummary, 'clock'>): Deadline | undefined {
  if (typeof clock !== 'object' || clock === null) return undefined;
  const { deadline, what, basis } = clock as Record<string, unknown>;
  return typeof deadline === 'string' ? { deadline, what: String(what), basis: String(basis) } : undefined;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

const never = '~';

const comparers: Readonly<Record<CaseOrder, (a: CaseSummary, b: CaseSummary) => number>> = {
  urgency: (a, b) =>
    Number(isOpenCase(b)) - Number(isOpenCase(a)) ||
    compareSeverityDown(a.severity, b.severity) ||
    Number(a.drill) - Number(b.drill) ||
    byText(deadlineOf(a)?.deadline ?? never, deadlineOf(b)?.deadline ?? never) ||
    byText(b.opened_at, a.opened_at),
  age: (a, b) => byText(a.opened_at, b.opened_at),
  clock: (a, b) => byText(deadlineOf(a)?.deadline ?? never, deadlineOf(b)?.deadline ?? never),
  updated: (a, b) => byText(b.updated_at, a.updated_at),
};

/** Everything but severity, so that the counts by severity say what a click would show. */
export function casesBesideSeverity(
  items: readonly CaseSummary[],
  filter: CaseFilter,
  me: string | undefined,
): readonly CaseSummary[] {
  const words = filter.q.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter((item) => {
    const { state } = filter;
    if (state === 'open' ? !isOpenCase(item) : state !== 'all' && item.state !== state) return false;
    if (filter.team !== '' && item.team !== filter.team) return false;
    if (filter.tenant !== '' && item.tenant !== filter.tenant) return false;
    if (filter.domain !== '' && !item.domains.includes(filter.domain)) return false;
    if (filter.who === 'me' && item.assignee !== me) return false;
    if (filter.who === 'nobody' && item.assignee !== null) return false;
    if (words.length === 0) return true;
    const text =
      `${item.title} ${item.domains.join(' ')} ${item.case_id} ${item.detections.join(' ')} ${item.assignee ?? ''} ${item.owner ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Cases of a severity in an order; ties by id, so that nothing jumps. */
export function orderedCases(
  items: readonly CaseSummary[],
  severity: string,
  order: string,
): readonly CaseSummary[] {
  const compare = comparers[order as CaseOrder] ?? comparers.urgency;
  return items
    .filter((item) => severity === '' || item.severity === severity)
    .sort((a, b) => compare(a, b) || byText(a.case_id, b.case_id));
}

/** `casey.hill@acme.example` of `okta:casey.hill@acme.example`. */
export function personName(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}
