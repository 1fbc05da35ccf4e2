/**
 * Factor and password resets of people, kept per tenant because the one who resets is often not the one who is reset.
 * Adds `feature.mfa.reset_72h` to later events of that person, and `feature.mailbox` to mail events.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import type { Annotator, InventoryView, StateView, StepContext } from '../contract/step.ts';
import { ownNumber } from '../leaf/own-number.ts';
import { ledgerConstants } from './constants.ts';

const stateName = 'resets';
const peopleMax = 1024;
const resetTypes = new Set([
  'identity.user.mfa_removed',
  'identity.user.mfa_reset',
  'identity.user.password_reset',
  'identity.user.recovery_changed',
]);

interface Resets {
  /** Last reset per principal. */
  last: Record<string, number>;
  evicted: number;
}

/** Annotator of resets by person. */
export const resetLedger: Annotator = {
  name: 'resets',
  scope: 'organisation',
  wants: ['registrar.', 'dns.', 'identity.'],
  bounded: [stateName],
  step(state, message, context) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    if (resetTypes.has(event.event_type) && event.outcome !== 'failure' && event.outcome !== 'attempt')
      note(state, personOf('subject', event.identity?.target_user ?? event.actor_id, event, context), timeMs);
    if (event.actor_id === 'unknown') return {};
    const last = state.get<Resets>(stateName)?.last;
    const person = personOf('actor', event.actor_id, event, context);
    const at = last !== undefined && Object.hasOwn(last, person) ? last[person] : undefined;
    if (at === undefined || at > timeMs || at <= timeMs - ledgerConstants.resetWindowMs) return {};
    const before = event.feature?.['mfa'] as FeatureOf<'mfa'> | undefined;
    return { features: { mfa: { ...before, reset_72h: true } satisfies FeatureOf<'mfa'> } };
  },
};

/** As enrichment knows them, by whichever of their names; else by the id alone. */
function personOf(
  group: 'actor' | 'subject',
  id: string,
  event: CanonicalEvent,
  context: StepContext,
): string {
  const person = (event.enrich?.[group] as { person?: unknown } | undefined)?.person;
  return typeof person === 'string' ? person : (context.inventory.principal(event.tenant, id)?.id ?? id);
}

function note(state: StateView, person: string, atMs: number): void {
  if (person === 'unknown' || person === '__proto__') return;
  const resets = state.edit<Resets>(stateName, () => ({ last: {}, evicted: 0 }));
  resets.last[person] = Math.max(ownNumber(resets.last, person), atMs);
  for (const [name, at] of Object.entries(resets.last))
    if (at <= atMs - ledgerConstants.resetWindowMs) delete resets.last[name];
  const names = Object.keys(resets.last);
  if (names.length <= peopleMax) return;
  const oldest = names.reduce((a, b) => ((resets.last[b] ?? 0) < (resets.last[a] ?? 0) ? b : a));
  delete resets.last[oldest];
  resets.evicted += 1;
}

const knownAccounts = new WeakMap<InventoryView, Map<string, readonly string[]>>();

/** Accounts that hold a domain of a tenant, each once; looked for once per version of the inventory. */
function accountsOf(inventory: InventoryView, tenant: string): readonly string[] {
  let tenants = knownAccounts.get(inventory);
  if (tenants === undefined) knownAccounts.set(inventory, (tenants = new Map()));
  let accounts = tenants.get(tenant);
  if (accounts === undefined) {
    const held = inventory.domains(tenant).flatMap(({ registrar_account: id }) => id ?? []);
    tenants.set(tenant, (accounts = [...new Set(held)]));
  }
  return accounts;
}

/** Annotator that says whether a mailbox receives registrar notices (M01). */
export const contactMailboxes: Annotator = {
  name: 'mailboxes',
  scope: 'organisation',
  wants: ['mail.'],
  step(_state, message, context) {
    if (message.kind !== 'event' || message.event.mail?.mailbox === undefined) return {};
    const mailbox = message.event.mail.mailbox.toLowerCase();
    const accounts = accountsOf(context.inventory, message.tenant);
    let known = false;
    for (const id of accounts) {
      const list = context.inventory.account(message.tenant, id)?.contact_mailboxes;
      if (list === undefined) continue;
      known = true;
      if (list.some((address) => address.toLowerCase() === mailbox))
        return { features: { mailbox: { known: true, registrar_contact: true } } };
    }
    return { features: { mailbox: known ? { known, registrar_contact: false } : { known } } };
  },
};
