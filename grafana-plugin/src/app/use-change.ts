/** Changes something and says how it went. */
import { useCallback, useState } from 'react';
import type { Problem } from '../api/answer.ts';
import type { ChangeBody, ChangeName, PathValues } from '../api/data-layer.ts';
import { useAnnounce } from './announcer.tsx';
import { useData } from './data-context.tsx';

/** State of changes that a part of a page makes. */
export interface Change {
  /** Resolves with the id of what was made (may be empty) once accepted, or undefined when it was refused. */
  readonly run: <K extends ChangeName>(
    name: K,
    values: PathValues,
    body: ChangeBody<K>,
    said: string,
  ) => Promise<string | undefined>;
  readonly busy: boolean;
  /** Why the last one was refused. */
  readonly problem: Problem | undefined;
  readonly forget: () => void;
}

/** `done` is called after each accepted change, usually to read again. */
export function useChange(done: () => void): Change {
  const { layer } = useData();
  const announce = useAnnounce();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = useCallback<Change['run']>(
    async (name, values, body, said) => {
      setBusy(true);
      setProblem(undefined);
      const answer = await layer.change(name, values, body);
      setBusy(false);
      if (!answer.ok) {
        setProblem(answer);
        return undefined;
      }
      announce(said);
      done();
      return answer.value.id ?? '';
    },
    [layer, announce, done],
  );
  const forget = useCallback(() => setProblem(undefined), []);
  return { run, busy, problem, forget };
}
