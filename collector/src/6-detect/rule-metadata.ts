/** What a rule says about itself: the Sigma head and the `zonewarden` block that severity, routing and coverage need. */
import { sourceKinds } from '../contract/event.ts';
import { effects, planes } from '../contract/severity.ts';
import type { SourceKind } from '../contract/event.ts';
import type { Effect, Plane } from '../contract/severity.ts';
import type { ProblemSink } from './sigma-problem.ts';

/** Head of a rule. Rules without a `zonewarden` block (from other projects) get neutral values. */
export interface RuleMetadata {
  readonly id: string;
  /** Name other documents refer to; undefined when the rule has none. */
  readonly name: string | undefined;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly references: readonly string[];
  readonly level: string | undefined;
  readonly status: string | undefined;
  /** Catalogue id such as R05; the rule's name or id when it has none. */
  readonly detection: string;
  readonly ruleVersion: number;
  readonly likelihood: number;
  /** Likelihood where the evidence itself says an inside source was silent; undefined: the same. */
  readonly degradedLikelihood: number | undefined;
  readonly effect: Effect;
  readonly plane: Plane;
  readonly riskPoints: number;
  readonly playbook: string | undefined;
  readonly group: readonly string[];
  /** Any one of them is enough to see the thing; the first is the best. Empty: unknown. */
  readonly requiresSources: readonly SourceKind[];
  readonly degraded: string | undefined;
  readonly suppressible: boolean;
  /** File name of the runbook beside the rule. */
  readonly runbook: string | undefined;
  /** False: only a building block of correlations. */
  readonly standalone: boolean;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const levels = ['informational', 'low', 'medium', 'high', 'critical'];
const statuses = ['stable', 'test', 'experimental', 'deprecated', 'unsupported'];
const likelihoodOfLevel: Readonly<Record<string, number>> = {
  informational: 0.02,
  low: 0.1,
  medium: 0.3,
  high: 0.5,
  critical: 0.8,
};

/** Reads the head of a rule, correlation or filter; every fault is reported, the result is usable only without errors. */
export function readMetadata(
  data: Readonly<Record<string, unknown>>,
  problems: ProblemSink,
  fallbackId: string,
): RuleMetadata {
  const text = (key: string): string | undefined => {
    const value = data[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    problems.error([key], 'must be text');
    return undefined;
  };
  const title = text('title') ?? '';
  if (title.trim() === '') problems.error([], 'a title is required');
  if (title.length > 256) problems.error(['title'], 'must have at most 256 characters');
  const id = text('id');
  if (id !== undefined && !uuid.test(id)) problems.error(['id'], `"${id.slice(0, 60)}" is not a UUID`);
  const name = text('name');
  const level = oneOf(data['level'], levels, ['level'], problems);
  const status = oneOf(data['status'], statuses, ['status'], problems);
  const head = {
    id: (id ?? fallbackId).toLowerCase(),
    name,
    title,
    description: text('description') ?? '',
    tags: texts(data['tags'], ['tags'], problems),
    falsepositives: texts(data['falsepositives'], ['falsepositives'], problems),
    references: texts(data['references'], ['references'], problems),
    level,
    status,
  };
  const block = data['zonewarden'];
  if (block === undefined) return { ...head, ...neutral(head.name ?? head.id, level, data['logsource']) };
  if (typeof block !== 'object' || block === null || Array.isArray(block)) {
    problems.error(['zonewarden'], 'must be a map');
    return { ...head, ...neutral(head.id, level, undefined) };
  }
  if (id === undefined) problems.error([], 'a rule with a zonewarden block needs an id');
  return { ...head, ...readBlock(block as Record<string, unknown>, head.name ?? head.id, level, problems) };
}

type Block = Omit<
  RuleMetadata,
  'id' | 'name' | 'title' | 'description' | 'tags' | 'falsepositives' | 'references' | 'level' | 'status'
>;

function neutral(detection: string, level: string | undefined, logsource: unknown): Block {
  const category =
    typeof logsource === 'object' && logsource !== null
      ? (logsource as Record<string, unknown>)['category']
      : undefined;
  return {
    detection,
    ruleVersion: 1,
    likelihood: likelihoodOfLevel[level ?? 'medium'] ?? 0.3,
    degradedLikelihood: undefined,
    effect: 'weak',
    plane: planes.find((plane) => plane === category) ?? 'intel',
    riskPoints: 10,
    playbook: undefined,
    group: [],
    requiresSources: [],
    degraded: undefined,
    suppressible: true,
    runbook: undefined,
    standalone: true,
  };
}

const blockKeys = [
  'detection',
  'rule_version',
  'likelihood',
  'likelihood_degraded',
  'effect',
  'plane',
  'risk_points',
  'playbook',
  'group',
  'requires_sources',
  'degraded',
  'suppressible',
  'runbook',
  'standalone',
];

function readBlock(
  block: Record<string, unknown>,
  fallback: string,
  level: string | undefined,
  problems: ProblemSink,
): Block {
  const at = (key: string): string[] => ['zonewarden', key];
  for (const key of Object.keys(block))
    if (!blockKeys.includes(key)) problems.error(at(key), `unknown key; known are ${blockKeys.join(', ')}`);
  const base = neutral(fallback, level, undefined);
  const number = (key: string, min: number, max: number): number | undefined => {
    const value = block[key];
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value >= min && value <= max) return value;
    problems.error(at(key), `must be a number from ${min} to ${max}`);
    return undefined;
  };
  const text = (key: string): string | undefined => {
    const value = block[key];
    if (value === undefined || typeof value === 'string') return value;
    problems.error(at(key), 'must be text');
    return undefined;
  };
  const flag = (key: string): boolean => {
    const value = block[key];
    if (value !== undefined && typeof value !== 'boolean') problems.error(at(key), 'must be true or false');
    return value !== false;
  };
  const version = number('rule_version', 1, 1_000_000);
  if (version !== undefined && !Number.isInteger(version))
    problems.error(at('rule_version'), 'must be a whole number');
  return {
    detection: text('detection') ?? base.detection,
    ruleVersion: version ?? 1,
    likelihood: number('likelihood', 0, 1) ?? base.likelihood,
    degradedLikelihood: number('likelihood_degraded', 0, 1),
    effect: oneOf(block['effect'], effects, at('effect'), problems) ?? base.effect,
    plane: oneOf(block['plane'], planes, at('plane'), problems) ?? base.plane,
    riskPoints: number('risk_points', 0, 100) ?? base.riskPoints,
    playbook: text('playbook'),
    group: texts(block['group'], at('group'), problems),
    requiresSources: texts(block['requires_sources'], at('requires_sources'), problems).flatMap(
      (kind, index) => {
        const known = oneOf(kind, sourceKinds, [...at('requires_sources'), index], problems);
        return known === undefined ? [] : [known];
      },
    ),
    degraded: text('degraded'),
    suppressible: flag('suppressible'),
    runbook: text('runbook'),
    standalone: flag('standalone'),
  };
}

function oneOf<const T extends string>(
  value: unknown,
  words: readonly T[],
  path: readonly (string | number)[],
  problems: ProblemSink,
): T | undefined {
  if (value === undefined || value === null) return undefined;
  const found = words.find((word) => word === value);
  if (found === undefined) problems.error(path, `must be one of ${words.join(', ')}`);
  return found;
}

function texts(value: unknown, path: readonly (string | number)[], problems: ProblemSink): string[] {
  if (value === undefined || value === null) return [];
  if (typeof value === 'string') return [value];
  if (Array.isArray(value) && value.every((entry) => typeof entry === 'string')) return value as string[];
  if (path[0] === 'zonewarden' || path[0] === 'tags') problems.error(path, 'must be a list of texts');
  return Array.isArray(value) ? value.map(String) : [];
}
