/** The outside world: every rule of SigmaHQ parses, and its regression pairs match. Counts are printed; skipped files fail. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { rawEvents, windowsFields } from '../../collector/src/6-detect/raw-event.ts';
import { loadRules } from '../../collector/src/6-detect/rule-set.ts';
import type { RuleSetResult } from '../../collector/src/6-detect/rule-set.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const archive = fileURLToPath(new URL('../../../shared/corpora/sigmahq-2026-08-05.tar.gz', import.meta.url));

interface Corpus {
  readonly root: string;
  readonly remove: () => void;
}

/** Folder named by ZONEWARDEN_SIGMA_CORPUS, else the archive unpacked to a temporary folder; undefined when neither is there. */
function corpus(): Corpus | undefined {
  const named = process.env['ZONEWARDEN_SIGMA_CORPUS'];
  if (named !== undefined && named !== '') return { root: named, remove: () => undefined };
  if (!existsSync(archive)) return undefined;
  const root = mkdtempSync(join(tmpdir(), 'sigma-'));
  execFileSync('tar', ['-xzf', archive, '-C', root]);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

function filesUnder(root: string, extension: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .sort();
}

function loadAll(root: string): RuleSetResult {
  const files = filesUnder(root, '.yml').filter((name) => !name.startsWith('regression_data'));
  return loadRules(
    files.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
    { sha256 },
  );
}

interface Counts {
  pairs: number;
  matched: number;
  declared: number;
  exact: number;
  skipped: string[];
  missed: string[];
}

interface Info {
  readonly rule_metadata?: { id: string }[];
  readonly regression_tests_info?: { match_count?: number }[];
}

function runPairs(root: string, loaded: RuleSetResult): Counts {
  const rules = new Map(loaded.ruleSet.rules.map((rule) => [rule.meta.id, rule]));
  const counts: Counts = { pairs: 0, matched: 0, declared: 0, exact: 0, skipped: [], missed: [] };
  const folder = join(root, 'regression_data');
  for (const file of filesUnder(folder, '.json')) {
    const info = parse(readFileSync(join(folder, file, '..', 'info.yml'), 'utf8')) as Info;
    const rule = rules.get(info.rule_metadata?.[0]?.id ?? '');
    const { records, problems } = rawEvents(readFileSync(join(folder, file), 'utf8'));
    if (rule?.kind !== 'rule' || problems.length > 0) {
      counts.skipped.push(file);
      continue;
    }
    counts.pairs += 1;
    const matches = records.map(windowsFields).filter((record) => rule.rule.test(record)).length;
    const declared = info.regression_tests_info?.[0]?.match_count;
    if (matches > 0) counts.matched += 1;
    else counts.missed.push(file);
    if (declared === undefined) continue;
    counts.declared += 1;
    if (declared === matches) counts.exact += 1;
  }
  return counts;
}

void test('SigmaHQ: all documents parse, regression pairs match', (t) => {
  const found = corpus();
  if (found === undefined) {
    t.skip('no corpus: set ZONEWARDEN_SIGMA_CORPUS to a checkout of SigmaHQ/sigma');
    return;
  }
  try {
    const loaded = loadAll(found.root);
    const errors = loaded.problems.filter(({ severity }) => severity === 'error');
    const expand = errors.filter(({ reason }) => /list %.*% of "expand" is not configured/.test(reason));
    const aggregation = errors.filter(({ reason }) => /old (aggregation )?syntax/.test(reason));
    const others = errors.filter((error) => !expand.includes(error) && !aggregation.includes(error));
    const { documents, loaded: count } = loaded.counts;
    t.diagnostic(
      `documents ${documents}, loaded ${count}, expand uses refused ${expand.length}, old aggregations ${aggregation.length}`,
    );
    assert.equal(documents, 4044);
    assert.equal(expand.length, 42);
    for (const problem of others)
      assert.ok(problem.file.startsWith('unsupported/'), `${problem.file}:${problem.line} ${problem.reason}`);
    const rest = new Set(errors.filter((error) => !expand.includes(error)).map(({ file }) => file));
    const outside = [...rest].filter((file) => !file.startsWith('unsupported/'));
    assert.deepEqual(
      outside,
      ['deprecated/other/generic_brute_force.yml'],
      'one deprecated rule uses a pipe aggregation',
    );
    const pairs = runPairs(found.root, loaded);
    t.diagnostic(
      `pairs ${pairs.pairs}, at least one match ${pairs.matched}, exact ${pairs.exact} of ${pairs.declared}`,
    );
    assert.deepEqual(pairs.skipped, []);
    assert.equal(pairs.pairs, 202);
    assert.equal(pairs.declared, 172);
    assert.ok(pairs.matched >= 201, `missed: ${pairs.missed.join(', ')}`);
    assert.ok(pairs.exact >= 167, `exact ${pairs.exact}`);
  } finally {
    found.remove();
  }
});
