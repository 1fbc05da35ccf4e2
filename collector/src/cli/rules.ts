/** `zonewarden rules check | match | test | proof`: load Sigma rules, match them on events, run the tests beside them. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { runDetector } from '../6-detect/detector-run.ts';
import { rawEvents, windowsFields } from '../6-detect/raw-event.ts';
import { runRuleTests } from '../6-detect/rule-test.ts';
import { loadRules } from '../6-detect/rule-set.ts';
import { problemLine } from '../6-detect/sigma-problem.ts';
import { onRecords, rawAsEvent } from './raw-correlation.ts';
import { sha256Hex } from '../app/digest.ts';
import { readRuleFiles, shippedRulesPath } from '../app/rule-files.ts';
import { expandListsOf, isExpandFile } from '../app/expand-lists.ts';
import { readFault } from '../app/document-file.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { proof } from './rules-proof.ts';
import { readTestFiles } from './rule-test-files.ts';
import { exitCodes } from './command-io.ts';
import { readEventFile } from './event-file.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { RuleSetResult } from '../6-detect/rule-set.ts';
import type { RuleProblem } from '../6-detect/sigma-problem.ts';
import type { CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

/** Runs one of the sub-commands and returns the exit status. Unusable input throws UnusableInput. */
export async function rules(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === 'check') return await check(rest, io);
    if (name === 'match') return await match(rest, io);
    if (name === 'test') return await test(rest, io);
    if (name === 'proof') return await proof(rest, io);
    throw misuse('rules', 'takes check, match, test or proof');
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error;
    for (const line of error.problems) io.stderr.write(`${line}\n`);
    return exitCodes.unusable;
  }
}

function writeLine(io: CommandIo, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value)}\n`);
}

async function load(paths: readonly string[]): Promise<RuleSetResult> {
  const files = await readRuleFiles(paths);
  if (files.length === 0)
    throw new UnusableInput(paths.map((path) => `${path}: holds no rule file (.yml or .yaml)`));
  return loadRules(
    files.filter((file) => !isExpandFile(file)),
    { sha256: sha256Hex, expand: expandListsOf(files.filter(isExpandFile)) },
  );
}

async function check(argv: readonly string[], io: CommandIo): Promise<number> {
  const { positionals } = commandLine('rules', { args: [...argv], allowPositionals: true, options: {} });
  if (positionals.length === 0) throw new UnusableInput(['rules check: name at least one file or folder']);
  const { counts, problems } = await load(positionals);
  for (const problem of problems)
    io.stderr.write(`${problem.severity === 'lint' ? 'note: ' : ''}${problemLine(problem)}\n`);
  const refused = refusedDocuments(problems);
  writeLine(io, { ...counts, refused });
  return refused.length === 0 ? exitCodes.held : exitCodes.fellShort;
}

/** One entry per refused document, its reasons joined. */
function refusedDocuments(
  problems: readonly RuleProblem[],
): { file: string; title: string; reason: string }[] {
  const byDocument = new Map<string, { file: string; title: string; reason: string }>();
  for (const { severity, file, line, document, title, path, reason } of problems) {
    if (severity !== 'error') continue;
    const text = `${line === 0 ? '' : `line ${line}: `}${path === '' ? '' : `${path}: `}${reason}`;
    const key = JSON.stringify([file, document]);
    const known = byDocument.get(key);
    byDocument.set(key, { file, title, reason: known === undefined ? text : `${known.reason}; ${text}` });
  }
  return [...byDocument.values()];
}

async function match(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values } = commandLine('rules', {
    args: [...argv],
    options: {
      rules: { type: 'string' },
      events: { type: 'string' },
      raw: { type: 'boolean', default: false },
    },
  });
  if (values.rules === undefined || values.events === undefined)
    throw new UnusableInput(['rules match: --rules PATH and --events FILE are required']);
  const { ruleSet, problems } = await load([values.rules]);
  const refused = problems.filter(({ severity }) => severity === 'error');
  for (const problem of refused) io.stderr.write(`${problemLine(problem)}\n`);
  const { records, events, unreadable } = values.raw
    ? await readRaw(values.events)
    : await readCanonical(values.events);
  for (const line of unreadable) io.stderr.write(`${line}\n`);
  const fired = new Map<string, Set<string>>();
  if (ruleSet.rules.some((rule) => rule.kind === 'correlation'))
    for (const draft of runDetector(onRecords(ruleSet, events, records), events, {
      sha256: sha256Hex,
      untilMs: Number.MAX_SAFE_INTEGER,
    }).findings.filter(({ filtered_by: filter }) => filter === undefined))
      fired.set(draft.rule_id, (fired.get(draft.rule_id) ?? new Set()).add(draft.finding_id));
  for (const rule of ruleSet.rules) {
    const matched = rule.kind === 'rule' ? records.filter((record) => rule.rule.test(record)) : [];
    const kept = matched.filter(
      (record) => rule.kind !== 'rule' || rule.filters.every((filter) => filter.keeps(record)),
    );
    if (kept.length < matched.length)
      io.stderr.write(
        `note: ${rule.meta.title}: filters take out ${matched.length - kept.length} of ${matched.length} matches\n`,
      );
    const matches = rule.kind === 'rule' ? kept.length : (fired.get(rule.meta.id)?.size ?? 0);
    if (matches > 0) writeLine(io, { rule_id: rule.meta.id, title: rule.meta.title, matches });
  }
  if (unreadable.length > 0) return exitCodes.unusable;
  return refused.length === 0 ? exitCodes.held : exitCodes.fellShort;
}

interface Input {
  /** What event rules see. */
  readonly records: readonly object[];
  /** What correlations see: the same, with the fields that windows and groups need. */
  readonly events: readonly CanonicalEvent[];
  readonly unreadable: readonly string[];
}

async function readCanonical(path: string): Promise<Input> {
  const { events, rejected } = await readEventFile(path);
  const unreadable = rejected.map(({ file, line, problems }) => `${file}:${line}: ${problems.join('; ')}`);
  return { records: events, events, unreadable };
}

async function readRaw(path: string): Promise<Input> {
  const text = await readFile(path === '-' ? '/dev/stdin' : path, 'utf8').catch((error: unknown) => {
    throw new UnusableInput([`${path}: ${readFault(error)}`]);
  });
  const { records: read, problems } = rawEvents(text);
  const records = read.map(windowsFields);
  const events = records.map((record, index) => rawAsEvent(record, index));
  return { records, events, unreadable: problems.map(({ line, reason }) => `${path}:${line}: ${reason}`) };
}

async function test(argv: readonly string[], io: CommandIo): Promise<number> {
  const { positionals } = commandLine('rules', { args: [...argv], allowPositionals: true, options: {} });
  if (positionals.length > 1) throw new UnusableInput(['rules test: takes one file or folder']);
  const wanted = resolve(positionals[0] ?? shippedRulesPath());
  const shipped = shippedRulesPath();
  const found = await stat(wanted).catch((error: unknown) => {
    throw new UnusableInput([`${wanted}: ${readFault(error)}`]);
  });
  const base = !relative(shipped, wanted).startsWith('..')
    ? shipped
    : found.isDirectory()
      ? wanted
      : dirname(wanted);
  const { ruleSet, problems } = await load([base]);
  const errors = problems.filter(({ severity }) => severity === 'error');
  for (const problem of errors) io.stderr.write(`${problemLine(problem)}\n`);
  const files = await readTestFiles(wanted, found.isDirectory());
  const results = files.flatMap((file) => runRuleTests(file, ruleSet, sha256Hex));
  const failed = results.filter((result) => !result.passed);
  const tested = new Set(files.map((file) => file.detection));
  const untested = ruleSet.rules
    .filter((rule) => found.isDirectory() && rule.standalone && !tested.has(rule.meta.detection))
    .map((rule) => rule.meta.detection);
  for (const result of failed) writeLine(io, result);
  writeLine(io, {
    rules: new Set(ruleSet.rules.filter((rule) => rule.standalone).map((rule) => rule.meta.detection)).size,
    files: files.length,
    tests: results.length,
    passed: results.length - failed.length,
    failed: failed.length,
    recorded: results.filter((result) => result.provenance === 'recorded').length,
    untested: [...new Set(untested)].sort(),
    refused: errors.length,
  });
  return failed.length + untested.length + errors.length === 0 ? exitCodes.held : exitCodes.fellShort;
}
