/** Gives pages their data layer, follows live messages, and keeps what was read so that going back is instant. */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import type { DataLayer, LiveEvent, LiveState } from '../api/data-layer.ts';
import type { Answer, List, Problem } from '../api/answer.ts';
import type { Status } from '../api/shapes.ts';

type Listener = (event: LiveEvent) => void;

interface Data {
  readonly layer: DataLayer;
  readonly live: LiveState;
  readonly kept: Map<string, { value: unknown; atMs: number }>;
  readonly listen: (listener: Listener) => () => void;
  /** What every page says above its content; absent: nothing. */
  readonly notice?: ReactNode;
}

const DataContext = createContext<Data | undefined>(undefined);

/** Follows the layer's live messages for as long as it is mounted. */
export function DataProvider({
  layer,
  notice,
  children,
}: {
  readonly layer: DataLayer;
  readonly notice?: ReactNode;
  readonly children: ReactNode;
}) {
  const [live, setLive] = useState<LiveState>('connecting');
  const listeners = useRef(new Set<Listener>());
  const kept = useRef(new Map<string, { value: unknown; atMs: number }>());
  useEffect(() => {
    const stop = new AbortController();
    kept.current.clear();
    void layer.follow(
      (event) => {
        for (const listener of listeners.current) listener(event);
      },
      setLive,
      stop.signal,
    );
    return () => stop.abort();
  }, [layer]);
  // Stays the same while the connection comes and goes: readings begin anew when it changes.
  const listen = useCallback<Data['listen']>((listener) => {
    listeners.current.add(listener);
    return () => listeners.current.delete(listener);
  }, []);
  const data = useMemo<Data>(
    () => ({
      layer,
      live,
      kept: kept.current,
      notice,
      listen,
    }),
    [layer, live, notice, listen],
  );
  return <DataContext.Provider value={data}>{children}</DataContext.Provider>;
}

/** The data layer and how alive it is. */
export function useData(): Data {
  const data = useContext(DataContext);
  if (data === undefined) throw new Error('useData outside of DataProvider');
  return data;
}

/** What a page knows about something it asked for. */
export interface Reading<T> {
  /** Absent until the first answer. Stays while a later question fails: old is better than nothing, marked as old. */
  readonly value: T | undefined;
  /** The last question failed. */
  readonly problem: Problem | undefined;
  /** Local time of the last good answer. */
  readonly answeredMs: number | undefined;
  readonly loading: boolean;
  readonly reload: () => void;
}

/** How to ask. */
export interface ReadPlan<T> {
  /** Same key: same question. */
  readonly key: string;
  readonly load: (layer: DataLayer, signal: AbortSignal, partly: (value: T) => void) => Promise<Answer<T>>;
  /** Live messages after which the answer may differ. */
  readonly on: readonly LiveEvent[];
}

const settleMs = 400;
/** A question that took long is not asked again at once: at most a tenth of the time goes into asking. */
const restFactor = 9;

/** Asks, asks again when live messages say so, and keeps the last answer while doing so. */
export function useRead<T>(plan: ReadPlan<T>): Reading<T> {
  const { layer, kept, listen } = useData();
  const known = kept.get(plan.key);
  const [state, setState] = useState<{
    key: string;
    value?: T;
    problem?: Problem;
    answeredMs?: number;
    loading: boolean;
  }>({
    key: plan.key,
    value: known?.value as T | undefined,
    answeredMs: known?.atMs,
    loading: true,
  });
  const latest = useRef(plan);
  latest.current = plan;
  const reloadRef = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let busy = false;
    let again = false;
    // A person asked while an answer was on its way, which may be from before what they did.
    let atOnce = false;
    const before = kept.get(plan.key);
    setState({
      key: plan.key,
      value: before?.value as T | undefined,
      answeredMs: before?.atMs,
      loading: true,
    });
    const run = async (): Promise<void> => {
      busy = true;
      again = false;
      atOnce = false;
      const startedMs = performance.now();
      setState((now) => ({ ...now, loading: true }));
      const answer = await latest.current.load(layer, stop.signal, (value) => {
        // Pieces of a first reading are shown at once; later ones would make the list jump.
        if (!stop.signal.aborted && !kept.has(plan.key))
          setState((now) => ({ ...now, value, loading: true, problem: undefined }));
      });
      if (stop.signal.aborted) return;
      busy = false;
      if (answer.ok) {
        const atMs = Date.now();
        kept.set(plan.key, { value: answer.value, atMs });
        setState({ key: plan.key, value: answer.value, answeredMs: atMs, loading: false });
      } else setState((now) => ({ ...now, problem: answer, loading: false }));
      if (atOnce) void run();
      else if (again) schedule(Math.max(settleMs, (performance.now() - startedMs) * restFactor));
    };
    const schedule = (ms: number): void => {
      if (busy) again = true;
      else
        timer ??= setTimeout(() => {
          timer = undefined;
          void run();
        }, ms);
    };
    reloadRef.current = () => {
      if (busy) atOnce = true;
      else void run();
    };
    const stopListening = listen((event) => {
      if (event === 'resync' || latest.current.on.includes(event)) schedule(settleMs);
    });
    void run();
    return () => {
      stop.abort();
      stopListening();
      clearTimeout(timer);
    };
  }, [layer, plan.key, kept, listen]);

  const own = state.key === plan.key ? state : { value: undefined, loading: true };
  return {
    value: own.value,
    problem: 'problem' in own ? own.problem : undefined,
    answeredMs: 'answeredMs' in own ? own.answeredMs : undefined,
    loading: own.loading,
    reload: () => reloadRef.current(),
  };
}

/** A list page by page. */
export type ListReading<T> = Reading<List<T>>;

/** State of the collector and who asks; one question for all pages. */
export function useStatus(): Reading<Status> {
  return useRead<Status>({
    key: 'status',
    load: (layer, signal) => layer.status({ signal }),
    on: ['status'],
  });
}
