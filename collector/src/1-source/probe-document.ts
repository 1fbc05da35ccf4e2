/** What a probe writes as a raw record: one confirmed reading or change of one attribute. */
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceName } from '../contract/source-name.ts';
import { formatInstant } from '../leaf/time.ts';
import { isLearning } from './answer-pool.ts';
import { isUnsettled, takeRound, type Belief, type Reading, type RoundKind } from './probe-state.ts';

/** Media type of probe records. */
export const probeMediaType = 'application/vnd.zonewarden.probe+json';

/** Fields of the JSON document; `old` null: first reading, nothing known before. */
export interface ProbeDocument {
  readonly probe: 'delegation' | 'answer';
  readonly zone: string;
  readonly what: string;
  readonly name?: string;
  readonly type?: string;
  readonly old: readonly string[] | null;
  readonly new: readonly string[];
  readonly at: string;
  readonly earliest?: string;
  readonly epoch: number;
  readonly basis: string;
  readonly vantage: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Beliefs of one zone by attribute. Plain data. */
export type Beliefs = Record<string, Belief>;

/** What to watch in one round. `details` goes into the record when something is written. */
export interface Attribute {
  readonly key: string;
  readonly what: string;
  readonly name?: string;
  readonly type?: string;
  readonly readings: readonly Reading[];
  readonly rotates: boolean;
  /** Asking once more shows by itself whether the answer rotates: no cache stands between. */
  readonly resample?: boolean;
  /** Attribute of the servers behind the caches that were asked: what rotates there rotates here. */
  readonly behind?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Result of a round over all attributes of a zone. `known`: at least one attribute could be told. */
export interface RoundOutcome {
  readonly documents: readonly ProbeDocument[];
  readonly suspicious: boolean;
  readonly known: boolean;
}

function kindOf(attribute: Attribute, beliefs: Beliefs): RoundKind {
  const origin = attribute.behind === undefined ? undefined : beliefs[attribute.behind];
  return {
    rotates: attribute.rotates,
    ...(origin?.pool === undefined
      ? {}
      : {
          knownElsewhere: [...origin.value, ...origin.pool.members],
          learningElsewhere: isLearning(origin.pool),
        }),
  };
}

/** Keys of the attributes that are worth another sample in the same round. */
export function unsettledKeys(attributes: readonly Attribute[], beliefs: Beliefs): ReadonlySet<string> {
  return new Set(
    attributes
      .filter(
        (each) =>
          each.resample === true && isUnsettled(beliefs[each.key], each.readings, kindOf(each, beliefs)),
      )
      .map(({ key }) => key),
  );
}

/** Attributes with the readings of further samples beside their own; a key that only a sample has is not taken. */
export function withSamples(
  attributes: readonly Attribute[],
  samples: readonly Attribute[],
): readonly Attribute[] {
  return attributes.map((each) => {
    const more = samples.filter(({ key }) => key === each.key).flatMap(({ readings }) => readings);
    return more.length === 0 ? each : { ...each, readings: [...each.readings, ...more] };
  });
}

/**
 * The alias behind a value: what everybody who gave a part of it in this round followed. Undefined when one of them followed
 * another one or none, or when a part of the value was seen in earlier rounds only.
 */
function aliasBehind(readings: readonly Reading[], value: readonly string[]): string | undefined {
  const givers = readings.filter(
    (reading) => reading.outcome === 'answer' && reading.value.some((each) => value.includes(each)),
  );
  const alias = givers[0]?.alias;
  if (alias === undefined || givers.some((reading) => reading.alias !== alias)) return undefined;
  const given = new Set(givers.flatMap((reading) => reading.value));
  return value.every((each) => given.has(each)) ? alias : undefined;
}

/** Takes a round of readings for every attribute and changes `beliefs` in place. */
export function takeAttributes(
  probe: ProbeDocument['probe'],
  zone: string,
  attributes: readonly Attribute[],
  beliefs: Beliefs,
  nowMs: number,
): RoundOutcome {
  const documents: ProbeDocument[] = [];
  let suspicious = false;
  let known = false;
  for (const attribute of attributes) {
    known ||= attribute.readings.some((reading) => reading.outcome !== 'unknown');
    const kind = kindOf(attribute, beliefs);
    const result = takeRound(beliefs[attribute.key], attribute.readings, nowMs, kind);
    if (result.belief !== undefined) beliefs[attribute.key] = result.belief;
    suspicious ||= result.suspicious;
    const { change } = result;
    if (change === undefined) continue;
    const alias = aliasBehind(attribute.readings, change.value);
    const details = alias === undefined ? attribute.details : { ...attribute.details, alias };
    documents.push({
      probe,
      zone,
      what: attribute.what,
      ...(attribute.name !== undefined ? { name: attribute.name } : {}),
      ...(attribute.type !== undefined ? { type: attribute.type } : {}),
      old: change.old ?? null,
      new: change.value,
      at: formatInstant(change.atMs),
      ...(change.earliestMs !== undefined ? { earliest: formatInstant(change.earliestMs) } : {}),
      epoch: change.epoch,
      basis: change.basis,
      vantage: change.vantage,
      ...(details !== undefined ? { details } : {}),
    });
  }
  return { documents, suspicious, known };
}

/** Several readings of one vantage as one: what most of its sources say; unknown when none could tell. */
export function oneReading(vantage: string, readings: readonly Reading[]): Reading {
  const counts = new Map<string, { reading: Reading; count: number }>();
  for (const reading of readings) {
    if (reading.outcome === 'unknown') continue;
    const key = reading.value.join('\n');
    const found = counts.get(key);
    if (found === undefined) counts.set(key, { reading, count: 1 });
    else found.count++;
  }
  const [best] = [...counts.entries()].sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  return best === undefined
    ? { vantage, outcome: 'unknown', value: [] }
    : { vantage, outcome: best[1].reading.outcome, value: best[1].reading.value };
}

/** A document as a raw record of the feed. */
export function probeRecord(
  source: SourceName,
  tenant: string,
  instance: string,
  document: ProbeDocument,
  nowMs: number,
): RawRecord {
  return {
    tenant,
    source,
    instance,
    receivedAtMs: nowMs,
    contentType: probeMediaType,
    verified: true,
    bytes: new TextEncoder().encode(JSON.stringify(document)),
  };
}
