/** Rules with their health: can they see, were they shown to work, how often were they right. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { notFound, value, type ApiCall, type ApiHandler } from '../api/api-endpoint.ts';
import { pageOf } from '../api/page.ts';
import type { RuleDetail, RuleView } from '../contract/api.ts';
import type { AuditEntry } from '../7-case/audit-chain.ts';
import { coverageOf, type Sight } from '../6-detect/rule-coverage.ts';
import type { LoadedRule, RuleChange } from '../6-detect/rule-set.ts';
import { readRuleTests } from '../6-detect/rule-test.ts';
import { readPrecision } from '../7-case/precision.ts';
import { instantMs } from '../host/instant-ms.ts';
import { caseState, type ApiParts } from './api-parts.ts';
import { shippedPlaybooks } from './case-keeper.ts';
import { shippedRulesPath } from './rule-files.ts';
import { plainYaml } from '../leaf/yaml-bounds.ts';

const monthMs = 30 * 86_400_000;

interface Counts {
  findings: number;
  suppressed: number;
}

function countsByRule(parts: ApiParts, tenants: ReadonlySet<string>): Map<string, Counts> {
  const sinceMs = parts.around.nowMs() - monthMs;
  const counts = new Map<string, Counts>();
  for (const {
    tenant,
    rule_id: id,
    last_seen,
    state,
    drill,
  } of parts.collector.host.book.findings.values()) {
    if (drill || !tenants.has(tenant) || instantMs(last_seen) < sinceMs) continue;
    const known = counts.get(id) ?? { findings: 0, suppressed: 0 };
    counts.set(id, known);
    known.findings++;
    if (state === 'suppressed') known.suppressed++;
  }
  return counts;
}

type Tally = { right: number; samples: number };

function precisionByDetection(parts: ApiParts, tenants: readonly string[]): Map<string, Tally> {
  const sums = new Map<string, Tally>();
  for (const tenant of tenants) {
    const state = caseState(parts, tenant);
    if (state === undefined) continue;
    for (const { detection, true_positive: right, judged } of readPrecision(state)) {
      const sum = sums.get(detection) ?? { right: 0, samples: 0 };
      sums.set(detection, { right: sum.right + right, samples: sum.samples + judged });
    }
  }
  return sums;
}

const sightRank: readonly Sight[] = ['seeing', 'unknown', 'degraded', 'blind'];

/** As in the tenant where the rule sees least; shared feeds see for every tenant. */
function healthOf(rule: LoadedRule, parts: ApiParts, tenants: readonly string[]): RuleView['health'] {
  const { sources } = parts.collector.tables;
  const nowMs = parts.around.nowMs();
  let worst: Sight = 'seeing';
  for (const tenant of tenants) {
    const { sight } = coverageOf(rule, sources, tenant, nowMs);
    if (sightRank.indexOf(sight) > sightRank.indexOf(worst)) worst = sight;
  }
  return worst === 'blind' ? 'blind' : worst === 'degraded' ? 'degraded' : 'ok';
}

function fileOf(parts: ApiParts, rule: LoadedRule): { path: string; text: string } | undefined {
  const { files } = parts.collector.current.rules;
  const line = new RegExp(`^\\s*id:\\s*['"]?${rule.meta.id.replace(/[^\w-]/g, '\\$&')}['"]?\\s*$`, 'm');
  return files.find(({ text }) => line.test(text));
}

async function ruleViews(parts: ApiParts, call: ApiCall): Promise<{ view: RuleView; rule: LoadedRule }[]> {
  const { ruleSet } = parts.collector.current.rules;
  const proofs = await parts.proofs.of(ruleSet);
  const counts = countsByRule(parts, new Set(call.tenants));
  const precision = precisionByDetection(parts, call.tenants);
  return ruleSet.rules
    .filter(({ standalone }) => standalone)
    .map((rule) => {
      const { meta } = rule;
      const tally = precision.get(meta.detection);
      const count = counts.get(meta.id);
      const view: RuleView = {
        rule_id: meta.id,
        detection: meta.detection,
        title: meta.title,
        description: meta.description,
        plane: meta.plane,
        likelihood: meta.likelihood,
        effect: meta.effect,
        tags: [...meta.tags],
        requires_sources: [...meta.requiresSources],
        health: healthOf(rule, parts, call.tenants),
        proof: proofs.get(meta.id)?.state ?? 'never',
        precision:
          tally === undefined
            ? null
            : { value: tally.samples === 0 ? null : tally.right / tally.samples, samples: tally.samples },
        findings_30d: count?.findings ?? 0,
        suppressed_30d: count?.suppressed ?? 0,
        runbook: meta.runbook ?? null,
        playbook: meta.playbook ?? null,
        file: fileOf(parts, rule)?.path ?? '',
      };
      return { view, rule };
    });
}

/** The runbook beside the rule; null when there is none. Only a plain file name is followed. */
async function runbookText(path: string, runbook: string | undefined): Promise<string | null> {
  if (runbook === undefined || path === '' || basename(runbook) !== runbook) return null;
  const folder = path.startsWith('/') ? dirname(path) : join(shippedRulesPath(), dirname(path));
  return readFile(join(folder, runbook), 'utf8').catch(() => null);
}

/** Tests beside the rule; none when it has none or its file lies elsewhere. */
async function testsOf(path: string): Promise<{ name: string; kind: string }[]> {
  if (!/\.ya?ml$/.test(path)) return [];
  const beside = path.replace(/\.ya?ml$/, '.test.yaml');
  const place = beside.startsWith('/') ? beside : join(shippedRulesPath(), beside);
  try {
    const { tests } = readRuleTests(beside, plainYaml(await readFile(place, 'utf8'), 100));
    return tests.map(({ name, kind }) => ({ name, kind }));
  } catch {
    return [];
  }
}

const historyMax = 50;

async function historyOf(parts: ApiParts, ruleId: string): Promise<RuleDetail['history']> {
  const changesOf = ({ fact }: AuditEntry): readonly RuleChange[] =>
    fact.action === 'rules.changed' ? ((fact.details?.['changes'] ?? []) as RuleChange[]) : [];
  const wants = (entry: AuditEntry): boolean => changesOf(entry).some(({ id }) => id === ruleId);
  const entries = await parts.audit.list({ limit: historyMax, wants });
  return entries.map((entry) => {
    const change = changesOf(entry).find(({ id }) => id === ruleId);
    const what = change?.change ?? 'changed';
    const meaning = what === 'changed' && change?.meaning === false ? 'changed, its meaning did not' : what;
    return { at: entry.fact.at, change: meaning, audit_index: entry.seq };
  });
}

/** Handlers of rules. */
export function ruleHandlers(parts: ApiParts): Record<string, ApiHandler> {
  return {
    'GET /rules': async (call) => {
      const views = (await ruleViews(parts, call)).map(({ view }) => view);
      return value(
        pageOf(
          views,
          (view) => `${view.detection} ${view.rule_id}`,
          call.page,
          (view) => view,
        ),
      );
    },
    'GET /rules/{id}': async (call) => {
      const id = call.params['id'];
      const found = (await ruleViews(parts, call)).find(
        ({ view }) => view.rule_id === id || view.detection === id,
      );
      if (found === undefined) return notFound;
      const { view, rule } = found;
      await call.audit(call.tenants.join(','), `rule ${view.detection}`);
      const proof = (await parts.proofs.of(parts.collector.current.rules.ruleSet)).get(view.rule_id);
      return value({
        rule: view,
        text: fileOf(parts, rule)?.text ?? null,
        runbook_text: await runbookText(view.file, rule.meta.runbook),
        playbook: shippedPlaybooks().find(({ id: one }) => one === view.playbook) ?? null,
        proof_reason: proof?.reason ?? 'not tested',
        tests: await testsOf(view.file),
        history: await historyOf(parts, view.rule_id),
      });
    },
  };
}
