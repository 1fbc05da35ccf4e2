/** How a correlation and everything below it is laid out for evaluation under one key of state. */
import { fieldReader, scalarText } from './field-path.ts';
import type { DetectScope } from '../contract/step.ts';
import type { FieldReader } from './field-path.ts';
import type { LoadedCorrelation, LoadedEventRule, LoadedRule, RuleSet } from './rule-set.ts';

/** Where one input of a node comes from and which fields give its group. */
export interface PlanInput {
  /** Event rule whose matches enter; undefined when the input is another node. */
  readonly leaf: LoadedEventRule | undefined;
  /** Index of the inner node; -1 when the input is an event rule. */
  readonly node: number;
  readonly groupFields: readonly string[];
  readonly groupReaders: readonly FieldReader[];
}

/** One correlation of a plan; its inputs are event rules or earlier nodes. */
export interface PlanNode {
  readonly rule: LoadedCorrelation;
  readonly inputs: readonly PlanInput[];
  readonly valueReaders: readonly FieldReader[];
  /** Fields of the events that correlations above read, though this one is not grouped by them. */
  readonly carried: readonly { readonly field: string; readonly read: FieldReader }[];
}

/** A correlation that raises findings, with all inner ones, evaluated together under one scope. The last node is the root. */
export interface Plan {
  readonly key: string;
  readonly scope: DetectScope;
  readonly nodes: readonly PlanNode[];
  readonly leaves: readonly LoadedEventRule[];
  /** The scope alone decides the group, so one key of state never holds many groups. */
  readonly single: boolean;
}

/** Fields of which the engine's key of a scope is a function; an event without the field never gets there. */
const scopeFields: readonly (readonly [scope: DetectScope, field: string])[] = [
  ['domain', 'domain'],
  ['account', 'enrich.registrar_account.id'],
  ['account', 'registrar_account'],
  ['principal', 'enrich.actor.principal'],
  ['principal', 'actor_id'],
];

/** Plans of all correlations of a set that raise findings. */
export function plansOf(ruleSet: RuleSet): Plan[] {
  const seen = new Map<string, number>();
  return ruleSet.rules.flatMap((rule) => {
    if (rule.kind !== 'correlation' || !rule.standalone) return [];
    const copies = seen.get(rule.meaningHash) ?? 0;
    seen.set(rule.meaningHash, copies + 1);
    return [planOf(rule, copies === 0 ? rule.meaningHash : `${rule.meaningHash}.${copies}`)];
  });
}

function planOf(root: LoadedCorrelation, key: string): Plan {
  const nodes: PlanNode[] = [];
  const indexOf = new Map<LoadedRule, number>();
  const carried = carriedFields(root);
  const add = (rule: LoadedCorrelation): number => {
    const known = indexOf.get(rule);
    if (known !== undefined) return known;
    const { groupBy, aliases, refs, fields } = rule.correlation;
    const inputs = rule.inputs.map((input, index): PlanInput => {
      const groupFields = groupBy.map((field) => aliases[field]?.[refs[index] ?? ''] ?? field);
      const groupReaders = groupFields.map((field) => fieldReader(field));
      if (input.kind === 'rule') return { leaf: input, node: -1, groupFields, groupReaders };
      return { leaf: undefined, node: add(input), groupFields, groupReaders };
    });
    nodes.push({
      rule,
      inputs,
      valueReaders: fields.map((field) => fieldReader(field)),
      carried: [...(carried.get(rule) ?? [])].map((field) => ({ field, read: fieldReader(field) })),
    });
    indexOf.set(rule, nodes.length - 1);
    return nodes.length - 1;
  };
  add(root);
  const leaves = [...new Set(nodes.flatMap((node) => node.inputs.flatMap((input) => input.leaf ?? [])))];
  const groupings = nodes.flatMap((node) => node.inputs.map((input) => input.groupFields));
  const found = scopeFields.find(([, field]) => groupings.every((fields) => fields.includes(field)));
  const scope = found?.[0] ?? 'tenant';
  const single = groupings.every((fields) => fields.length === (found === undefined ? 0 : 1));
  return { key, scope, nodes, leaves, single };
}

/** For every correlation below a root: the fields that those above it read and it is not grouped by. */
function carriedFields(root: LoadedCorrelation): Map<LoadedCorrelation, Set<string>> {
  const carried = new Map<LoadedCorrelation, Set<string>>([[root, new Set()]]);
  const visit = (rule: LoadedCorrelation): void => {
    const { groupBy, fields, aliases, refs } = rule.correlation;
    for (const [index, input] of rule.inputs.entries()) {
      if (input.kind !== 'correlation') continue;
      const wanted = carried.get(input) ?? new Set<string>();
      const read = [...groupBy, ...fields].map((field) => aliases[field]?.[refs[index] ?? ''] ?? field);
      for (const field of [...read, ...(carried.get(rule) ?? [])])
        if (!input.correlation.groupBy.includes(field)) wanted.add(field);
      carried.set(input, wanted);
      visit(input);
    }
  };
  visit(root);
  return carried;
}

/** Values of a group; one event with a list in a group field belongs to several groups. */
export interface Groups {
  readonly keys: readonly (readonly string[])[];
  readonly missing: boolean;
  readonly truncated: boolean;
}

/** Groups of an event for one input. A field that is absent, null, empty or an unknown actor gives no group. */
export function groupsOf(event: object, input: PlanInput, fanOutMax: number): Groups {
  const key = oneGroup(event, input);
  if (key !== undefined) return { keys: [key], missing: false, truncated: false };
  let keys: string[][] = [[]];
  let truncated = false;
  for (const [index, read] of input.groupReaders.entries()) {
    const value = read(event);
    const texts = (Array.isArray(value) ? value : [value])
      .map(scalarText)
      .filter((text) => text !== undefined && text !== '')
      .filter((text) => !(input.groupFields[index] === 'actor_id' && text === 'unknown'));
    const distinct = [...new Set(texts)] as string[];
    if (distinct.length === 0) return { keys: [], missing: true, truncated };
    keys = keys.flatMap((key) => distinct.map((text) => [...key, text]));
    if (keys.length > fanOutMax) {
      keys = keys.slice(0, fanOutMax);
      truncated = true;
    }
  }
  return { keys, missing: false, truncated };
}

/** The group of an event whose fields are single texts, as nearly all are; undefined where one is a list or missing. */
function oneGroup(event: object, { groupReaders, groupFields }: PlanInput): string[] | undefined {
  const key: string[] = [];
  for (let index = 0; index < groupReaders.length; index++) {
    const text = scalarText(groupReaders[index]?.(event));
    if (text === undefined || text === '') return undefined;
    if (text === 'unknown' && groupFields[index] === 'actor_id') return undefined;
    key.push(text);
  }
  return key;
}
