/** The irreversibility clock: how long until recovery gets hard, and where the number comes from. */
import type { FindingDraft } from '../contract/finding.ts';
import { parseInstant } from '../leaf/time.ts';

/** A deadline with its reason and the source of the number. */
export interface Deadline {
  readonly deadlineMs: number;
  readonly what: string;
  readonly basis: string;
}

const dayMs = 86_400_000;

interface Row {
  readonly types: readonly string[];
  readonly spanMs: number;
  readonly what: string;
  readonly basis: string;
  readonly attribute?: string;
}

const rows: readonly Row[] = [
  {
    types: ['registrar.domain.transfer_requested'],
    spanMs: 5 * dayMs,
    what: 'the pending transfer completes unless the losing registrar refuses it',
    basis:
      'ICANN Transfer Policy I.A.3: five calendar days to answer, no answer counts as consent; gTLDs, ccTLDs differ',
  },
  {
    types: ['registrar.domain.nameservers_changed', 'registrar.domain.glue_changed'],
    spanMs: 2 * dayMs,
    what: 'the last resolvers that still hold the old delegation ask again; wrong copies stay cached just as long after it is restored',
    basis: 'usual NS TTL of large TLDs at the parent, 172800 s; read the real one with a query at the parent',
    attribute: 'nameservers',
  },
  {
    types: ['registrar.domain.redemption_started'],
    spanMs: 30 * dayMs,
    what: 'the redemption period ends; afterwards the name is deleted and anybody can register it',
    basis: 'ICANN Expired Registration Recovery Policy section 3: 30 days, gTLDs; ccTLDs differ',
  },
];

/**
 * The nearest deadline among unapproved evidence, counted from the time of the act (for a polled change from its upper
 * bound); undefined when nothing in it runs out. A deadline is a statement about the rules of a registry, not a promise.
 */
export function deadlineOf(draft: FindingDraft): Deadline | undefined {
  let nearest: Deadline | undefined;
  for (const evidence of draft.evidence) {
    if (evidence.approval_state === 'approved') continue;
    const row = rows.find(
      (each) =>
        each.types.includes(evidence.event_type) ||
        (evidence.event_type === 'derived.attribution.missing' &&
          each.attribute !== undefined &&
          each.attribute === evidence.attribute),
    );
    const at = parseInstant(evidence.timestamp);
    if (row === undefined || at === undefined) continue;
    const deadlineMs = at.ms + row.spanMs;
    if (nearest === undefined || deadlineMs < nearest.deadlineMs)
      nearest = { deadlineMs, what: row.what, basis: row.basis };
  }
  return nearest;
}
