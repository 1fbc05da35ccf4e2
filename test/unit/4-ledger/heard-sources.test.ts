import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainSources, principalSources } from '../../../collector/src/4-ledger/heard-sources.ts';
import { blindKinds, blindMs, coverageLedger } from '../../../collector/src/4-ledger/coverage.ts';
import { readControlScore } from '../../../collector/src/5-feature/control-score.ts';
import { heardSources, heardStateName } from '../../../collector/src/contract/ledger.ts';
import type { CanonicalEvent } from '../../../collector/src/contract/event.ts';
import type { Annotator, Message, StateView, StepContext } from '../../../collector/src/contract/step.ts';
import { SealedState } from '../../../collector/src/engine/sealed-state.ts';
import { SourceDirectory } from '../../../collector/src/engine/surroundings.ts';

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 5, 8);

function tell(annotator: Annotator, state: StateView, timeMs: number, event: Partial<CanonicalEvent>): void {
  const message = { kind: 'event', id: 'x', tenant: 'acme', timeMs, event } as unknown as Message;
  const context = { nowMs: timeMs, sources: new SourceDirectory() } as unknown as StepContext;
  annotator.step(state, message, context, { scope: annotator.scope, tenant: 'acme', id: '' });
}

test('sources of a kind are remembered for a domain, few, and forgotten when another took over', () => {
  const state = new SealedState().view('acme|pay.example');
  const from = (id: string, day: number): void =>
    tell(domainSources, state, startMs + day * dayMs, { source_id: id, source_kind: 'dns_provider_audit' });
  from('route53-a', 0);
  from('route53-b', 1);
  assert.deepEqual(heardSources(state, 'dns_provider_audit'), ['route53-a', 'route53-b']);
  assert.deepEqual(heardSources(state, 'rdap_poll'), []);
  from('route53-b', 31);
  assert.deepEqual(heardSources(state, 'dns_provider_audit'), ['route53-b']);
  for (const id of ['c', 'd', 'e', 'f', '__proto__']) from(id, 32);
  assert.equal(state.get<{ dns_provider_audit: unknown[] }>(heardStateName)?.dns_provider_audit.length, 4);
});

test('an event without a source, or of the pipeline itself, is remembered for nobody', () => {
  const state = new SealedState().view('acme|pay.example');
  tell(domainSources, state, startMs, { source_kind: 'rdap_poll' });
  tell(domainSources, state, startMs, { source_kind: 'pipeline', source_id: 'rdap' });
  assert.deepEqual(state.names(), []);
});

test('of two silent sources one speaks again, and the kind stays blind until the other does', () => {
  const state = new SealedState().view('acme|');
  const notice = (minute: number, type: 'silent' | 'recovered', id: string): void =>
    tell(coverageLedger, state, startMs + minute * 60_000, {
      event_type: `pipeline.source.${type}`,
      attribute: 'identity_log',
      source_instance: id,
    });
  notice(0, 'silent', 'okta-a');
  notice(10, 'silent', 'okta-b');
  notice(20, 'recovered', 'okta-b');
  assert.deepEqual(blindKinds(state, startMs + 25 * 60_000), ['identity_log']);
  notice(30, 'recovered', 'okta-a');
  assert.deepEqual(blindKinds(state, startMs + 31 * 60_000), []);
  // 0 to 30 and 10 to 20: half an hour in which somebody was not heard.
  assert.equal(blindMs(state, 'identity_log', startMs, startMs + 60 * 60_000), 30 * 60_000);
});

test('intervals an older version wrote without a source are ended by whichever speaks', () => {
  const state = new SealedState().view('acme|');
  state.put('coverage', { blind: [['identity_log', startMs, 0]], evicted: 0 });
  tell(coverageLedger, state, startMs + 60_000, {
    event_type: 'pipeline.source.recovered',
    attribute: 'identity_log',
    source_instance: 'okta-a',
  });
  assert.deepEqual(blindKinds(state, startMs + 61_000), []);
});

test('a component says that it is not confirmed when the source of this very domain is silent', () => {
  const sources = new SourceDirectory();
  for (const id of ['rdap-a', 'rdap-b']) sources.note('acme', 'rdap_poll', id, 0, true, 60_000);
  sources.note('acme', 'rdap_poll', 'rdap-b', startMs + 60_000, false, 60_000);
  const nowMs = startMs + 120_000;
  const context = {
    nowMs,
    inventory: { account: () => undefined },
    sources,
  } as unknown as StepContext;
  const reasonFor = (id: string): string => {
    const state = new SealedState().view(`acme|${id}`);
    state.put('c/lock', { seen: ['enabled', startMs, startMs, 4] });
    tell(domainSources, state, startMs, { source_id: id, source_kind: 'rdap_poll' });
    const score = readControlScore(state, { domain: 'pay.example', tenant: 'acme' }, context);
    return score.components.find(({ name }) => name === 'transfer_lock')?.reason ?? '';
  };
  assert.equal(reasonFor('rdap-a'), 'transfer is prohibited');
  assert.equal(
    reasonFor('rdap-b'),
    'transfer is prohibited; not confirmed: rdap_poll (rdap-b) is silent since 2026-01-05T08:01:00.000Z',
  );
});

/** Two RDAP pollers and one directory of people; `rdap-b` and `okta-b` fall silent after an hour. */
function halfBlind(): SourceDirectory {
  const sources = new SourceDirectory();
  for (const id of ['rdap-a', 'rdap-b']) sources.note('acme', 'rdap_poll', id, 0, true, 60_000);
  for (const id of ['okta-a', 'okta-b']) sources.note('acme', 'identity_log', id, 0, true, 60_000);
  for (const [kind, id] of [
    ['rdap_poll', 'rdap-b'],
    ['identity_log', 'okta-b'],
  ] as const)
    sources.note('acme', kind, id, startMs + 3_600_000, false, 60_000);
  return sources;
}

/** What an event says is blind; undefined: nothing. */
function coverageAfter(
  annotator: Annotator,
  heard: readonly (readonly [kind: string, id: string])[],
  event: Partial<CanonicalEvent>,
): unknown {
  const state = new SealedState().view('acme|x');
  const sources = halfBlind();
  const key = { scope: annotator.scope, tenant: 'acme', id: 'x' };
  const step = (timeMs: number, told: Partial<CanonicalEvent>) =>
    annotator.step(
      state,
      { kind: 'event', id: 'x', tenant: 'acme', timeMs, event: told } as unknown as Message,
      { nowMs: timeMs, sources } as unknown as StepContext,
      key,
    );
  for (const [kind, id] of heard)
    step(startMs, { source_kind: kind as CanonicalEvent['source_kind'], source_id: id });
  const told = step(startMs + 7_200_000, event).features?.['coverage'] ?? {};
  const { heard: _watching, ...coverage } = told as {
    heard: string[];
    blind?: string[];
  };
  return coverage.blind === undefined ? undefined : coverage;
}

test('an event says which kinds of source are blind for its own domain, and only those', () => {
  const event: Partial<CanonicalEvent> = { source_kind: 'answer_probe', source_id: 'answers' };
  assert.equal(coverageAfter(domainSources, [], event), undefined);
  assert.equal(coverageAfter(domainSources, [['rdap_poll', 'rdap-a']], event), undefined);
  assert.deepEqual(coverageAfter(domainSources, [['rdap_poll', 'rdap-b']], event), {
    known: true,
    blind: ['rdap_poll'],
  });
  const both = [
    ['rdap_poll', 'rdap-a'],
    ['rdap_poll', 'rdap-b'],
  ] as const;
  assert.equal(coverageAfter(domainSources, both, event), undefined, 'one of two that watch it lives');
});

test('what is blind about the person is kept; about the sources of the domain the domain knows better', () => {
  const acting: Partial<CanonicalEvent> = { source_kind: 'dns_provider_audit', source_id: 'zone-log' };
  assert.deepEqual(coverageAfter(principalSources, [['identity_log', 'okta-b']], acting), {
    known: true,
    blind: ['identity_log'],
  });
  const before = { coverage: { known: true, blind: ['identity_log', 'rdap_poll'] } };
  assert.deepEqual(coverageAfter(domainSources, [['rdap_poll', 'rdap-a']], { ...acting, feature: before }), {
    known: true,
    blind: ['identity_log'],
  });
});

test('kinds of which some source is silent: own ones and shared ones, and again after a restart', () => {
  const sources = halfBlind();
  sources.note('*', 'ct_log', 'certstream', startMs, false, 60_000);
  const kindsAt = (directory: SourceDirectory, hours: number) =>
    directory.silentKinds('acme', startMs + hours * 3_600_000);
  assert.deepEqual(kindsAt(sources, 0), ['ct_log']);
  assert.deepEqual(kindsAt(sources, 2), ['ct_log', 'identity_log', 'rdap_poll']);
  assert.deepEqual(sources.silentKinds('beta', startMs + 7_200_000), ['ct_log']);
  sources.note('acme', 'rdap_poll', 'rdap-b', startMs + 10_800_000, true, 60_000);
  const again = new SourceDirectory();
  again.restore(sources.snapshot());
  for (const directory of [sources, again])
    assert.deepEqual(kindsAt(directory, 4), ['ct_log', 'identity_log']);
});

test('an event says which sources speak about its entity, unless it comes by the thousand', () => {
  const state = new SealedState().view('acme|pay.example');
  const sources = new SourceDirectory();
  const step = (event_type: string, source_kind: string, source_id: string, feature?: object) => {
    const event = { event_type, source_kind, source_id, ...(feature === undefined ? {} : { feature }) };
    const message = { kind: 'event', id: 'x', tenant: 'acme', timeMs: startMs, event } as unknown as Message;
    const context = { nowMs: startMs, sources } as unknown as StepContext;
    return domainSources.step(state, message, context, { scope: 'domain', tenant: 'acme', id: 'pay.example' })
      .features?.['coverage'];
  };
  assert.equal(step('registrar.domain.state_observed', 'rdap_poll', 'rdap-a'), undefined);
  assert.deepEqual(step('registrar.domain.lock_disabled', 'registrar_audit', 'registrar-a'), {
    known: true,
    heard: ['rdap_poll/rdap-a', 'registrar_audit/registrar-a'],
  });
  const before = { coverage: { known: true, heard: ['identity_log/okta'] } };
  assert.deepEqual(step('registrar.domain.lock_enabled', 'registrar_audit', 'registrar-a', before), {
    known: true,
    heard: ['identity_log/okta', 'rdap_poll/rdap-a', 'registrar_audit/registrar-a'],
  });
});
