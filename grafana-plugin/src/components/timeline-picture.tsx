/** A story as a picture: one lane a plane, time squeezed where nothing happened, hatched where we were blind. */
import { css, cx } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { t } from '@grafana/i18n';
import { useStyles2, useTheme2 } from '@grafana/ui';
import { useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { TimelineEntry } from '../api/shapes.ts';
import { labelTurns, type Mark, type TimelineLayout, type TimeWindow } from '../model/timeline-layout.ts';
import { clockTime, planeName, safe, utc } from '../model/words.ts';
import { KindSign, kindName } from './kind-sign.tsx';
import { severityName } from './severity-badge.tsx';
import { severityColor } from './tone.ts';

interface TimelinePictureProps {
  readonly layout: TimelineLayout;
  /** `ref` of the entry that is open. */
  readonly selected: string;
  readonly onSelect: (entry: TimelineEntry) => void;
  /** Part of time that a person marked with the mouse. */
  readonly onZoom: (window: TimeWindow) => void;
  /** + and -; the time in the middle of what was asked for. */
  readonly onStep: (direction: 'in' | 'out', aroundMs: number) => void;
}

const dragMin = 0.02;
const share = (x: number): string => `${(x * 100).toFixed(2)}%`;

function markText({ entries }: Mark): string {
  const [first] = entries;
  if (first === undefined) return '';
  const many =
    entries.length > 1 ? ` ${t('timeline.entries', '{{number}} entries', { number: entries.length })}:` : '';
  const severity = first.severity === undefined ? '' : ` ${severityName(first.severity)},`;
  return `${clockTime(first.at)}${many}${severity} ${kindName(first.kind)}: ${safe(first.text)}`;
}

function MarkButton({
  mark,
  on,
  reachable,
  place,
  onSelect,
}: {
  mark: Mark;
  on: boolean;
  reachable: boolean;
  place: string;
  onSelect: (entry: TimelineEntry) => void;
}) {
  const styles = useStyles2(getStyles);
  const theme = useTheme2();
  const color =
    mark.severity === undefined ? theme.colors.text.secondary : severityColor(theme, mark.severity);
  const first = mark.entries[0] as TimelineEntry;
  return (
    <button
      type="button"
      data-mark={place}
      tabIndex={reachable ? 0 : -1}
      aria-pressed={on}
      aria-label={markText(mark)}
      title={mark.entries
        .slice(0, 8)
        .map(({ at, text }) => `${clockTime(at)} ${safe(text)}`)
        .join('\n')}
      className={cx(styles.mark, on && styles.markOn)}
      style={{ left: share(mark.x), color, borderColor: color }}
      onClick={() => onSelect(first)}
    >
      <KindSign kind={mark.kind} size={12} />
      {mark.entries.length > 1 ? <sup>{mark.entries.length}</sup> : null}
    </button>
  );
}

/** Arrows move between marks, Enter opens one, + and - zoom; the mouse marks a part of time to look at. */
export function TimelinePicture({ layout, selected, onSelect, onZoom, onStep }: TimelinePictureProps) {
  const styles = useStyles2(getStyles);
  const root = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ lane: 0, mark: 0 });
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const { lanes, ticks, breaks } = layout;
  const lanesWithMarks = lanes.flatMap(({ marks }, lane) => (marks.length > 0 ? [lane] : []));
  const laneAt = lanes[at.lane]?.marks.length ? at.lane : (lanesWithMarks[0] ?? 0);
  const markAt = Math.min(at.mark, Math.max(0, (lanes[laneAt]?.marks.length ?? 1) - 1));
  const current = lanes[laneAt]?.marks[markAt];

  const focus = (lane: number, mark: number): void => {
    setAt({ lane, mark });
    root.current?.querySelector<HTMLElement>(`[data-mark="${lane}.${mark}"]`)?.focus();
  };
  const toLane = (step: number): void => {
    const next = lanesWithMarks[lanesWithMarks.indexOf(laneAt) + step];
    if (next === undefined || current === undefined) return;
    const { marks } = lanes[next] as (typeof lanes)[number];
    let nearest = 0;
    for (const [i, { x }] of marks.entries())
      if (Math.abs(x - current.x) < Math.abs((marks[nearest] as Mark).x - current.x)) nearest = i;
    focus(next, nearest);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = (lanes[laneAt]?.marks.length ?? 1) - 1;
    if (event.key === 'ArrowRight') focus(laneAt, Math.min(last, markAt + 1));
    else if (event.key === 'ArrowLeft') focus(laneAt, Math.max(0, markAt - 1));
    else if (event.key === 'ArrowDown') toLane(1);
    else if (event.key === 'ArrowUp') toLane(-1);
    else if (event.key === 'Home') focus(laneAt, 0);
    else if (event.key === 'End') focus(laneAt, last);
    else if (event.key === '+' || event.key === '=' || event.key === '-')
      onStep(event.key === '-' ? 'out' : 'in', layout.timeAt(current?.x ?? 0.5));
    else return;
    event.preventDefault();
  };

  const placeOf = (event: PointerEvent): number | undefined => {
    const track = root.current?.querySelector('[data-track]')?.getBoundingClientRect();
    if (track === undefined || track.width === 0) return undefined;
    return Math.max(0, Math.min(1, (event.clientX - track.left) / track.width));
  };
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0 || (event.target as HTMLElement).closest('button') !== null) return;
    const x = placeOf(event);
    if (x === undefined) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDrag({ from: x, to: x });
  };
  const onPointerUp = (): void => {
    setDrag(undefined);
    if (drag === undefined || Math.abs(drag.to - drag.from) < dragMin) return;
    const [from, to] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    onZoom({ fromMs: Math.floor(layout.timeAt(from)), toMs: Math.ceil(layout.timeAt(to)) });
  };

  return (
    <div
      ref={root}
      className={styles.picture}
      role="group"
      aria-label={t('timeline.picture', 'Timeline by plane. Arrows move, Enter opens, plus and minus zoom.')}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={(event) => {
        const x = drag === undefined ? undefined : placeOf(event);
        if (drag !== undefined && x !== undefined) setDrag({ ...drag, to: x });
      }}
      onPointerUp={onPointerUp}
      onPointerCancel={() => setDrag(undefined)}
    >
      {lanes.map(({ plane, marks, blind }, lane) => (
        <div key={plane} className={styles.lane}>
          <span className={styles.name}>{planeName(plane)}</span>
          <div className={styles.track} data-track>
            {blind.map(({ x, width, entry }) => (
              <span
                key={entry.ref}
                className={styles.blind}
                style={{ left: share(x), width: `max(6px, ${share(width)})` }}
                title={safe(entry.text)}
              />
            ))}
            {breaks.map(({ x }) => (
              <span key={x} className={styles.break} style={{ left: share(x) }} />
            ))}
            {drag === undefined ? null : (
              <span
                className={styles.drag}
                style={{
                  left: share(Math.min(drag.from, drag.to)),
                  width: share(Math.abs(drag.to - drag.from)),
                }}
              />
            )}
            {marks.map((mark, i) => (
              <MarkButton
                key={mark.entries[0]?.ref ?? i}
                mark={mark}
                on={mark.entries.some(({ ref }) => ref === selected)}
                reachable={lane === laneAt && i === markAt}
                place={`${lane}.${i}`}
                onSelect={(entry) => {
                  setAt({ lane, mark: i });
                  onSelect(entry);
                }}
              />
            ))}
          </div>
        </div>
      ))}
      <div className={cx(styles.lane, styles.axis)} aria-hidden="true">
        <span className={styles.name}>UTC</span>
        <div className={styles.axisTrack}>
          {ticks.map(({ x, label }) => (
            <span
              key={x}
              className={styles.tick}
              style={x > labelTurns ? { right: share(1 - x) } : { left: share(x) }}
            >
              {label}
            </span>
          ))}
          {breaks.map(({ x, label }) => (
            <span key={x} className={styles.gap} style={{ left: share(x) }}>
              ⋯ {label} ⋯
            </span>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Bounds of a window for people. */
export function windowText({ fromMs, toMs }: TimeWindow): string {
  return `${utc(new Date(fromMs).toISOString())} – ${utc(new Date(toMs).toISOString())}`;
}

const getStyles = (theme: GrafanaTheme2) => ({
  picture: css({ display: 'grid', gap: 2, touchAction: 'pan-y', userSelect: 'none' }),
  lane: css({
    display: 'grid',
    gridTemplateColumns: '104px minmax(0, 1fr)',
    alignItems: 'center',
    gap: 8,
    minHeight: 34,
  }),
  axis: css({ minHeight: 40, alignItems: 'start' }),
  name: css({ color: theme.colors.text.secondary, fontSize: theme.typography.bodySmall.fontSize }),
  track: css({
    position: 'relative',
    height: 30,
    margin: '0 14px',
    cursor: 'crosshair',
    background: `linear-gradient(${theme.colors.border.weak}, ${theme.colors.border.weak}) center / 100% 1px no-repeat`,
  }),
  axisTrack: css({ position: 'relative', height: 36, margin: '0 14px' }),
  mark: css({
    position: 'absolute',
    top: 3,
    transform: 'translateX(-50%)',
    display: 'inline-flex',
    alignItems: 'center',
    justifyContent: 'center',
    gap: 2,
    minWidth: 24,
    height: 24,
    padding: '0 4px',
    cursor: 'pointer',
    background: theme.colors.background.primary,
    border: '1.5px solid',
    borderRadius: 12,
    '& sup': { top: 0, fontSize: 11, fontWeight: 500 },
    '&:hover': { background: theme.colors.background.secondary, zIndex: 2 },
    '&:focus-visible': { outline: `2px solid ${theme.colors.primary.main}`, outlineOffset: 1, zIndex: 3 },
  }),
  markOn: css({ boxShadow: `0 0 0 3px ${theme.colors.primary.transparent}`, zIndex: 2 }),
  blind: css({
    position: 'absolute',
    top: 1,
    bottom: 1,
    borderRadius: 2,
    background: `repeating-linear-gradient(135deg, ${theme.colors.border.strong} 0 3px, transparent 3px 7px)`,
  }),
  drag: css({ position: 'absolute', inset: '0 auto', background: theme.colors.primary.transparent }),
  break: css({
    position: 'absolute',
    top: 8,
    bottom: 8,
    width: 6,
    marginLeft: -3,
    background: theme.colors.background.primary,
    borderLeft: `1px dashed ${theme.colors.border.strong}`,
    borderRight: `1px dashed ${theme.colors.border.strong}`,
  }),
  tick: css({
    position: 'absolute',
    top: 0,
    fontSize: 11,
    color: theme.colors.text.secondary,
    fontVariantNumeric: 'tabular-nums',
    whiteSpace: 'nowrap',
  }),
  gap: css({
    position: 'absolute',
    top: 18,
    transform: 'translateX(-50%)',
    fontSize: 11,
    color: theme.colors.text.secondary,
    whiteSpace: 'nowrap',
  }),
});
