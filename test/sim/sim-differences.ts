/** In what two simulated collectors differ that heard the same. */
import type { Collector } from '../../collector/src/app/collector.ts';
import type { EmbeddedHost } from '../../collector/src/host/embedded-host.ts';
import { canonicalJson } from '../../collector/src/leaf/canonical-json.ts';

/** Sealed state as one text per operator, key and name. */
function sealedState(collector: Collector<EmbeddedHost>): Map<string, string> {
  const state = new Map<string, string>();
  for (const { operator, state: held } of collector.host.engine.operators)
    for (const key of held.keys())
      for (const [name, value] of held.entries(key))
        state.set(`${operator.name}/${key}/${name}`, canonicalJson(value));
  return state;
}

/** Sealed state in which one collector differs from another, at most three names, with both values cut short. */
export function stateDifferences(
  ours: Collector<EmbeddedHost>,
  theirs: Collector<EmbeddedHost>,
  what: string,
): string[] {
  const [a, b] = [sealedState(ours), sealedState(theirs)];
  const told = (name: string): string => firstDifference(a.get(name) ?? 'absent', b.get(name) ?? 'absent');
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name)).sort();
  return names.slice(0, 3).map((name) => `sealed state differs from ${what}: ${name}: ${told(name)}`);
}

function firstDifference(a: string, b: string): string {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return `…${a.slice(Math.max(0, i - 60), i + 80)}… instead of …${b.slice(Math.max(0, i - 60), i + 80)}…`;
}

/** Ids of the findings that stand, in order. */
export function openFindings(collector: Collector<EmbeddedHost>): string[] {
  return [...collector.host.book.findings.values()]
    .filter(({ state }) => state !== 'retracted')
    .map(({ finding_id: id }) => id)
    .sort();
}

/** Findings of one collector that another has not, at most three each way. */
export function findingDifferences(
  ours: Collector<EmbeddedHost>,
  theirs: Collector<EmbeddedHost>,
  what: string,
): string[] {
  const told = (from: Collector<EmbeddedHost>, id: string): string => {
    const finding = from.host.book.findings.get(id);
    return finding === undefined
      ? 'absent'
      : `${finding.state} revision ${finding.revision} ${finding.group_key} ${finding.first_seen} to ${finding.last_seen}`;
  };
  const [a, b] = [new Set(openFindings(ours)), new Set(openFindings(theirs))];
  return [...a.symmetricDifference(b)]
    .sort()
    .slice(0, 3)
    .map((id) => {
      const rule = (ours.host.book.findings.get(id) ?? theirs.host.book.findings.get(id))?.rule_id ?? '';
      return `findings differ from ${what}: ${rule} ${id}: ${told(ours, id)} instead of ${told(theirs, id)}`;
    });
}
