/**
 * Who sets `_acme-challenge` records (RFC 8555, section 8.4). Somebody who renews certificates sets one for each of them, so the
 * record alone tells an intruder from the nightly job only by who set it: a hand that is usual here, or a stranger's.
 */
import type { CanonicalEvent } from '../contract/event.ts';
import type { FeatureOf } from '../contract/features.ts';
import { changeFacts } from '../contract/ledger.ts';
import type { ChangeFact } from '../contract/ledger.ts';
import type { Annotator, StateView } from '../contract/step.ts';
import { changeOf, firstReport, recordNameOf } from './change-weight.ts';
import { hostileSpans, isHostile } from './confirmed-cases.ts';
import { featureConstants } from './constants.ts';

const { usualMs, handsMax, factsMax } = featureConstants.challenge;
const stateName = 'challenge';

interface Challenges {
  /** Who set challenges here: first and last time, by actor. */
  hands: Record<string, [firstMs: number, lastMs: number]>;
  /** Ids of change facts by a usual hand, oldest first. */
  usual: string[];
  evicted: number;
}

/** True for the control of a record set that answers an ACME challenge. */
export function isChallenge(control: string): boolean {
  return recordNameOf(control)?.startsWith('_acme-challenge.') === true;
}

/** True when a usual hand made this change of a challenge record. */
export function isUsualChallenge(state: StateView, { id }: ChangeFact): boolean {
  return state.get<Challenges>(stateName)?.usual.includes(id) === true;
}

/** Annotator that adds `feature.challenge` to changes of challenge records and learns who makes them. */
export const challenge: Annotator = {
  name: 'challenge',
  scope: 'domain',
  wants: ['dns.record.', 'dnsquery.answer.changed'],
  bounded: [stateName],
  step(state, message) {
    if (message.kind !== 'event') return {};
    const { event, timeMs } = message;
    const control = changeOf(event)?.control;
    if (control === undefined || !isChallenge(control)) return {};
    const usual = isUsual(state, event, timeMs);
    note(state, event, timeMs, usual);
    return { features: { challenge: { usual } } };
  },
};

function isUsual(state: StateView, event: CanonicalEvent, atMs: number): boolean {
  const known = changeFacts(state).find(({ id }) => id === event.change_fact_id);
  if (known !== undefined && isUsualChallenge(state, known)) return true;
  const novelty = event.feature?.['novelty'] as FeatureOf<'novelty'> | undefined;
  if (event.actor_id === 'unknown' || novelty?.new === true) return false;
  const actor = event.enrich?.['actor'] as { known?: boolean } | undefined;
  // One of ours, from where they are known to work; without a place only the habit tells.
  if (actor?.known === true && novelty?.known === true) return true;
  const hands = state.get<Challenges>(stateName)?.hands ?? {};
  const hand = Object.hasOwn(hands, event.actor_id) ? hands[event.actor_id] : undefined;
  return hand !== undefined && hand[0] <= atMs - usualMs && !isHostile(hostileSpans(state), hand[0], hand[0]);
}

function note(state: StateView, event: CanonicalEvent, atMs: number, usual: boolean): void {
  const { actor_id: actor, change_fact_id: fact } = event;
  if (actor === 'unknown' || actor === '__proto__' || firstReport(state, event) === undefined) return;
  const memory = state.edit<Challenges>(stateName, () => ({ hands: {}, usual: [], evicted: 0 }));
  const before = Object.hasOwn(memory.hands, actor) ? memory.hands[actor] : undefined;
  memory.hands[actor] = [before?.[0] ?? atMs, atMs];
  if (usual && fact !== undefined) memory.usual = [...memory.usual, fact].slice(-factsMax);
  const names = Object.keys(memory.hands);
  if (names.length <= handsMax) return;
  const last = (name: string): number => memory.hands[name]?.[1] ?? 0;
  delete memory.hands[names.reduce((a, b) => (last(b) < last(a) ? b : a))];
  memory.evicted += 1;
}
