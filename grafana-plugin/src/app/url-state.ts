/** The address is the state: filters, order, time range, open entries. A link shows what its sender saw. */
import { useCallback, useMemo } from 'react';
import { useLocation, useNavigate } from 'react-router-dom';

/** Values of the query by name. */
export type UrlState<K extends string> = Readonly<Record<K, string>>;

/**
 * Reads and writes parameters of the query. Values equal to their default are left out of the address. Writing replaces
 * the entry of the history unless `push` is set, so that typing into a filter does not fill the back button.
 */
export function useUrlState<K extends string>(
  defaults: Readonly<Record<K, string>>,
): readonly [
  UrlState<K>,
  (change: Partial<Record<K, string>>, options?: { readonly push?: boolean }) => void,
] {
  const { search, pathname } = useLocation();
  const navigate = useNavigate();
  const state = useMemo(() => {
    const query = new URLSearchParams(search);
    const names = Object.keys(defaults) as K[];
    return Object.fromEntries(names.map((name) => [name, query.get(name) ?? defaults[name]])) as Record<
      K,
      string
    >;
    // The defaults of a page never change while it is open.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [search]);
  const write = useCallback(
    (change: Partial<Record<K, string>>, options: { readonly push?: boolean } = {}) => {
      const query = new URLSearchParams(search);
      for (const [name, value] of Object.entries(change) as [K, string][])
        if (value === defaults[name]) query.delete(name);
        else query.set(name, value);
      const text = query.toString();
      navigate({ pathname, search: text === '' ? '' : `?${text}` }, { replace: options.push !== true });
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [search, pathname, navigate],
  );
  return [state, write];
}

/** Bounds of time from the address, as Grafana writes them: `from`, `to` in milliseconds or as `now-6h`. */
export interface TimeRangeText {
  readonly from: string;
  readonly to: string;
}

const unitsMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A bound in milliseconds, or undefined when it is no time. */
export function boundMs(text: string, nowMs: number): number | undefined {
  if (/^\d{10,}$/.test(text)) return Number(text);
  if (text === 'now') return nowMs;
  const relative = /^now-(\d+)([smhdw])$/.exec(text);
  if (relative !== null) return nowMs - Number(relative[1]) * (unitsMs[relative[2] as string] ?? 0);
  const ms = Date.parse(text);
  return Number.isFinite(ms) ? ms : undefined;
}

/** The time range of the address. */
export function useTimeRange(fallback: TimeRangeText) {
  return useUrlState<'from' | 'to'>({ from: fallback.from, to: fallback.to });
}
