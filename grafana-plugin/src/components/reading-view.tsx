/** What every page draws around something it asked for: not yet, not at all, old, or there. */
import type { ReactNode } from 'react';
import type { Reading } from '../app/data-context.tsx';
import { ErrorState, LoadingState, StaleBanner } from './states.tsx';

/** Draws `children` once there is a value, with a banner while it is old. */
export function ReadingView<T>({
  reading,
  rows = 6,
  children,
}: {
  readonly reading: Reading<T>;
  readonly rows?: number;
  readonly children: (value: T) => ReactNode;
}) {
  const { value, problem, answeredMs, reload } = reading;
  if (value === undefined)
    return problem === undefined ? (
      <LoadingState rows={rows} />
    ) : (
      <ErrorState problem={problem} retry={reload} />
    );
  return (
    <>
      {problem === undefined ? null : (
        <StaleBanner answeredMs={answeredMs} problem={problem} retry={reload} />
      )}
      {children(value)}
    </>
  );
}
