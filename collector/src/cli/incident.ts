/** `zonewarden incident`: plays incident files and prints one verdict a line. */
import { readFile } from 'node:fs/promises';
import { intentsFromValue, inventoryFromValue } from '../app/documents.ts';
import { detectorFrom, shippedRulesPath } from '../app/rule-files.ts';
import { replayParts } from '../app/replay-parts.ts';
import type { Detector } from '../contract/step.ts';
import type { IncidentFile } from '../host/incident-file.ts';
import { runIncident, type Disturbance, type IncidentObservation } from '../host/incident-run.ts';
import { judgeIncident, type IncidentVerdict } from '../host/incident-verdict.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';
import { incidentProblems } from './incident-check.ts';

function parse(argv: readonly string[]) {
  return commandLine('incident', {
    args: [...argv],
    allowPositionals: true,
    options: {
      sources: { type: 'string', default: 'all' },
      shuffle: { type: 'string', default: '0' },
      seed: { type: 'string', default: '1' },
      duplicate: { type: 'boolean', default: false },
      'late-audit': { type: 'string', default: '0' },
      restart: { type: 'boolean', default: false },
      rules: { type: 'string' },
    },
  });
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw misuse('incident', `--${name} takes a whole number of at least 0, not ${JSON.stringify(text)}`);
  return value;
}

async function readIncident(path: string): Promise<IncidentFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UnusableInput([`${path}: cannot be read: ${(error as Error).message}`]);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UnusableInput([`${path}: not JSON: ${(error as Error).message}`]);
  }
  const problems = incidentProblems(value);
  if (problems.length > 0) throw new UnusableInput(problems.map((problem) => `${path}:${problem}`));
  return value as IncidentFile;
}

const undisturbed: Disturbance = {
  minimalSources: false,
  shuffleSeconds: 0,
  seed: 1,
  duplicate: false,
  lateAuditSeconds: 0,
  restart: false,
};

function play(
  path: string,
  incident: IncidentFile,
  disturbance: Disturbance,
  detector: Detector,
): { verdict: IncidentVerdict; seen: IncidentObservation } {
  const { replay } = incident;
  if (replay === null || replay === undefined)
    throw new UnusableInput([`${path}:/replay: has no executable part`]);
  const inventory = inventoryFromValue(`${path}:/replay/inventory`, replay.inventory);
  const intents = intentsFromValue(`${path}:/replay/intents`, replay.intents);
  const parts = replayParts(inventory, detector);
  const seen = runIncident({ incident: { ...incident, replay }, inventory, intents, parts, disturbance });
  return { verdict: judgeIncident(incident, seen), seen };
}

/** Plays an incident undisturbed: whether it passed, and the detections in the case that paged (all when none should). */
export async function playedDetections(
  path: string,
  detector: Detector,
): Promise<{ id: string; passed: boolean; detections: readonly string[] }> {
  const { verdict, seen } = play(path, await readIncident(path), undisturbed, detector);
  const paged = seen.cases.find((found) => found.paged_at !== null);
  const detections = paged?.detections ?? seen.findings.map(({ detection }) => detection);
  return { id: verdict.id, passed: verdict.passed, detections: [...new Set(detections)].sort() };
}

/** The command; exit 0 when every incident passed, 1 when one did not, 2 when a file cannot be used. */
export async function incident(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(argv);
  if (positionals.length === 0) throw misuse('incident', 'FILE is missing');
  if (values.sources !== 'all' && values.sources !== 'minimal')
    throw misuse('incident', '--sources takes all or minimal');
  const disturbance: Disturbance = {
    minimalSources: values.sources === 'minimal',
    shuffleSeconds: count('shuffle', values.shuffle),
    seed: count('seed', values.seed),
    duplicate: values.duplicate,
    lateAuditSeconds: count('late-audit', values['late-audit']),
    restart: values.restart,
  };
  const { detector } = await detectorFrom([values.rules ?? shippedRulesPath()]);
  let passed = true;
  for (const path of positionals) {
    const { verdict } = play(path, await readIncident(path), disturbance, detector);
    passed &&= verdict.passed;
    io.stdout.write(`${JSON.stringify(verdict)}\n`);
  }
  return passed ? exitCodes.held : exitCodes.fellShort;
}
