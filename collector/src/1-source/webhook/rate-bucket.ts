/** Token bucket for one sender. */

/** Takes one token at `nowMs`; false when none is left. Refills `perSecond` a second up to as many. */
export type TakeToken = (nowMs: number) => boolean;

/** A full bucket. A clock that goes back refills nothing. */
export function createRateBucket(perSecond: number): TakeToken {
  let tokens = perSecond;
  let lastMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    if (nowMs > lastMs) {
      if (lastMs !== Number.NEGATIVE_INFINITY)
        tokens = Math.min(perSecond, tokens + ((nowMs - lastMs) * perSecond) / 1000);
      lastMs = nowMs;
    }
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
