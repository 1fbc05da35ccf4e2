/** The story: a picture with lanes by plane and the same as a list, each line opening what it stands on. */
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { Button, RadioButtonGroup, useStyles2 } from '@grafana/ui';
import { useMemo } from 'react';
import type { Case, Finding, TimelineEntry } from '../../api/shapes.ts';
import { useUrlState } from '../../app/url-state.ts';
import { Section } from '../../components/section.tsx';
import { TimelinePicture, windowText } from '../../components/timeline-picture.tsx';
import {
  densestPart,
  entriesWithin,
  layoutTimeline,
  zoomed,
  type TimeWindow,
} from '../../model/timeline-layout.ts';
import { TimelineList } from './timeline-list.tsx';

const defaults = { from: '', to: '', lines: 'all', entry: '' };
const always: TimeWindow = { fromMs: -Infinity, toMs: Infinity };
const zoomFactor = 0.4;

function windowOf({ from, to }: { from: string; to: string }): TimeWindow {
  const read = (text: string, otherwise: number): number =>
    /^\d{1,15}$/.test(text) ? Number(text) : otherwise;
  return { fromMs: read(from, always.fromMs), toMs: read(to, always.toMs) };
}

const written = new Set<TimelineEntry['kind']>(['person', 'action', 'notification']);

function fits({ kind }: TimelineEntry, lines: string): boolean {
  if (lines === 'events') return kind !== 'finding' && kind !== 'revision' && !written.has(kind);
  if (lines === 'findings') return kind === 'finding' || kind === 'revision';
  return lines !== 'people' || written.has(kind);
}

/** Window, kind of lines and open line stand in the address. */
export function CaseTimeline({
  item,
  findings,
}: {
  readonly item: Case;
  readonly findings: readonly Finding[];
}) {
  const styles = useStyles2(getStyles);
  const [state, write] = useUrlState(defaults);
  const window = windowOf(state);
  const whole = state.from === '' && state.to === '';
  const core = useMemo(() => densestPart(item.timeline), [item.timeline]);
  const entries = useMemo(
    () => entriesWithin(item.timeline, windowOf(state)).filter((entry) => fits(entry, state.lines)),
    // The open line does not change what fits.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [item.timeline, state.from, state.to, state.lines],
  );
  const layout = useMemo(() => layoutTimeline(entries), [entries]);
  const show = ({ fromMs, toMs }: TimeWindow): void =>
    write({ from: String(Math.max(0, fromMs)), to: String(toMs) });
  const all = (): void => write({ from: '', to: '' });
  const left = item.timeline.length - entries.length;
  return (
    <Section
      title={t('timeline.title', 'Timeline')}
      aside={
        <div className={styles.tools}>
          <RadioButtonGroup
            size="sm"
            aria-label={t('timeline.lines', 'Lines shown')}
            value={state.lines}
            onChange={(lines) => write({ lines })}
            options={[
              { value: 'all', label: t('timeline.all', 'Everything') },
              { value: 'events', label: t('timeline.events', 'Events') },
              { value: 'findings', label: t('timeline.findings', 'Findings') },
              { value: 'people', label: t('timeline.people', 'Response') },
            ]}
          />
          {core === undefined ? null : (
            <Button size="sm" variant="secondary" onClick={() => show(core)}>
              {t('timeline.core', 'Zoom to the core')}
            </Button>
          )}
          <Button size="sm" variant="secondary" disabled={whole} onClick={all}>
            {t('timeline.whole', 'All time')}
          </Button>
        </div>
      }
    >
      {whole ? null : <p className={styles.dim}>{windowText(bounded(window, item.timeline))}</p>}
      {entries.length === 0 ? (
        <p className={styles.dim}>{t('timeline.none', 'No line fits this choice.')}</p>
      ) : (
        <TimelinePicture
          layout={layout}
          selected={state.entry}
          onSelect={({ ref }) => write({ entry: ref })}
          onZoom={show}
          onStep={(direction, aroundMs) =>
            direction === 'in' ? show(zoomed(layout, aroundMs, zoomFactor)) : all()
          }
        />
      )}
      <TimelineList
        entries={entries}
        findings={findings}
        selected={state.entry}
        onSelect={(entry) => write({ entry })}
      />
      {left > 0 ? (
        <p className={styles.dim}>
          {t('timeline.hidden', '{{number}} lines are hidden by the choice above.', { number: left })}
        </p>
      ) : null}
    </Section>
  );
}

/** A window as times that can be written, also when a bound is open. */
function bounded({ fromMs, toMs }: TimeWindow, timeline: readonly TimelineEntry[]): TimeWindow {
  const times = timeline.map(({ at }) => Date.parse(at)).filter(Number.isFinite);
  const maxMs = 8_640_000_000_000_000;
  return {
    fromMs: Math.min(maxMs, Math.max(fromMs, Math.min(...times))),
    toMs: Math.min(maxMs, Number.isFinite(toMs) ? toMs : Math.max(...times)),
  };
}

const getStyles = (theme: GrafanaTheme2) => ({
  tools: css({ display: 'flex', gap: 8, flexWrap: 'wrap', alignItems: 'center' }),
  dim: css({
    color: theme.colors.text.secondary,
    margin: '4px 0',
    fontSize: theme.typography.bodySmall.fontSize,
  }),
});
