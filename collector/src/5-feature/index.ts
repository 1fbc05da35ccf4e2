/** Stage 5: how far behaviour is from its own normal, and how much control is left. */
import type { Annotator } from '../contract/step.ts';
import { accountChurn, domainChurn } from './churn.ts';
import { answerCheck, lame, validation } from './answers.ts';
import { caa } from './caa.ts';
import { certificate } from './certificate.ts';
import { challenge } from './challenge.ts';
import { changeCluster, contactCluster } from './cluster.ts';
import { confirmedCases } from './confirmed-cases.ts';
import { controlScore } from './control-score.ts';
import { deviation } from './deviation.ts';
import { expiry } from './expiry.ts';
import { learnedBaselines } from './learned-baselines.ts';
import { lookalikeWatch } from './lookalike-watch.ts';
import { mailAuth } from './mail-auth.ts';
import { massUnlock } from './mass-unlock.ts';
import { moveMfa } from './move-mfa.ts';
import { novelty } from './novelty.ts';
import { organisationNovelty } from './organisation-novelty.ts';
import { pivot } from './pivot.ts';
import { drift } from './answer-drift.ts';
import { queryVolume } from './query-volume.ts';
import { revert, rollover, sweep, ttlFirst, zoneShare } from './record-features.ts';
import { routes } from './routes.ts';
import { changeSpike, loginSpike } from './spike.ts';

export { compositeRisk } from './composite-risk.ts';
export { learnedRows, type BaselineRows } from './learned-baselines.ts';
export { readControlScore } from './control-score.ts';

/** All annotators of the features; within a scope the order matters where one reads another's feature. */
export const featureAnnotators: readonly Annotator[] = [
  ...confirmedCases,
  novelty,
  loginSpike,
  accountChurn,
  deviation,
  changeSpike,
  domainChurn,
  sweep,
  ttlFirst,
  revert,
  challenge,
  rollover,
  zoneShare,
  mailAuth,
  caa,
  answerCheck,
  lame,
  validation,
  expiry,
  certificate,
  moveMfa,
  queryVolume,
  drift,
  controlScore,
  organisationNovelty,
  changeCluster,
  contactCluster,
  massUnlock,
  pivot,
  routes,
  lookalikeWatch,
  ...learnedBaselines,
];
