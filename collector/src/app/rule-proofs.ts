/** Proof of the rules in force: their shipped tests are run once per rule set, a file at a time, and drills are added. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as pause } from 'node:timers/promises';
import { proveRules, type Demonstration, type RuleProof } from '../6-detect/proof.ts';
import type { RuleSet } from '../6-detect/rule-set.ts';
import { readRuleTests, runRuleTests } from '../6-detect/rule-test.ts';
import { sha256Hex } from './digest.ts';
import { shippedRulesPath } from './rule-files.ts';
import { plainYaml } from '../leaf/yaml-bounds.ts';

const maxAgeMs = 90 * 86_400_000;

/** Proofs by rule set. */
export class RuleProofs {
  readonly #nowMs: () => number;
  readonly #drills: () => readonly Demonstration[];
  #digest = '';
  #shown: Promise<readonly Demonstration[]> = Promise.resolve([]);

  /** `drills`: what drills have shown so far. */
  constructor(nowMs: () => number, drills: () => readonly Demonstration[]) {
    this.#nowMs = nowMs;
    this.#drills = drills;
  }

  /** Proof of every rule that raises findings, by rule id. */
  async of(ruleSet: RuleSet): Promise<ReadonlyMap<string, RuleProof>> {
    if (this.#digest !== ruleSet.digest) {
      this.#digest = ruleSet.digest;
      this.#shown = this.#demonstrate(ruleSet);
    }
    const shown = [...(await this.#shown), ...this.#drills()];
    return new Map(proveRules(ruleSet, shown, this.#nowMs(), maxAgeMs).map((proof) => [proof.ruleId, proof]));
  }

  async #demonstrate(ruleSet: RuleSet): Promise<readonly Demonstration[]> {
    const folder = shippedRulesPath();
    const names = await readdir(folder, { recursive: true });
    const found: Demonstration[] = [];
    for (const name of names.filter((one) => /\.test\.ya?ml$/.test(one)).sort()) {
      const file = readRuleTests(name, plainYaml(await readFile(join(folder, name), 'utf8'), 100));
      for (const { detection, provenance, name: test, passed, kind } of runRuleTests(
        file,
        ruleSet,
        sha256Hex,
      )) {
        // Only a rule that fired is shown to work; staying silent is shown by a rule that does nothing, too.
        if (kind !== 'fires') continue;
        const how = provenance === 'recorded' ? 'recorded_fixture' : 'synthetic_fixture';
        found.push({ detection, kind: how, name: test, passed, atMs: this.#nowMs() });
      }
      await pause();
    }
    return found;
  }
}
