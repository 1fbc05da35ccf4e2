/** Loads rules from text for tests. */
import { createHash } from 'node:crypto';
import { loadRules } from '../../../collector/src/6-detect/rule-set.ts';
import type { LoadOptions, RuleSetResult } from '../../../collector/src/6-detect/rule-set.ts';
import type { EventTest } from '../../../collector/src/6-detect/compiled-test.ts';

/** SHA-256, lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Loads one file's text. */
export function load(text: string, expand?: LoadOptions['expand']): RuleSetResult {
  return loadRules([{ path: 'rule.yaml', text }], { sha256, ...(expand === undefined ? {} : { expand }) });
}

/** Reasons of all errors. */
export function errorsOf(text: string, expand?: LoadOptions['expand']): string[] {
  return load(text, expand)
    .problems.filter((problem) => problem.severity === 'error')
    .map((problem) => `${problem.line}: ${problem.reason}`);
}

/** A rule document around the detections given in YAML flow style. */
export function ruleText(detection: string, title = 'A rule'): string {
  return `title: ${title}\nlogsource: {product: test}\ndetection: ${detection}\n`;
}

/** The test of a rule with the given detections; throws with the reasons when it does not load. */
export function testOf(detection: string, expand?: LoadOptions['expand']): EventTest {
  const { ruleSet, problems } = load(ruleText(detection), expand);
  const [rule] = ruleSet.rules;
  if (rule?.kind !== 'rule') throw new Error(problems.map((problem) => problem.reason).join('; '));
  return rule.rule.test;
}
