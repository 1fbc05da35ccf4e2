/** Every parser that meets foreign bytes, with seeds to start from. */
import { apiTargets } from './api-targets.ts';
import { diskTargets } from './disk-targets.ts';
import { documentTargets } from './document-targets.ts';
import { recordTargets } from './record-targets.ts';
import type { Target } from './target.ts';
import { wireTargets } from './wire-targets.ts';

/** All targets; those that need a running collector last. */
export const targets: readonly Target[] = [
  ...recordTargets,
  ...wireTargets,
  ...documentTargets,
  ...diskTargets,
  ...apiTargets,
];
