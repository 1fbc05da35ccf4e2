/** What an endpoint refused for good goes into quarantine, with the endpoint's own words. */
import type { Surroundings } from '../contract/component.ts';
import type { RefusedBatch } from '../8-sink/outbox.ts';
import type { Quarantine } from '../log/quarantine.ts';
import { sha256Hex } from './digest.ts';

/** A keeper of refused batches; throws what the quarantine throws, so that delivery waits. */
export function refusedLetters(quarantine: Quarantine, around: Surroundings): (batch: RefusedBatch) => void {
  return ({ sink, signals, rejectedCount, code, message }) => {
    quarantine.add(
      signals.map((signal) => ({
        id: sha256Hex(`${sink}\u0000${signal.key}`).slice(0, 32),
        tenant: (signal.body as { tenant?: string }).tenant ?? '*',
        source: `sink:${sink}`,
        receivedAtMs: around.nowMs(),
        code,
        path: '',
        message,
        normaliser: '',
        contentType: 'application/json',
        bytes: Buffer.from(JSON.stringify(signal)),
        meta: { rejected: rejectedCount, batch: signals.length },
      })),
    );
    around.log('error', `${sink}: refused ${rejectedCount} of ${signals.length} records: ${message}`, {
      code,
    });
  };
}
