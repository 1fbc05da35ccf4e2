/** Lines over time. The only place that knows uPlot. */
import { css } from '@emotion/css';
import { useTheme2 } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import uPlotCss from 'uplot/dist/uPlot.min.css';

/** One line; `values` beside the times of the chart, null where nothing is known. */
export interface Line {
  readonly name: string;
  readonly color: string;
  readonly values: readonly (number | null)[];
}

interface MetricChartProps {
  /** Said to people who cannot see the lines. */
  readonly label: string;
  readonly timesMs: readonly number[];
  readonly lines: readonly Line[];
  readonly heightPx?: number;
  readonly unit?: (value: number) => string;
  /** Called with the part of time that a person marked. */
  readonly onZoom?: (fromMs: number, toMs: number) => void;
}

/** Draws lines; the same data stands as a table for screen readers. */
export function MetricChart({
  label,
  timesMs,
  lines,
  heightPx = 160,
  unit = String,
  onZoom,
}: MetricChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme2();
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const axis = {
      stroke: theme.colors.text.secondary,
      font: `11px ${theme.typography.fontFamily}`,
      grid: { stroke: theme.colors.border.weak, width: 1 },
      ticks: { stroke: theme.colors.border.weak, width: 1 },
    };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height: heightPx,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
        axes: [axis, { ...axis, size: 56, values: (_, splits) => splits.map(unit) }],
        series: [
          {},
          ...lines.map(({ name, color }) => ({
            label: name,
            stroke: color,
            width: 1.5,
            points: { show: false },
          })),
        ],
        legend: { show: lines.length > 1, live: false },
        cursor: { drag: { x: onZoom !== undefined, y: false } },
        hooks: {
          setSelect: [
            (own) => {
              const { left, width } = own.select;
              if (width > 2) onZoom?.(own.posToVal(left, 'x') * 1000, own.posToVal(left + width, 'x') * 1000);
            },
          ],
        },
      },
      [timesMs.map((ms) => ms / 1000), ...lines.map(({ values }) => [...values])] as uPlot.AlignedData,
      element,
    );
    const resize = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: heightPx }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      chart.destroy();
    };
  }, [timesMs, lines, heightPx, unit, onZoom, theme]);
  return <div ref={place} role="img" aria-label={label} className={css(uPlotCss)} />;
}
