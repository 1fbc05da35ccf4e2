/** Reads what a stopped collector knows, from its checkpoint store. */
import { join } from 'node:path';
import type { Finding } from '../../collector/src/contract/finding.ts';
import { openCheckpointStore } from '../../collector/src/log/checkpoint-store.ts';

/** Open findings by id, without what differs from run to run by design (revision counts), and sealed state by key, with its timers. */
export interface CheckpointState {
  readonly findings: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, unknown>>;
}

/** State of the data directory of a collector that is not running. */
export function readCheckpointState(directory: string): CheckpointState {
  const opened = openCheckpointStore(join(directory, 'checkpoints.sqlite'), () => Date.now());
  if (!opened.ok) throw new Error(opened.failure.message);
  const findings: Record<string, unknown> = {};
  const state: Record<string, unknown> = {};
  for (const [name, value] of opened.value.rows('engine')) {
    const [kind, key = ''] = name.split('\u0001');
    const body = JSON.parse(value) as unknown;
    if (kind === '@book') {
      if (!key.startsWith('finding/')) continue;
      const { revision: _revision, case_id: _case, ...finding } = body as Finding;
      if (finding.state !== 'retracted') findings[key] = finding;
    } else if (kind !== '@seen' && kind !== '@said') state[name] = body;
  }
  opened.value.close();
  return { findings, state };
}
