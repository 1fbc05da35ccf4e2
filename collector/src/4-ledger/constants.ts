/** Every number of the ledger in one place; changing one is a new version, because it changes results. */
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Constants of stage 4, version 1. Milliseconds unless the name says otherwise. */
export const ledgerConstants = {
  version: 1,
  /** Facts are forgotten this long after the last word about them. */
  factKeepMs: 8 * day,
  factsMax: 128,
  factEventIdsMax: 8,
  factLinksMax: 4,
  /** A slower witness may report a value this many of its intervals after it went away. */
  lagIntervals: 2,
  lagDefaultMs: 2 * hour,
  /** Attribution: wait for a push source, and the smallest wait for a polled one. */
  explainPushMs: 10 * minute,
  explainPollMinMs: 1 * minute,
  explainPollIntervals: 2,
  /** Attribution: when nothing inside exists, tiers 2 and 3 wait as for a push source. */
  noWaitTierMax: 1,
  /** Claims that nobody sees: see propagation.ts. The TTL of records whose old TTL is not known. */
  ttlUnknownMs: 1 * hour,
  intentsMax: 256,
  intentKeepMs: 8 * day,
  resetsMax: 16,
  failuresMax: 32,
  failureWindowMs: 10 * minute,
  fatigueFailures: 5,
  resetWindowMs: 72 * hour,
  touchedWindowMs: 72 * hour,
  touchedMax: 256,
  tokensMax: 64,
  tokenAsnsMax: 8,
  tokenIdleDormantMs: 30 * day,
  tokenKeepMs: 400 * day,
  tokenChurnWindowMs: 24 * hour,
  tokenChurnMax: 32,
  delegatesMax: 64,
  moveUnknownMs: 90 * day,
  sessionWindowMs: 24 * hour,
} as const;
