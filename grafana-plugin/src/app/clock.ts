/** One clock for everything that says how long ago something was. */
import { useEffect, useState } from 'react';

const tickMs = 5000;

/** The time now, renewed every five seconds. */
export function useNowMs(): number {
  const [nowMs, setNowMs] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}
