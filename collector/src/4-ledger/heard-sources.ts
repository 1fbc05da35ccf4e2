/**
 * Which of several sources of a kind speak about a domain, an account or a person: two accounts at one provider fail one at a
 * time, and only one of them knows this domain.
 */
import type { FeatureOf } from '../contract/features.ts';
import { heardSources, heardSourcesMax, heardStateName, type HeardSources } from '../contract/ledger.ts';
import type { Annotator, Message, Scope, StateView, StepContext } from '../contract/step.ts';

/** A source that spoke a moment ago needs no new entry, ms. */
const momentMs = 60_000;

type Coverage = FeatureOf<'coverage'>;

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

/** Kinds whose sources that speak about this entity are all silent, added to what is known of its other entities. */
function blindness(
  state: StateView,
  tenant: string,
  context: StepContext,
  before: Coverage | undefined,
): Coverage | undefined {
  const partly = context.sources.silentKinds(tenant, context.nowMs);
  if (partly.length === 0) return undefined;
  const heard = state.get<HeardSources>(heardStateName);
  if (heard === undefined) return undefined;
  const own = partly.filter((kind) => Object.hasOwn(heard, kind));
  const blind = own.filter(
    (kind) => context.sources.status(tenant, kind, context.nowMs, heardSources(state, kind))?.alive === false,
  );
  // Who watches the domain is known better by the domain than by the person who acts on it.
  const others = (before?.blind ?? []).filter((kind) => !own.includes(kind));
  if (blind.length === 0 && others.length === (before?.blind?.length ?? 0)) return undefined;
  return { ...before, known: true, blind: [...new Set([...others, ...blind])].sort() };
}

/** Looks and counts that come by the thousand; who watches is said with what they lead to. */
const bulkTypes: ReadonlySet<string> = new Set([
  'registrar.domain.state_observed',
  'dnsquery.answer.observed',
  'dnsquery.volume.observed',
  'dnsquery.rcode_mix.observed',
  'dnsquery.query.logged',
]);

/** Sources that speak about this entity, and those already known of its other entities. */
function watchers(state: StateView, before: Coverage | undefined): readonly string[] {
  const kinds = Object.keys(state.get<HeardSources>(heardStateName) ?? {});
  const own = kinds.flatMap((kind) => heardSources(state, kind).map((id) => `${kind}/${id}`));
  return [...new Set([...(before?.heard ?? []), ...own])].sort();
}

/** What is blind and who watches; undefined: nothing to add. */
function coverageOf(
  state: StateView,
  tenant: string,
  context: StepContext,
  before: Coverage | undefined,
): Coverage | undefined {
  const blind = blindness(state, tenant, context, before);
  const heard = watchers(state, before);
  if (heard.length === 0) return blind;
  return { ...(blind ?? before), known: true, heard };
}

function heard(name: string, scope: Scope, wants: readonly string[]): Annotator {
  return {
    name,
    scope,
    wants,
    step(state, message, context, { tenant }) {
      note(state, message);
      if (message.kind !== 'event') return {};
      const before = message.event.feature?.['coverage'] as Coverage | undefined;
      const coverage = (bulkTypes.has(message.event.event_type) ? blindness : coverageOf)(
        state,
        tenant,
        context,
        before,
      );
      return coverage === undefined ? {} : { features: { coverage } };
    },
    about(state, { tenant }, context) {
      const coverage = coverageOf(state, tenant, context, undefined);
      return coverage === undefined ? {} : { coverage };
    },
  };
}

/** Annotator that remembers which sources speak about a domain, and says which kinds are blind there. */
export const domainSources = heard('domain_sources', 'domain', [
  'registrar.',
  'dns.',
  'dnsquery.',
  'cert.',
  'mail.',
]);
/** The same for a registrar account. */
export const accountSources = heard('account_sources', 'account', ['registrar.']);
/** The same for a person. */
export const principalSources = heard('principal_sources', 'principal', [
  'identity.',
  'registrar.',
  'dns.',
  'mail.',
]);
