/** The two statements of attribution (R08): nobody explains this change, and later: it is explained after all. */
import type { FeatureOf } from '../contract/features.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { DerivedDraft, StateView } from '../contract/step.ts';
import { staysWithProvider } from '../leaf/approved-alias.ts';
import { recordPrefix, recordTypeOf } from '../leaf/control-value.ts';

function aboutFact(fact: ChangeFact): Partial<DerivedDraft> {
  const type = recordTypeOf(fact.control);
  const confidence = 1 - fact.kinds.reduce((left, [, c]) => left * (1 - c), 1);
  return {
    event_type: 'derived.attribution.missing',
    ...(type === undefined
      ? { attribute: fact.control }
      : {
          record_name: fact.control.slice(recordPrefix.length, fact.control.lastIndexOf('/')),
          record_type: type,
        }),
    ...(fact.old === undefined ? { old_known: false } : { old_value: fact.old, old_known: true }),
    new_value: fact.value,
    change_fact_id: fact.id,
    confidence: Math.round(confidence * 1e6) / 1e6,
    ...(fact.account === undefined ? {} : { registrar_account: fact.account }),
  };
}

/**
 * `derived.attribution.missing` for a fact. `waitedMs` 0: nothing inside could have explained it. `domain`: its inventory
 * entry, undefined when there is none. `state`: of the domain.
 */
export function missingDraft(
  fact: ChangeFact,
  silent: readonly string[],
  waitedMs: number,
  domain: InventoryDomain | undefined,
  state: StateView,
): DerivedDraft {
  const attribution: FeatureOf<'attribution'> = {
    missing: true,
    witnesses: fact.kinds.map(([kind]) => kind).sort(),
    degraded: silent.length > 0,
    reasons: [...silent],
    control: fact.control,
    emptied: Array.isArray(fact.value) && fact.value.length === 0,
    inside_provider: staysWithProvider(fact, state, domain),
    waited_min: Math.round(waitedMs / 60_000),
  };
  return {
    ...aboutFact(fact),
    event_type: 'derived.attribution.missing',
    key: ['missing', fact.id],
    approval_state: 'not_found',
    feature: { attribution },
    links: fact.ids.map((id) => ({ rel: 'caused_by', event_id: id })),
  };
}

/**
 * Revision after a late explanation: same type and change fact, `feature.attribution.missing` false, linked with `revises`
 * to the events whose findings are to be judged again. `approved`: an intent covers it; else only an inside event tells who did it.
 */
export function explainedDraft(fact: ChangeFact, explainedBy: string, approved: boolean): DerivedDraft {
  const attribution: FeatureOf<'attribution'> = {
    missing: false,
    explained_by: explainedBy,
    witnesses: fact.kinds.map(([kind]) => kind).sort(),
    control: fact.control,
  };
  const intent: FeatureOf<'intent'> = { matched: explainedBy, late: true };
  return {
    ...aboutFact(fact),
    event_type: 'derived.attribution.missing',
    key: ['explained', fact.id, approved ? 'approved' : 'inside'],
    approval_state: approved ? 'approved' : 'not_found',
    feature: approved ? { attribution, intent } : { attribution },
    links: fact.ids.map((id) => ({ rel: 'revises', event_id: id })),
  };
}
