/**
 * Which of several sources of a kind speak about a domain or a person: two accounts at one provider fail one at a time, and
 * only one of them knows this domain.
 */
import { heardSourcesMax, heardStateName, type HeardSources } from '../contract/ledger.ts';
import type { Annotator, Message, Scope, StateView } from '../contract/step.ts';

/** A source that spoke a moment ago needs no new entry, ms. */
const momentMs = 60_000;

function note(state: StateView, message: Message): void {
  if (message.kind !== 'event') return;
  const { source_id: id, source_kind: kind } = message.event;
  if (id === undefined || kind === 'pipeline') return;
  const known = state.get<HeardSources>(heardStateName)?.[kind]?.find(([each]) => each === id);
  if (known !== undefined && message.timeMs < known[1] + momentMs) return;
  const heard = state.edit<HeardSources>(heardStateName, () => ({}));
  const others = (heard[kind] ?? []).filter(([each]) => each !== id);
  heard[kind] = [...others, [id, message.timeMs] as [string, number]]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, heardSourcesMax);
}

function heard(name: string, scope: Scope, wants: readonly string[]): Annotator {
  return {
    name,
    scope,
    wants,
    step(state, message) {
      note(state, message);
      return {};
    },
  };
}

/** Annotator that remembers which sources speak about a domain. */
export const domainSources = heard('domain_sources', 'domain', [
  'registrar.',
  'dns.',
  'dnsquery.',
  'cert.',
  'mail.',
]);
/** Annotator that remembers which sources speak about a person. */
export const principalSources = heard('principal_sources', 'principal', [
  'identity.',
  'registrar.',
  'dns.',
  'mail.',
]);
