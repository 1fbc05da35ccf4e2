/** The shipped catalogue: fifty detections load, pass their own tests, and have a runbook each. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { createDetector } from '../../collector/src/6-detect/detector.ts';
import { loadRules } from '../../collector/src/6-detect/rule-set.ts';
import { readRuleTests, runRuleTests } from '../../collector/src/6-detect/rule-test.ts';
import { problemLine } from '../../collector/src/6-detect/sigma-problem.ts';
import { eventTypes } from '../../collector/src/contract/event-types.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const root = fileURLToPath(new URL('../../collector/rules', import.meta.url));
const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml') && !name.startsWith('playbooks'))
  .sort();
const ruleFiles = names
  .filter((name) => !name.endsWith('.test.yaml'))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
const { ruleSet, problems } = loadRules(ruleFiles, { sha256 });

const series: readonly (readonly [prefix: string, count: number])[] = [
  ['R', 19],
  ['C', 10],
  ['Q', 5],
  ['T', 4],
  ['I', 4],
  ['M', 1],
  ['S', 4],
  ['P', 3],
];
const catalogue = series
  .flatMap(([prefix, count]) =>
    Array.from({ length: count }, (_, i) => `${prefix}${String(i + 1).padStart(2, '0')}`),
  )
  .sort();

void test('all fifty load without a problem', () => {
  assert.deepEqual(problems.map(problemLine), []);
  const detections = new Set(
    ruleSet.rules.filter((rule) => rule.standalone).map((rule) => rule.meta.detection),
  );
  assert.deepEqual([...detections].sort(), catalogue);
  assert.equal(catalogue.length, 50);
});

void test('every rule says what severity, coverage and responders need', () => {
  for (const rule of ruleSet.rules.filter(({ standalone }) => standalone)) {
    const { detection, description, falsepositives, requiresSources, degraded, playbook, runbook, tags } =
      rule.meta;
    assert.ok(description.length > 20, `${detection}: description`);
    assert.ok(falsepositives.length > 0, `${detection}: falsepositives`);
    assert.ok(requiresSources.length > 0 && degraded !== undefined, `${detection}: sources`);
    assert.match(playbook ?? '', /^PB[1-8]$/, detection);
    assert.ok(
      tags.some((tag) => /^attack\.t\d{4}/.test(tag)),
      `${detection}: ATT&CK`,
    );
    const file = rule.kind === 'rule' ? rule.rule.file : rule.correlation.file;
    assert.ok(
      runbook !== undefined && existsSync(join(root, dirname(file), runbook)),
      `${detection}: runbook`,
    );
  }
});

void test('event types named in rules exist', () => {
  for (const rule of ruleSet.rules)
    if (rule.kind === 'rule')
      for (const type of rule.rule.eventTypes ?? [])
        assert.ok(eventTypes.includes(type), `${rule.meta.title}: ${type}`);
});

void test('the tests beside the rules pass', (t) => {
  const files = names
    .filter((name) => name.endsWith('.test.yaml'))
    .map((name) =>
      readRuleTests(relative(process.cwd(), join(root, name)), parse(readFileSync(join(root, name), 'utf8'))),
    );
  const results = files.flatMap((file) => runRuleTests(file, ruleSet, sha256));
  const recorded = results.filter(({ provenance }) => provenance === 'recorded');
  t.diagnostic(
    `files ${files.length}, tests ${results.length}, recorded ${recorded.length} for ${new Set(recorded.map(({ detection }) => detection)).size} rules`,
  );
  assert.deepEqual(files.map(({ detection }) => detection).sort(), catalogue);
  assert.deepEqual(
    results.filter(({ passed }) => !passed).map(({ file, name, message }) => `${file}: ${name}: ${message}`),
    [],
  );
});

void test('200 rules stay silent about a quiet event; what they cost is in the bench, group sigma', () => {
  const copies = Array.from({ length: 3 }, (_, copy) =>
    ruleFiles.map(({ path, text }) => ({
      path: `${copy}/${path}`,
      text: text
        .replaceAll(/^id: (\S{7})\S/gm, (_all, start: string) => `id: ${start}${copy}`)
        .replaceAll(/^name: (\S+)/gm, `name: c${copy}_$1`)
        .replaceAll(
          /\b(rules: \[)([^\]]+)\]/g,
          (_all, head: string, list: string) =>
            `${head}${list
              .split(',')
              .map((n) => `c${copy}_${n.trim()}`)
              .join(', ')}]`,
        ),
    })),
  ).flat();
  const many = loadRules(
    copies.filter(({ text, path }) => !text.includes('aliases:') && !/\/r0[23]-/.test(path)),
    { sha256 },
  );
  assert.deepEqual(many.problems.map(problemLine), []);
  const rules = many.ruleSet.rules.length;
  assert.ok(rules >= 200, `only ${rules} rules`);
  const detector = createDetector(many.ruleSet);
  const values = new Map<string, unknown>();
  const state = {
    get: <T>(name: string) => values.get(name) as T | undefined,
    edit: <T extends object>(name: string, initial: () => T) => {
      if (!values.has(name)) values.set(name, initial());
      return values.get(name) as T;
    },
    put: (name: string, value: unknown) => void values.set(name, value),
    delete: (name: string) => void values.delete(name),
    names: () => [],
  };
  const event = quietEvent();
  const context = {
    nowMs: 0,
    sha256,
    sources: { status: () => undefined, silentMs: () => 0, silentKinds: () => [], kinds: () => [] },
  } as never;
  const once = (): number => {
    let said = 0;
    for (const scope of detector.scopesOf(event))
      said += detector.step(state, scope, event, context).findings.length;
    return said;
  };
  for (let i = 0; i < 100; i++) assert.equal(once(), 0);
});

/** An ordinary approved record change with all layers: every record rule looks at it, none matches. */
function quietEvent() {
  const deviation = { dev: 0.05, apex: false, critical_host: false, known: true };
  return {
    event_id: 'a'.repeat(26),
    event_type: 'dns.record.updated',
    outcome: 'success',
    tenant: 'acme',
    timestamp: '2026-11-21T08:00:00.000Z',
    domain: 'pay.example',
    record_name: 'blog.pay.example',
    record_type: 'A',
    actor_id: 'okta:alice@acme.example',
    approval_state: 'approved',
    source_kind: 'dns_provider_audit',
    enrich: {
      domain: { tier: 2 },
      actor: { principal: 'okta:alice@acme.example' },
      registrar_account: { id: 'r/1' },
    },
    feature: {
      deviation,
      spike: { score: 1, alert: false },
      zone_share: { alert: false },
      token: { dormant: false },
    },
  } as never;
}
