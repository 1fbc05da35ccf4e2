/** Takes an event through one correlation and all below it, under one key of state. */
import { limits } from '../contract/limits.ts';
import { parseInstant } from '../leaf/time.ts';
import { closeDue, groupToChange, insertEntry, isEmptyGroup, nextTimerMs } from './correlation-state.ts';
import { groupsOf } from './correlation-plan.ts';
import { anyMatch, count, evidenceIn, factsIn, filterOf, isMatch, setTimer, tell } from './detect-run.ts';
import { scalarNumber, scalarText } from './field-path.ts';
import { draftOf, findingIdOf } from './finding-draft.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { Entry } from './correlation-window.ts';
import type { Episode, GroupChange, GroupState } from './correlation-state.ts';
import type { EntryFacts } from './finding-context.ts';
import type { Judged, Run } from './detect-run.ts';
import type { Plan, PlanNode } from './correlation-plan.ts';
import type { LoadedEventRule } from './rule-set.ts';

/** Bounds of the detector's state. */
export interface DetectorLimits {
  /** Groups one correlation may hold under one key of state; the oldest tenth goes when it is reached. */
  readonly groupsMax: number;
}

/** Entries that arrive at a node in one step, by group. */
type Arrivals = Map<
  string,
  { readonly key: readonly string[]; readonly rules: number[]; readonly entry: Entry }[]
>;

/** An event meets the correlations of a plan. */
export function stepPlan(
  plan: Plan,
  leaves: readonly Judged[],
  event: CanonicalEvent,
  run: Run,
  bounds: DetectorLimits,
): void {
  if (!anyMatch(leaves, event, run.round)) return;
  const arrivals: Arrivals[] = plan.nodes.map(() => new Map());
  for (const [index, node] of plan.nodes.entries()) {
    for (const [position, input] of node.inputs.entries()) {
      const { leaf } = input;
      if (leaf === undefined || !leaves.some((one) => one.rule === leaf && isMatch(one, event, run.round)))
        continue;
      const groups = groupsOf(event, input, limits.groupFanOutMax);
      if (groups.missing) count(run, 'group_key_missing');
      if (groups.truncated) count(run, 'group_fan_out_truncated');
      const entry = groups.missing ? undefined : eventEntry(node, leaf, event, run);
      if (entry !== undefined) for (const key of groups.keys) arrive(arrivals[index], key, position, entry);
    }
    settle(plan, index, arrivals, run, bounds);
  }
}

function eventEntry(
  node: PlanNode,
  leaf: LoadedEventRule,
  event: CanonicalEvent,
  run: Run,
): Entry | undefined {
  const hi = parseInstant(event.timestamp)?.ms ?? run.context.nowMs;
  const earliest =
    event.timestamp_earliest === undefined ? undefined : parseInstant(event.timestamp_earliest)?.ms;
  const values = valuesOf(node, event);
  if (node.valueReaders.length > 0 && values.length === 0) {
    count(run, 'value_missing');
    return undefined;
  }
  const filter = filterOf(leaf, event);
  return {
    i: event.event_id,
    r: [],
    lo: Math.min(earliest ?? hi, hi),
    hi,
    e: [evidenceIn(run, event)],
    c: withCarried(factsIn(run, event, leaf), node, event),
    ...(values.length > 0 ? { v: values } : {}),
    ...(filter === undefined ? {} : { f: filter }),
  };
}

function withCarried(facts: EntryFacts, { carried }: PlanNode, event: object): EntryFacts {
  if (carried.length === 0) return facts;
  const values: Record<string, string[]> = {};
  for (const { field, read } of carried) {
    const value = read(event);
    const texts = (Array.isArray(value) ? value : [value]).map(scalarText);
    const known = [...new Set(texts.filter((text) => text !== undefined && text !== ''))] as string[];
    if (known.length > 0) values[field] = known.slice(0, limits.groupFanOutMax);
  }
  return { ...facts, carried: values };
}

/** Several fields count as one combined value; a list in the event gives a value for each element. */
function valuesOf({ rule, valueReaders }: PlanNode, event: object): (string | number)[] {
  if (valueReaders.length === 0) return [];
  const read = valueReaders.map((reader) => {
    const value = reader(event);
    return (Array.isArray(value) ? value : [value]).slice(0, limits.groupFanOutMax);
  });
  if (rule.correlation.type !== 'value_count')
    return (read[0] ?? []).map(scalarNumber).filter((v) => v !== undefined);
  const texts = read.map((values) => values.map(scalarText).filter((text) => text !== undefined));
  return combined(texts).map((parts) => JSON.stringify(parts));
}

function arrive(
  arrivals: Arrivals | undefined,
  key: readonly string[],
  position: number,
  entry: Entry,
): void {
  const name = JSON.stringify(key);
  const list = arrivals?.get(name) ?? [];
  const known = list.find((arrival) => arrival.entry.i === entry.i);
  if (known === undefined) list.push({ key, rules: [position], entry });
  else known.rules.push(position);
  arrivals?.set(name, list);
}

/** Lets what arrived at a node change its groups; firings go on to the nodes above, the root's become findings. */
function settle(
  plan: Plan,
  index: number,
  arrivals: readonly Arrivals[],
  run: Run,
  bounds: DetectorLimits,
): void {
  const node = plan.nodes[index];
  if (node === undefined) return;
  for (const [name, list] of arrivals[index] ?? []) {
    const stateName = `t/${plan.key}/${index}/${name}`;
    if (!plan.single && run.state.get(stateName) === undefined) makeRoom(plan, index, run, bounds);
    const group = groupToChange(run.state, stateName);
    for (const { rules, entry } of list) {
      const change = insertEntry(node.rule.correlation, group, { ...entry, r: rules }, run.context.late);
      publish(plan, index, name, change, arrivals, run);
    }
    setTimer(run, stateName, nextTimerMs(node.rule.correlation, group));
  }
}

function publish(
  plan: Plan,
  index: number,
  name: string,
  change: GroupChange,
  arrivals: readonly Arrivals[],
  run: Run,
): void {
  const node = plan.nodes[index];
  if (node === undefined) return;
  if (change.evicted > 0) count(run, 'state_evicted', change.evicted);
  if (change.reported.length === 0) return;
  const values = JSON.parse(name) as string[];
  const fields = node.rule.correlation.groupBy;
  for (const { episode, isNew } of change.reported) {
    const tenant = run.tenant === '' ? tenantOf(episode) : run.tenant;
    const group: (readonly [string, string])[] = [['tenant', tenant]];
    for (const [at, field] of fields.entries()) if (field !== 'tenant') group.push([field, values[at] ?? '']);
    const match = {
      rule: node.rule,
      tenant,
      group,
      anchorIds: episode.anchors,
      evidence: episode.ev,
      facts: episode.facts,
      order: episode.order,
      filteredBy: episode.f,
    };
    if (index === plan.nodes.length - 1) tell(run, draftOf(match, run.context));
    else if (isNew)
      passUp(plan, index, values, findingIdOf(match, run.context.sha256), episode, arrivals, run);
  }
}

/**
 * An inner correlation that fired is an event to the ones above: at the instant that completed it, with its group as
 * fields. What it is not grouped by comes from its events, and several values belong to several groups.
 */
function passUp(
  plan: Plan,
  index: number,
  values: readonly string[],
  id: string,
  episode: Episode,
  arrivals: readonly Arrivals[],
  run: Run,
): void {
  const fields = plan.nodes[index]?.rule.correlation.groupBy ?? [];
  const merged: Record<string, unknown> = {};
  for (const { carried: _carried, ...fact } of episode.facts) Object.assign(merged, fact);
  const valuesOfField = (field: string): readonly string[] => {
    const place = fields.indexOf(field);
    if (place >= 0) return [values[place] ?? ''];
    const held = episode.facts.flatMap(({ carried }) => carried?.[field] ?? []);
    return [...new Set(held)].sort().slice(0, limits.groupFanOutMax);
  };
  for (const [above, node] of plan.nodes.entries()) {
    const { correlation } = node.rule;
    for (const [position, input] of node.inputs.entries()) {
      if (input.node !== index) continue;
      const keys = combined(input.groupFields.map(valuesOfField));
      const ref = correlation.refs[position] ?? '';
      const read = correlation.fields.map((field) =>
        valuesOfField(correlation.aliases[field]?.[ref] ?? field),
      );
      const v =
        correlation.type === 'value_count'
          ? combined(read).map((parts) => JSON.stringify(parts))
          : (read[0] ?? []).map(scalarNumber).filter((number) => number !== undefined);
      if (keys.length === 0) count(run, 'group_key_missing');
      if (correlation.fields.length > 0 && v.length === 0) {
        count(run, 'value_missing');
        continue;
      }
      const carried = Object.fromEntries(node.carried.map(({ field }) => [field, valuesOfField(field)]));
      for (const key of keys)
        arrive(arrivals[above], key, position, {
          i: id,
          r: [],
          lo: Math.min(episode.lo, episode.at),
          hi: episode.at,
          e: episode.ev,
          c: node.carried.length === 0 ? merged : { ...merged, carried },
          ...(correlation.fields.length > 0 ? { v } : {}),
          ...(episode.f === undefined ? {} : { f: episode.f }),
        });
    }
  }
}

/** Every way to take one of each list, at most as many as a group may fan out. */
function combined(lists: readonly (readonly string[])[]): string[][] {
  let ways: string[][] = [[]];
  for (const list of lists)
    ways = ways.flatMap((start) => list.map((text) => [...start, text])).slice(0, limits.groupFanOutMax);
  return ways;
}

/** A timer of a plan is due: verdicts that waited for the end of their window. */
export function duePlan(plan: Plan, index: number, timer: string, run: Run, bounds: DetectorLimits): void {
  const node = plan.nodes[index];
  if (node === undefined || run.state.get(timer) === undefined) return;
  const group = groupToChange(run.state, timer);
  const name = timer.slice(`t/${plan.key}/${index}/`.length);
  const change = closeDue(node.rule.correlation, group, run.context.nowMs);
  const arrivals: Arrivals[] = plan.nodes.map(() => new Map());
  publish(plan, index, name, change, arrivals, run);
  for (let above = index + 1; above < plan.nodes.length; above++) settle(plan, above, arrivals, run, bounds);
  if (isEmptyGroup(group)) {
    run.state.delete(timer);
    if (!plan.single) addGroups(plan, index, run, -1);
  } else setTimer(run, timer, nextTimerMs(node.rule.correlation, group));
}

function addGroups(plan: Plan, index: number, run: Run, by: number): number {
  const name = `n/${plan.key}/${index}`;
  const total = Math.max(0, (run.state.get<number>(name) ?? 0) + by);
  run.state.put(name, total);
  return total;
}

/** Counts a new group; at the cap the tenth with the oldest evidence goes, counted. */
function makeRoom(plan: Plan, index: number, run: Run, { groupsMax }: DetectorLimits): void {
  if (addGroups(plan, index, run, 1) <= groupsMax) return;
  const names = run.state.names(`t/${plan.key}/${index}/`).map((name) => {
    const newest = run.state.get<GroupState>(name)?.e.at(-1)?.hi ?? 0;
    return { name, newest };
  });
  names.sort((a, b) => a.newest - b.newest || (a.name < b.name ? -1 : 1));
  const gone = names.slice(0, Math.max(1, Math.floor(groupsMax / 10)));
  for (const { name } of gone) {
    run.state.delete(name);
    setTimer(run, name, null);
  }
  addGroups(plan, index, run, -gone.length);
  count(run, 'state_evicted', gone.length);
}

/** At a timer there is no event to ask; every group remembers its tenant in the facts of its entries. */
function tenantOf(episode: Episode): string {
  return episode.facts[0]?.tenant ?? '';
}
