/** Two snapshots of one domain to change events: the poller's half of RDAP. Pure. */
import type { EventValue } from '../../contract/event.ts';
import type { EventDraft, NormaliseContext } from '../../contract/normaliser.ts';
import { canonicalJson } from '../../leaf/canonical-json.ts';
import { formatInstant } from '../../leaf/time.ts';
import type { RdapState } from './state.ts';
import { blankDraft } from '../blank-draft.ts';

/** A state with the time it was seen, epoch milliseconds, and the number of changes the poller had stored before it. */
export interface RdapSnapshot {
  readonly state: RdapState;
  readonly atMs: number;
  /** State epoch: counts stored changes, so that A to B to A gives three ids and a rerun of one step the same id. */
  readonly epoch: number;
}

/**
 * Changes between two snapshots, each with known old value and the interval it lies in. Attributes absent from either
 * side give nothing: not said is not a change. Order: by attribute, statuses split by meaning.
 */
export function diffRdap(
  previous: RdapSnapshot,
  current: RdapSnapshot,
  context: NormaliseContext,
): EventDraft[] {
  const drafts: EventDraft[] = [];
  for (const attribute of [...current.state.attributes.keys()].sort()) {
    const before = previous.state.attributes.get(attribute);
    const after = current.state.attributes.get(attribute);
    if (before === undefined || after === undefined || canonicalJson(before) === canonicalJson(after))
      continue;
    for (const type of typesOf(attribute, before, after))
      drafts.push(changeDraft(type, attribute, before, after, previous, current, context));
  }
  return drafts;
}

function typesOf(attribute: string, before: EventValue, after: EventValue): string[] {
  if (attribute === 'statuses') return statusTypes(asSet(before), asSet(after));
  if (attribute === 'nameservers') return ['nameservers_changed'];
  if (attribute === 'nameserver_addresses') return ['glue_changed'];
  if (attribute === 'registrar') return ['registrar_changed'];
  if (attribute === 'expiry') return [String(after) > String(before) ? 'renewed' : 'state_observed'];
  if (attribute === 'ds') {
    if (asSet(before).length === 0) return ['ds_added'];
    return [asSet(after).length === 0 ? 'ds_removed' : 'ds_changed'];
  }
  return attribute.startsWith('contact.') ? ['contact_changed'] : ['state_observed'];
}

function asSet(value: EventValue): readonly string[] {
  return Array.isArray(value) ? value : [];
}

const meanings: readonly (readonly [matches: RegExp, added: string, removed: string])[] = [
  [/^clientTransferProhibited$/, 'lock_enabled', 'lock_disabled'],
  [/^server[A-Za-z]+Prohibited$/, 'registry_lock_enabled', 'registry_lock_disabled'],
  [/^(client|server)Hold$/, 'hold_applied', 'hold_removed'],
  [/^autoRenewPeriod$/, 'expired', 'status_changed'],
  [/^redemptionPeriod$/, 'redemption_started', 'status_changed'],
  [/./, 'status_changed', 'status_changed'],
];

/** `ok` and `inactive` only say that no other status stands (RFC 5731 section 2.3): they are no change of their own. */
function statusTypes(before: readonly string[], after: readonly string[]): string[] {
  const types = new Set<string>();
  const add = (status: string, isAdded: boolean): void => {
    if (status === 'ok' || status === 'inactive') return;
    const meaning = meanings.find(([matches]) => matches.test(status));
    if (meaning !== undefined) types.add(isAdded ? meaning[1] : meaning[2]);
  };
  for (const status of after) if (!before.includes(status)) add(status, true);
  for (const status of before) if (!after.includes(status)) add(status, false);
  return types.size === 0 ? ['status_changed'] : [...types].sort();
}

function changeDraft(
  type: string,
  attribute: string,
  before: EventValue,
  after: EventValue,
  previous: RdapSnapshot,
  current: RdapSnapshot,
  context: NormaliseContext,
): EventDraft {
  const domain = current.state.domain;
  const registrar = current.state.attributes.get('registrar');
  return {
    ...blankDraft,
    key: [
      domain,
      attribute,
      context.sha256(canonicalJson(before)),
      context.sha256(canonicalJson(after)),
      String(previous.epoch),
    ],
    atom: attribute,
    event_type: `registrar.domain.${type}`,
    outcome: 'success',
    timestamp: formatInstant(current.atMs),
    timestamp_earliest: formatInstant(previous.atMs),
    timestamp_precision: 'interval',
    source_system: 'rdap',
    source_kind: 'rdap_poll',
    acquisition: 'diff',
    confidence: 0.8,
    confidence_basis: 'state_diff',
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    domain,
    registrar: typeof registrar === 'string' ? registrar : undefined,
    attribute,
    old_value: before,
    new_value: after,
    old_known: true,
    transaction_id: `rdap-${domain}-${current.atMs}`,
    sequence: String(previous.epoch),
    approval_state: 'not_checked',
  };
}
