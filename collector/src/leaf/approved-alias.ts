/**
 * Addresses behind an approved alias. Who moves a name to a content network approves the alias; the addresses behind it are
 * the network's and change without notice. The alias must have been followed for these very addresses: one that is only
 * configured says nothing, because a hijack may show in the addresses before the alias goes.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { InventoryDomain } from '../contract/inventory.ts';
import { changeFacts, ledgerControl, viewInForce } from '../contract/ledger.ts';
import type { StateView } from '../contract/step.ts';
import { approvedValue, isInsideProvider, staysInsideProvider } from './approved-state.ts';
import { recordControl, recordPrefix, recordTypeOf, sameValue } from './control-value.ts';

const otherFamily: Readonly<Record<string, string>> = { A: 'AAAA', AAAA: 'A' };

/** An address set that changed, as an event or a change fact tells it. `aliasIntent`: the intent in force that approves this alias. */
export interface AddressAnswer {
  readonly control: string;
  readonly alias?: string | undefined;
  readonly old?: unknown;
  readonly value: unknown;
  readonly aliasIntent?: string | undefined;
}

function siblingControl(control: string, type: string): string {
  return recordControl(control.slice(recordPrefix.length, control.lastIndexOf('/')), type);
}

/** Control of the alias at the name of an A or AAAA control; undefined for every other control. */
export function aliasControl(control: string): string | undefined {
  const type = recordTypeOf(control);
  return type === 'A' || type === 'AAAA' ? siblingControl(control, 'CNAME') : undefined;
}

/** Alias that our own probe's resolvers followed to the addresses of this event; undefined for other controls and witnesses. */
export function followedAlias(control: string, event: CanonicalEvent): string | undefined {
  return event.source_kind === 'answer_probe' && aliasControl(control) !== undefined
    ? event.query?.alias
    : undefined;
}

function isAnswer(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/**
 * An alias whose target had gone and that answers again is a take-over, whoever approved it. A name that had addresses of
 * the other family only was alive, unless those appeared out of nothing themselves.
 */
function answeredBefore({ control, old }: AddressAnswer, state: StateView): boolean {
  if (isAnswer(old)) return true;
  const other = siblingControl(control, otherFamily[recordTypeOf(control) ?? ''] ?? '');
  if (!isAnswer(viewInForce(ledgerControl(state, other))?.[0])) return false;
  return !changeFacts(state).some((fact) => fact.control === other && !isAnswer(fact.old));
}

/**
 * True when a changed address set lies behind an alias that somebody approved for this name: the inventory by its record or
 * a `cname` provider, an intent in force, or the approval of the change that set it. False for an empty set, without a
 * followed alias, and for a name that did not answer before. `state`: of the domain; `domain`: its inventory entry.
 */
export function isBehindApprovedAlias(
  answer: AddressAnswer,
  state: StateView,
  domain: InventoryDomain | undefined,
): boolean {
  const control = aliasControl(answer.control);
  if (control === undefined || answer.alias === undefined || !isAnswer(answer.value)) return false;
  if (!answeredBefore(answer, state)) return false;
  if (answer.aliasIntent !== undefined) return true;
  const target = [answer.alias];
  const approved = approvedValue(control, domain);
  if (approved !== undefined && sameValue(control, approved, target)) return true;
  if (isInsideProvider(control, target, domain)) return true;
  const newest = changeFacts(state).findLast((fact) => fact.control === control && fact.endMs === undefined);
  return newest?.approval === 'approved' && sameValue(control, newest.value, target);
}

/**
 * True when a change is what an approved provider does by itself: its values stay inside the provider (`staysInsideProvider`), or
 * its addresses lie behind an approved alias. `state`: of the domain; `domain`: its inventory entry.
 */
export function staysWithProvider(
  fact: AddressAnswer,
  state: StateView,
  domain: InventoryDomain | undefined,
): boolean {
  return (
    staysInsideProvider(fact.control, fact.old, fact.value, domain) ||
    isBehindApprovedAlias(fact, state, domain)
  );
}
