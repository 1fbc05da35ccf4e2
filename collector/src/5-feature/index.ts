/** Stage 5: how far behaviour is from its own normal, and how much control is left. */
import type { Annotator } from '../contract/step.ts';
import { accountChurn, domainChurn } from './churn.ts';
import { caa } from './caa.ts';
import { changeCluster, contactCluster, massUnlock } from './cluster.ts';
import { controlScore } from './control-score.ts';
import { deviation } from './deviation.ts';
import { mailAuth } from './mail-auth.ts';
import { novelty, organisationNovelty } from './novelty.ts';
import { pivot } from './pivot.ts';
import { revert, rollover, sweep, ttlFirst, zoneShare } from './record-features.ts';
import { changeSpike, loginSpike } from './spike.ts';

export { compositeRisk } from './composite-risk.ts';
export { readControlScore } from './control-score.ts';

/** All annotators of the features; within a scope the order matters where one reads another's feature. */
export const featureAnnotators: readonly Annotator[] = [
  novelty,
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
  mailAuth,
  caa,
  controlScore,
  organisationNovelty,
  changeCluster,
  contactCluster,
  massUnlock,
  pivot,
];
