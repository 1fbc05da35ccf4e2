/** Correlations over plain JSON records: what the detector needs is put beside a record, rules still read the record itself. */
import { scalarNumber, scalarText } from '../6-detect/field-path.ts';
import { parseInstant } from '../leaf/time.ts';
import type { CanonicalEvent } from '../contract/event.ts';
import type { LoadedRule, RuleSet } from '../6-detect/rule-set.ts';

const timeFields = [
  'timestamp',
  '@timestamp',
  'time',
  '_time',
  'ts',
  'eventTime',
  'EventTime',
  'published',
  'UtcTime',
  'TimeCreated',
  'SystemTime',
  'created_at',
  'datetime',
];
/** Numbers below this are seconds since 1970, others milliseconds. */
const secondsBelow = 100_000_000_000;

function timeOf(value: unknown): number | undefined {
  const number = scalarNumber(value);
  if (number !== undefined) return Math.abs(number) < secondsBelow ? number * 1000 : number;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return (parseInstant(text) ?? parseInstant(`${text}Z`))?.ms;
}

/** A plain record with what correlations need. Without a readable time, the order in the file decides. */
export function rawAsEvent(record: Readonly<Record<string, unknown>>, index: number): CanonicalEvent {
  const time = timeFields.map((field) => timeOf(record[field])).find((ms) => ms !== undefined);
  const timestamp = new Date(time ?? index).toISOString();
  const text = (field: string, otherwise: string): string => scalarText(record[field]) ?? otherwise;
  const domain = scalarText(record['domain']);
  const account = scalarText(record['registrar_account']);
  const { domain: _domain, registrar_account: _account, timestamp_earliest: _earliest, ...rest } = record;
  return {
    ...rest,
    ...(domain === undefined ? {} : { domain }),
    ...(account === undefined ? {} : { registrar_account: account }),
    tenant: text('tenant', 'raw'),
    event_type: text('event_type', ''),
    actor_id: text('actor_id', 'unknown'),
    approval_state: text('approval_state', 'not_checked'),
    source_kind: text('source_kind', 'manual'),
    source_system: text('source_system', 'file'),
    confidence: 1,
    ingested_at: timestamp,
    observed_at: timestamp,
    timestamp,
    event_id: String(index).padStart(12, '0'),
  } as unknown as CanonicalEvent;
}

/** The same rules, whose selections and filters look at the record an event was made of: a record's own `event_id` counts. */
export function onRecords(
  ruleSet: RuleSet,
  events: readonly CanonicalEvent[],
  records: readonly object[],
): RuleSet {
  const recordOf = new Map<object, object>(events.map((event, index) => [event, records[index] ?? event]));
  const read =
    (test: (event: object) => boolean) =>
    (event: object): boolean =>
      test(recordOf.get(event) ?? event);
  const known = new Map<string, LoadedRule>();
  const rebuilt = (loaded: LoadedRule): LoadedRule => {
    const key = `${loaded.meta.id} ${String(loaded.standalone)}`;
    const made = known.get(key);
    if (made !== undefined) return made;
    const next: LoadedRule =
      loaded.kind === 'correlation'
        ? { ...loaded, inputs: loaded.inputs.map(rebuilt) }
        : {
            ...loaded,
            rule: { ...loaded.rule, test: read(loaded.rule.test), eventTypes: undefined },
            filters: loaded.filters.map((filter) => ({ ...filter, keeps: read(filter.keeps) })),
          };
    known.set(key, next);
    return next;
  };
  return { ...ruleSet, rules: ruleSet.rules.map(rebuilt) };
}
