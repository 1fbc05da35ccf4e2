/**
 * Tests that stand beside a rule (`<rule>.test.yaml`): events in, verdict out, run through the real detector. Pure.
 * Every rule needs at least two firing and two silent tests, one with a source missing and one mutation.
 */
import { canonicalEventProblems } from '../contract/event.ts';
import { base32OfHex } from '../leaf/base32.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import { coverageOf, ownSource } from './rule-coverage.ts';
import { runDetector } from './detector-run.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { FindingDraft } from '../contract/finding.ts';
import type { RuleSet, LoadedRule } from './rule-set.ts';

/** What a test wants: a finding, none, a finding that names what was missing (or a blind rule), none after one change. */
export type RuleTestKind = 'fires' | 'silent' | 'source_missing' | 'mutation';

/** Where the events come from: shaped after a recorded payload, or written for the test. */
export type Provenance = 'recorded' | 'synthetic';

/** Outcome of one test. `message` is empty when it passed. */
export interface RuleTestResult {
  readonly file: string;
  readonly detection: string;
  readonly name: string;
  readonly kind: RuleTestKind;
  readonly provenance: Provenance;
  readonly passed: boolean;
  readonly message: string;
}

interface RuleTest {
  readonly name: string;
  readonly kind: RuleTestKind;
  readonly provenance: Provenance;
  readonly events: readonly Record<string, unknown>[];
  readonly of: string | undefined;
  readonly set: Record<string, unknown>;
  readonly on: number;
  readonly missing: readonly string[];
  readonly untilMs: number;
  readonly expect: Record<string, unknown>;
}

/** Tests of one file, as read. */
export interface RuleTestFile {
  readonly path: string;
  readonly detection: string;
  readonly tests: readonly RuleTest[];
  readonly problems: readonly string[];
}

const startMs = 1_795_248_000_000; // 2026-11-21T08:00:00Z
const kinds: readonly RuleTestKind[] = ['fires', 'silent', 'source_missing', 'mutation'];
const needed: Readonly<Record<RuleTestKind, number>> = {
  fires: 2,
  silent: 2,
  source_missing: 1,
  mutation: 1,
};
const testKeys = [
  'name',
  'kind',
  'provenance',
  'recorded_from',
  'events',
  'of',
  'set',
  'on',
  'missing',
  'until',
  'expect',
  'why',
];

type Plain = Record<string, unknown>;

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads the parsed YAML of a test file; faults are kept as problems and fail the run. */
export function readRuleTests(path: string, data: unknown): RuleTestFile {
  const problems: string[] = [];
  const root = isPlain(data) ? data : {};
  const detection = typeof root['rule'] === 'string' ? root['rule'] : '';
  if (detection === '') problems.push('"rule" must name the detection');
  const base = isPlain(root['base']) ? root['base'] : {};
  const list: unknown[] = Array.isArray(root['tests']) ? root['tests'] : [];
  const tests = list.flatMap((entry, index) => readTest(entry, index, base, problems) ?? []);
  for (const kind of kinds) {
    const count = tests.filter((test) => test.kind === kind).length;
    if (count < needed[kind])
      problems.push(`needs at least ${needed[kind]} test(s) of kind ${kind}, has ${count}`);
  }
  return { path, detection, tests, problems };
}

function readTest(entry: unknown, index: number, base: Plain, problems: string[]): RuleTest | undefined {
  const bad = (why: string): undefined => {
    problems.push(`tests.${index}: ${why}`);
    return undefined;
  };
  if (!isPlain(entry)) return bad('must be a map');
  for (const key of Object.keys(entry)) if (!testKeys.includes(key)) return bad(`unknown key "${key}"`);
  const { name } = entry;
  const kind = kinds.find((known) => known === entry['kind']);
  if (typeof name !== 'string' || kind === undefined)
    return bad(`needs a name and a kind (${kinds.join(', ')})`);
  const provenance = entry['provenance'] ?? 'synthetic';
  if (provenance !== 'recorded' && provenance !== 'synthetic')
    return bad('provenance is recorded or synthetic');
  if (provenance === 'recorded' && typeof entry['recorded_from'] !== 'string')
    return bad('a recorded test needs recorded_from');
  const events: unknown[] = Array.isArray(entry['events']) ? entry['events'] : [];
  const of = typeof entry['of'] === 'string' ? entry['of'] : undefined;
  if (of === undefined && events.length === 0) return bad('needs events, or "of" another test');
  return {
    name,
    kind,
    provenance,
    of,
    events: events.filter(isPlain).map((event) => mergeDeep(base, event)),
    set: isPlain(entry['set']) ? entry['set'] : {},
    on: typeof entry['on'] === 'number' ? entry['on'] : -1,
    missing: Array.isArray(entry['missing'])
      ? entry['missing'].filter((kindName) => typeof kindName === 'string')
      : [],
    untilMs: startMs + offsetMs(entry['until']),
    expect: isPlain(entry['expect']) ? entry['expect'] : {},
  };
}

/** Runs all tests of a file against a rule set. Problems of the file are failed tests. */
export function runRuleTests(
  file: RuleTestFile,
  ruleSet: RuleSet,
  sha256: (text: string) => string,
): RuleTestResult[] {
  const result = (
    name: string,
    kind: RuleTestKind,
    provenance: Provenance,
    message: string,
  ): RuleTestResult => ({
    file: file.path,
    detection: file.detection,
    name,
    kind,
    provenance,
    passed: message === '',
    message,
  });
  const rules = ruleSet.rules.filter(
    (candidate) => candidate.meta.detection === file.detection && candidate.standalone,
  );
  const results = file.problems.map((problem) => result('(file)', 'fires', 'synthetic', problem));
  if (rules.length === 0)
    return [...results, result('(file)', 'fires', 'synthetic', `no rule ${file.detection} is loaded`)];
  for (const test of file.tests) {
    const message = runTest(test, file, rules, ruleSet, sha256);
    results.push(result(test.name, test.kind, test.provenance, message));
  }
  return results;
}

function runTest(
  test: RuleTest,
  file: RuleTestFile,
  rules: readonly LoadedRule[],
  ruleSet: RuleSet,
  sha256: (text: string) => string,
): string {
  const origin = test.of === undefined ? test : file.tests.find((other) => other.name === test.of);
  if (origin === undefined) return `there is no test "${test.of ?? ''}"`;
  if (test.kind === 'mutation' && (origin.kind !== 'fires' || Object.keys(test.set).length === 0))
    return 'a mutation changes ("set") one field of a firing test ("of")';
  const raw = test.events.length > 0 ? test.events : origin.events;
  const changed = raw.map((event, index) =>
    index === (test.on < 0 ? raw.length + test.on : test.on) ? setPaths(event, test.set) : event,
  );
  const events = changed.map((event, index) =>
    completeEvent(event, `${file.path}/${origin.name}/${index}`, sha256),
  );
  for (const [index, event] of events.entries()) {
    const [problem] = canonicalEventProblems(event, 1);
    if (problem !== undefined) return `event ${index} is not canonical: ${problem}`;
  }
  const wanted = new Set(rules.flatMap((rule) => rule.meta.requiresSources as readonly string[]));
  const alive = [...wanted].filter((kind) => !test.missing.includes(kind));
  const untilMs = Math.max(test.untilMs, origin.untilMs);
  const run = runDetector(ruleSet, events, { sha256, aliveKinds: alive, untilMs });
  const findings = run.findings.filter((draft) => draft.detection === file.detection);
  if (test.kind === 'silent' || test.kind === 'mutation')
    return findings.length === 0 ? '' : `expected no finding, got: ${findings[0]?.summary ?? ''}`;
  if (test.kind === 'source_missing' && test.events.length === 0 && origin.kind !== 'fires')
    return '"of" must be a firing test';
  const blind = rules.every((rule) => coverageOf(rule, run.sources, 'acme', startMs).sight === 'blind');
  if (test.kind === 'source_missing' && test.missing.length === 0)
    return '"missing" must name at least one source';
  if (test.kind === 'source_missing' && wanted.size === 1 && wanted.has(ownSource))
    return blind || findings.length === 0 ? 'a rule about the collector itself fires without any feed' : '';
  if (test.kind === 'source_missing' && alive.length === 0)
    return blind ? '' : 'all sources are gone, yet the rule is not blind';
  return judge(test, findings);
}

function judge(test: RuleTest, findings: readonly FindingDraft[]): string {
  const ids = new Set(findings.map((draft) => draft.finding_id));
  const last = findings.at(-1);
  if (last === undefined) return 'expected a finding, got none';
  const count = test.expect['count'] ?? 1;
  if (typeof count === 'number' && ids.size !== count) return `expected ${count} finding(s), got ${ids.size}`;
  if (test.kind === 'source_missing' && last.degraded_reasons.length === 0)
    return 'the finding does not say what was missing';
  for (const [key, value] of Object.entries(test.expect)) {
    if (key === 'count') continue;
    const found = (last as unknown as Plain)[key];
    const same =
      key === 'evidence' ? last.evidence.length === value : JSON.stringify(found) === JSON.stringify(value);
    if (!same)
      return `${key}: expected ${JSON.stringify(value)}, got ${JSON.stringify(key === 'evidence' ? last.evidence.length : found)}`;
  }
  return '';
}

/** Fills what a test leaves out: an unapproved, successful change on a tier 0 domain, seen at the start plus `at`. */
function completeEvent(event: Plain, seed: string, sha256: (text: string) => string): CanonicalEvent {
  const { at, lasting, ...rest } = event;
  const timeMs =
    typeof rest['timestamp'] === 'string'
      ? (parseInstant(rest['timestamp'])?.ms ?? startMs)
      : startMs + offsetMs(at);
  const timestamp = formatInstant(timeMs);
  const hash = sha256(seed);
  const defaults: Plain = {
    schema: 'urn:zonewarden:event:1.0',
    event_id: base32OfHex(hash, 26),
    outcome: 'success',
    tenant: 'acme',
    timestamp_precision: 'ms',
    observed_at: timestamp,
    ingested_at: timestamp,
    source_system: 'test',
    source_kind: 'registrar_audit',
    acquisition: 'push',
    confidence: 0.95,
    actor_id: 'unknown',
    actor_type: 'unknown',
    actor_origin: 'unknown',
    approval_state: 'not_found',
    raw: { sha256: hash, size: 2 },
    enrich: { domain: { tier: 0, owner: 'payments', team: 'dns-ops' } },
  };
  const merged = mergeDeep(defaults, { ...rest, timestamp });
  if (lasting !== undefined) merged['timestamp_earliest'] = formatInstant(timeMs - offsetMs(lasting));
  return merged as unknown as CanonicalEvent;
}

/** `90s`, `5m`, `3h`, `2d` from the start of the test; absent is 0. */
function offsetMs(value: unknown): number {
  const parts = typeof value === 'string' ? /^(-?\d+(?:\.\d+)?)(s|m|h|d)$/.exec(value) : null;
  const unit: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(parts?.[1] ?? 0) * (unit[parts?.[2] ?? ''] ?? 0);
}

function mergeDeep(base: Plain, over: Plain): Plain {
  const merged: Plain = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isPlain(below) && isPlain(value) ? mergeDeep(below, value) : value;
  }
  return merged;
}

/** Sets dotted paths; a value of null at a path removes the field. */
function setPaths(event: Plain, changes: Plain): Plain {
  let changed = event;
  for (const [path, value] of Object.entries(changes)) changed = setPath(changed, path.split('.'), value);
  return changed;
}

function setPath(node: Plain, [key = '', ...rest]: readonly string[], value: unknown): Plain {
  const below = node[key];
  if (rest.length > 0) return { ...node, [key]: setPath(isPlain(below) ? below : {}, rest, value) };
  const { [key]: _, ...others } = node;
  return value === null ? others : { ...node, [key]: value };
}
