/** Normalisers, each as the log hands it a record. */
import { sha256Hex } from '../../collector/src/app/digest.ts';
import { normaliserFor } from '../../collector/src/2-normalise/index.ts';
import { normaliseRecord } from '../../collector/src/2-normalise/normalise-record.ts';
import { sourceNames, type SourceName } from '../../collector/src/contract/source-name.ts';
import { recordsOf, type Target } from './target.ts';

const context = { sha256: sha256Hex };
const contentTypes = ['application/json', 'text/xml', 'text/plain', 'application/pkix-cert'];

function targetOf(source: SourceName): Target[] {
  const normaliser = normaliserFor(source);
  if (normaliser === undefined) return [];
  const run = (bytes: Buffer): unknown => {
    const record = {
      tenant: 't',
      source,
      receivedAtMs: 1_790_000_000_000,
      contentType: contentTypes[bytes.length % 7] ?? 'application/json',
      verified: true,
      bytes,
    };
    const outcome = normaliseRecord(record, normaliser, record.receivedAtMs, context);
    if (
      !outcome.ok &&
      (outcome.failure.code === 'normaliser_bug' || outcome.failure.code === 'schema_violation')
    )
      throw new Error(outcome.failure.message);
    return outcome.ok ? outcome.value.events.map((event) => event.event_type) : outcome;
  };
  return [{ name: `normalise/${source}`, seeds: recordsOf(source), run }];
}

/** One target per feed that has a normaliser. */
export const recordTargets: readonly Target[] = sourceNames.flatMap(targetOf);
