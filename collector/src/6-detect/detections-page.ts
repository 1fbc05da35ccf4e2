/** Generates docs/detections.md from the rule files and their tests: what fires, on what, what is known to be missing. */
import type { LoadedRule, RuleSet } from './rule-set.ts';
import type { RuleTestResult } from './rule-test.ts';

/** Markdown page of every detection that raises findings, sorted by id. `results` are those of the tests beside the rules. */
export function detectionsPage(ruleSet: RuleSet, results: readonly RuleTestResult[]): string {
  const byDetection = new Map<string, LoadedRule[]>();
  for (const rule of ruleSet.rules) {
    if (!rule.standalone) continue;
    const { detection } = rule.meta;
    byDetection.set(detection, [...(byDetection.get(detection) ?? []), rule]);
  }
  const ids = [...byDetection.keys()].sort();
  const head = [
    '# Detections',
    '',
    'Generated from `collector/rules`; do not edit. Likelihood and effect feed severity together with the tier of the domain.',
    '',
    '| id | title | likelihood | effect | plane | sources, best first | playbook | tests (recorded) |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const rows = ids.flatMap((id) => (byDetection.get(id) ?? []).map((rule) => row(rule, results)));
  const parts = ids.map((id) => section(id, byDetection.get(id) ?? [], results));
  return `${[...head, ...rows, '', ...parts].join('\n').trimEnd()}\n`;
}

function row({ meta }: LoadedRule, results: readonly RuleTestResult[]): string {
  const mine = results.filter((result) => result.detection === meta.detection);
  const recorded = mine.filter((result) => result.provenance === 'recorded').length;
  const cells = [
    meta.detection,
    meta.title,
    String(meta.likelihood),
    meta.effect,
    meta.plane,
    meta.requiresSources.join(', '),
    meta.playbook ?? '',
    `${mine.length} (${recorded})`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

function section(id: string, rules: readonly LoadedRule[], results: readonly RuleTestResult[]): string {
  const [first] = rules;
  if (first === undefined) return '';
  const { meta } = first;
  const mine = results.filter((result) => result.detection === id);
  const techniques = meta.tags
    .filter((tag) => /^attack\.t\d/.test(tag))
    .map((tag) => tag.slice(7).toUpperCase());
  const folder = (first.kind === 'rule' ? first.rule.file : first.correlation.file).replace(/[^/]*$/, '');
  const lines = [
    `## ${id} ${meta.title}`,
    '',
    ...rules.map((rule) => `- **${rule.meta.title}**: ${rule.meta.description}`),
    '',
    `ATT&CK: ${techniques.join(', ') || 'none'}. Risk points: ${meta.riskPoints}. ${meta.suppressible ? 'Can' : 'Cannot'} be suppressed.`,
    '',
    `Without all its sources: ${meta.degraded ?? 'not stated'}`,
    '',
    `Known harmless causes: ${meta.falsepositives.join('; ') || 'none known'}.`,
    '',
    `Fires when: ${tests(mine, 'fires')}. Silent when: ${tests(mine, 'silent')}.`,
    '',
    ...(meta.runbook === undefined
      ? []
      : [`Runbook: [${meta.runbook}](../collector/rules/${folder}${meta.runbook})`, '']),
  ];
  return lines.join('\n');
}

function tests(results: readonly RuleTestResult[], kind: RuleTestResult['kind']): string {
  return (
    results
      .filter((result) => result.kind === kind)
      .map((result) => result.name)
      .join('; ') || 'no test'
  );
}
