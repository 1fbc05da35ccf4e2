/** `zonewarden rules proof`: what shows that each shipped rule would fire today: recorded fixtures, incidents, drills. */
import { readFile } from 'node:fs/promises';
import { proveRules, type Demonstration } from '../6-detect/proof.ts';
import { runRuleTests, type RuleTestResult } from '../6-detect/rule-test.ts';
import type { RuleSet } from '../6-detect/rule-set.ts';
import { sha256Hex } from '../app/digest.ts';
import { detectorFrom, shippedRulesPath } from '../app/rule-files.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine } from './command-line.ts';
import { playedDetections } from './incident.ts';
import { readTestFiles } from './rule-test-files.ts';

const dayMs = 86_400_000;

/** Results of the tests beside the shipped rules. */
export async function shippedRuleTests(ruleSet: RuleSet): Promise<RuleTestResult[]> {
  const files = await readTestFiles(shippedRulesPath(), true);
  return files.flatMap((file) => runRuleTests(file, ruleSet, sha256Hex));
}

function ofTests(results: readonly RuleTestResult[], atMs: number): Demonstration[] {
  return results
    .filter(({ kind }) => kind === 'fires')
    .map(({ detection, name, passed, provenance }) => ({
      detection,
      name,
      passed,
      atMs,
      kind: provenance === 'recorded' ? 'recorded_fixture' : 'synthetic_fixture',
    }));
}

/** Drills as `zonewarden drill` reports them, one JSON object a line: `{detection, name, passed, at}`. */
async function ofDrills(path: string): Promise<Demonstration[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new UnusableInput([`${path}: cannot be read: ${error.message}`]);
  });
  return text.split('\n').flatMap((line, index): Demonstration[] => {
    if (line.trim() === '') return [];
    const problem = new UnusableInput([
      `${path}:${index + 1}: must be {"detection", "name", "passed", "at"} with an RFC 3339 time`,
    ]);
    let row: { detection?: unknown; name?: unknown; passed?: unknown; at?: unknown } | null;
    try {
      row = JSON.parse(line) as typeof row;
    } catch {
      throw problem;
    }
    const { detection, name, passed, at } = row ?? {};
    const atMs = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    if (
      typeof detection !== 'string' ||
      typeof name !== 'string' ||
      typeof passed !== 'boolean' ||
      Number.isNaN(atMs)
    )
      throw problem;
    return [{ detection, name, passed, atMs, kind: 'drill' }];
  });
}

function optionsOf(argv: readonly string[]) {
  return commandLine('rules', {
    args: [...argv],
    options: {
      incidents: { type: 'string', multiple: true, default: [] },
      drills: { type: 'string' },
      'max-age-days': { type: 'string', default: '90' },
    },
  }).values;
}

/**
 * Prints one line per rule that raises findings, then a summary. Incidents given are played now and count for every
 * detection in the case that paged. Exit 1 while a rule is stale; never shown is a gap, not a fault.
 */
export async function proof(argv: readonly string[], io: CommandIo): Promise<number> {
  const options = optionsOf(argv);
  const days = Number(options['max-age-days']);
  if (!Number.isFinite(days) || days <= 0)
    throw new UnusableInput(['rules proof: --max-age-days must be above 0']);
  const { detector, ruleSet } = await detectorFrom([shippedRulesPath()]);
  const nowMs = Date.now();
  const demonstrations = ofTests(await shippedRuleTests(ruleSet), nowMs);
  for (const path of options.incidents) {
    const { id, passed, detections } = await playedDetections(path, detector);
    for (const detection of detections)
      demonstrations.push({ detection, kind: 'incident', name: id, passed, atMs: nowMs });
  }
  if (options.drills !== undefined) demonstrations.push(...(await ofDrills(options.drills)));
  const proofs = proveRules(ruleSet, demonstrations, nowMs, days * dayMs);
  for (const each of proofs) io.stdout.write(`${JSON.stringify(each)}\n`);
  const count = (state: string): number => proofs.filter((each) => each.state === state).length;
  const summary = {
    rules: proofs.length,
    proven: count('proven'),
    stale: count('stale'),
    never: count('never'),
  };
  io.stdout.write(`${JSON.stringify(summary)}\n`);
  return summary.stale === 0 ? exitCodes.held : exitCodes.fellShort;
}
