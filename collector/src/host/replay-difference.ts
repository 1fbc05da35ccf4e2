/** What a replay says differently from an earlier result: a backtest of changed rules, inventory, intents or code. */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';

/** The parts of a result that are compared. */
export interface ComparedResult {
  readonly findings: readonly Finding[];
  readonly cases: readonly Case[];
}

/** A finding on one side of the comparison. */
export interface FindingMark {
  readonly detection: string;
  readonly rule_id: string;
  readonly group_key: string;
  readonly first_seen: string;
  readonly severity: string;
  readonly state: string;
}

/** Differences; lists sorted by time, then rule, then group. Severity and state of a changed finding stand side by side. */
export interface ReplayDifference {
  readonly equal: boolean;
  readonly findings: {
    readonly added: readonly FindingMark[];
    readonly removed: readonly FindingMark[];
    readonly changed: readonly (Omit<FindingMark, 'severity' | 'state'> & {
      readonly before: { readonly severity: string; readonly state: string };
      readonly after: { readonly severity: string; readonly state: string };
    })[];
  };
  /** Findings per detection before and after; only detections whose number changed. */
  readonly detections: Readonly<Record<string, { readonly before: number; readonly after: number }>>;
  readonly cases: { readonly before: number; readonly after: number };
  /** Titles of cases that paged on one side only. */
  readonly pages: {
    readonly before: number;
    readonly after: number;
    readonly added: readonly string[];
    readonly removed: readonly string[];
  };
}

/** The same statement whatever the version of its rule: rule, group and the moment its evidence begins. */
function keyOf(finding: Finding): string {
  return `${finding.tenant}|${finding.rule_id}|${finding.group_key}|${finding.first_seen}`;
}

function markOf(finding: Finding): FindingMark {
  const { detection, rule_id, group_key, first_seen, severity, state } = finding;
  return { detection, rule_id, group_key, first_seen, severity, state };
}

/** Findings by statement; several of the same statement keep their order, so that each finds its counterpart. */
function byStatement(findings: readonly Finding[]): Map<string, Finding[]> {
  const found = new Map<string, Finding[]>();
  const sorted = [...findings].sort((a, b) => (a.finding_id < b.finding_id ? -1 : 1));
  for (const finding of sorted) {
    const list = found.get(keyOf(finding));
    if (list === undefined) found.set(keyOf(finding), [finding]);
    else list.push(finding);
  }
  return found;
}

function byTime<T extends Pick<FindingMark, 'first_seen' | 'rule_id' | 'group_key'>>(
  marks: readonly T[],
): T[] {
  const key = (mark: T): string => `${mark.first_seen} ${mark.rule_id} ${mark.group_key}`;
  return [...marks].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function countsOf(findings: readonly Finding[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { detection } of findings) counts.set(detection, (counts.get(detection) ?? 0) + 1);
  return counts;
}

function pagesOf(cases: readonly Case[]): Map<string, string> {
  return new Map(
    cases
      .filter((found) => found.paged_at !== null)
      .map((found) => [`${found.tenant}|${found.domains.join(' ')}|${found.opened_at}`, found.title]),
  );
}

/** Compares two results of the same input. */
export function replayDifference(before: ComparedResult, after: ComparedResult): ReplayDifference {
  const [old, now] = [byStatement(before.findings), byStatement(after.findings)];
  const added: FindingMark[] = [];
  const removed: FindingMark[] = [];
  const changed: ReplayDifference['findings']['changed'][number][] = [];
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(key) ?? [], now.get(key) ?? []];
    for (let i = 0; i < Math.max(was.length, is.length); i++) {
      const [a, b] = [was[i], is[i]];
      if (a === undefined && b !== undefined) added.push(markOf(b));
      else if (a !== undefined && b === undefined) removed.push(markOf(a));
      else if (a !== undefined && b !== undefined && (a.severity !== b.severity || a.state !== b.state)) {
        const { severity, state, ...mark } = markOf(b);
        changed.push({
          ...mark,
          before: { severity: a.severity, state: a.state },
          after: { severity, state },
        });
      }
    }
  }
  const [oldCounts, newCounts] = [countsOf(before.findings), countsOf(after.findings)];
  const names = [...new Set([...oldCounts.keys(), ...newCounts.keys()])].sort();
  const [oldPages, newPages] = [pagesOf(before.cases), pagesOf(after.cases)];
  const detections = names
    .map((name) => [name, { before: oldCounts.get(name) ?? 0, after: newCounts.get(name) ?? 0 }] as const)
    .filter(([, counts]) => counts.before !== counts.after);
  const pages = {
    before: oldPages.size,
    after: newPages.size,
    added: [...newPages].flatMap(([key, title]) => (oldPages.has(key) ? [] : [title])).sort(),
    removed: [...oldPages].flatMap(([key, title]) => (newPages.has(key) ? [] : [title])).sort(),
  };
  const cases = { before: before.cases.length, after: after.cases.length };
  return {
    equal:
      added.length + removed.length + changed.length + pages.added.length + pages.removed.length === 0 &&
      cases.before === cases.after,
    findings: { added: byTime(added), removed: byTime(removed), changed: byTime(changed) },
    detections: Object.fromEntries(detections),
    cases,
    pages,
  };
}
