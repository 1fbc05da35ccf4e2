/** Steps about the watch itself: which rules cannot see, what was missed and fetched again. */
import { coverageOf } from '../../6-detect/rule-coverage.ts';
import { counted, listed, minute, type StepCheck } from './step-subject.ts';

/** Rules that see nothing now, and since when their sources are silent. */
export const blindDetections: StepCheck = ({ collector, about, nowMs }) => {
  const { sources } = collector.tables;
  const blind = new Map<string, string[]>();
  for (const rule of collector.current.rules.ruleSet.rules) {
    if (!rule.standalone) continue;
    const { sight, silent, detection } = coverageOf(rule, sources, about.tenant, nowMs);
    if (sight !== 'blind' || silent.length === 0) continue;
    const key = silent.join(' and ');
    blind.set(key, [...(blind.get(key) ?? []), detection]);
  }
  const silences = sources
    .kinds(about.tenant, nowMs)
    .filter(({ alive }) => !alive)
    .map(
      ({ kind, silentSinceMs }) =>
        `${kind} silent since ${silentSinceMs === undefined ? 'an unknown time' : minute(silentSinceMs)}`,
    );
  const rules = [...blind].map(([kinds, detections]) => `${detections.sort().join(', ')} (need ${kinds})`);
  return `${listed(silences, 'every source is alive now')}. Blind: ${listed(rules, 'no rule')}`;
};

/** What each source had to catch up with. Sources with a cursor fetch what they missed by themselves. */
export const backfill: StepCheck = ({ collector, about }) => {
  const parts = collector.counters
    .figures()
    .filter(({ identity }) => identity.tenant === about.tenant || identity.tenant === '*')
    .filter(({ gaps, alive }) => gaps > 0 || !alive)
    .map(
      ({ identity, gaps, gapMs, alive }) =>
        `${identity.id}: ${alive ? 'back' : 'still away'}, ${counted(gaps, 'gap')} that cannot be fetched again, ${counted(Math.round(gapMs / 60_000), 'minute')}`,
    );
  return `${listed(parts, 'no source has a gap that could not be fetched again')}. What came late is marked late in findings and timelines`;
};
