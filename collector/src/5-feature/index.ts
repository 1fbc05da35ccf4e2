/** Stage 5: how far behaviour is from its own normal, and how much control is left. */
import type { Annotator } from '../contract/step.ts';
import { accountChurn, domainChurn } from './churn.ts';
import { deviation } from './deviation.ts';
import { revert, rollover, sweep, ttlFirst, zoneShare } from './record-features.ts';
import { changeSpike, loginSpike } from './spike.ts';

/** All annotators of the features; within a scope the order matters where one reads another's feature. */
export const featureAnnotators: readonly Annotator[] = [
  loginSpike,
  accountChurn,
  deviation,
  changeSpike,
  domainChurn,
  sweep,
  ttlFirst,
  revert,
  rollover,
  zoneShare,
];
