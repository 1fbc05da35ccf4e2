/** The case keeper with the shipped playbooks and the composite risk of stage 5. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { CaseKeeper } from '../contract/step.ts';
import { compositeRisk } from '../5-feature/composite-risk.ts';
import { createCaseKeeper } from '../7-case/case-keeper.ts';
import { parsePlaybook, type Playbook } from '../7-case/playbook.ts';
import { shippedRulesPath } from './rule-files.ts';

let loaded: readonly Playbook[] | undefined;

/** Shipped playbooks, sorted by file name; a broken one is a packaging fault and throws. */
export function shippedPlaybooks(): readonly Playbook[] {
  if (loaded !== undefined) return loaded;
  const folder = join(shippedRulesPath(), 'playbooks');
  loaded = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => {
      const outcome = parsePlaybook(parse(readFileSync(join(folder, name), 'utf8')));
      if (!outcome.ok) throw new Error(`${name}: ${outcome.problems.join('; ')}`);
      return outcome.playbook;
    });
  return loaded;
}

/** A case keeper; it holds no state of its own. */
export function caseKeeper(): CaseKeeper {
  return createCaseKeeper({
    compositeRisk: (signals, nowMs) => {
      const given = signals.map((signal) => ({
        rule: signal.rule,
        points: signal.points,
        plane: signal.plane,
        atMs: signal.ms,
        ownership: signal.ownership,
        share: signal.factor,
        signal,
      }));
      const { risk, planes, terms } = compositeRisk(given, nowMs);
      return { risk, planes, terms: terms.map(({ of, p, rank }) => ({ signal: of.signal, p, rank })) };
    },
    playbooks: shippedPlaybooks(),
  });
}
