/**
 * A window of queries for one domain, as the edge aggregation of the query feeds writes it (never single queries). One
 * document gives the volume, the response codes, and what each watched name was answered.
 */
import type { EventDraft } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import type { SourceKind } from '../contract/event.ts';
import { parseInstant } from '../leaf/time.ts';
import { domainOf, dnsDraft, nameOf, plainText, recordTypeField, type DnsWitness } from './dns-facts.ts';
import { parseJsonRecord } from './json-record.ts';

/** Media type of a query window. */
export const queryWindowMediaType = 'application/vnd.zonewarden.query-window+json';

/** True when the record is a query window and not a single query. */
export function isQueryWindow(record: RawRecord): boolean {
  return record.contentType.startsWith(queryWindowMediaType);
}

/** Own, finite, non-negative numbers of an object; everything else is left out. */
function countsOf(value: unknown): Record<string, number> {
  const counts: Record<string, number> = Object.create(null) as Record<string, number>;
  if (typeof value !== 'object' || value === null) return { ...counts };
  for (const [name, count] of Object.entries(value))
    if (typeof count === 'number' && Number.isFinite(count) && count >= 0) counts[name] = count;
  return { ...counts };
}

interface Answer {
  readonly name: string;
  readonly type: string;
  readonly values: readonly string[];
  readonly count: number;
}

function answerOf(value: unknown): Answer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { name, type, values, count } = value as Record<string, unknown>;
  if (typeof name !== 'string' || typeof type !== 'string' || !Array.isArray(values)) return undefined;
  if (!values.every((item): item is string => typeof item === 'string')) return undefined;
  return {
    name: nameOf(name),
    type,
    values: [...values].sort(),
    count: typeof count === 'number' ? count : 1,
  };
}

const kinds: ReadonlySet<string> = new Set<SourceKind>(['resolver_log', 'authoritative_log']);

/** Drafts of one window: volume, response codes (when there were any), and one `dnsquery.answer.observed` per name, type and answer set. */
export function queryWindowDrafts(record: RawRecord, system: string): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  const start = parseInstant(plainText(document['window_start']));
  if (start === undefined) return failed('bad_timestamp', 'query window has no start', '/window_start');
  const windowS = document['window_s'];
  if (typeof windowS !== 'number' || !(windowS > 0))
    return failed('bad_field', 'query window has no length in seconds', '/window_s');
  const { domain: given, count, kind } = document;
  if (typeof given !== 'string' || typeof count !== 'number')
    return failed('missing_field', 'query window needs domain and count', '/domain');
  const name = nameOf(given);
  const domain = domainOf(name, name);
  const witness: DnsWitness = {
    system,
    kind: typeof kind === 'string' && kinds.has(kind) ? (kind as SourceKind) : 'resolver_log',
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: 'passive',
    confidence: 0.9,
    confidenceBasis: 'passive',
    timeMs: start.ms + Math.floor(windowS * 1000),
    earliestMs: start.ms,
    precision: 'interval',
  };
  const sensor = plainText(document['sensor'] ?? record.instance);
  const key = [
    'window',
    sensor,
    plainText(document['window_start']),
    name,
    plainText(document['revision'] ?? 0),
  ];
  const byRcode = countsOf(document['by_rcode']);
  const common = { ...(domain !== undefined ? { domain } : {}), key };
  const query = { window_s: windowS, count, ...(sensor !== '' ? { resolver: sensor } : {}) };
  const source = {
    sensor,
    by_type: countsOf(document['by_type']),
    by_client_network: countsOf(document['by_client_network']),
    by_answer_network: countsOf(document['by_answer_network']),
    overflow: countsOf(document['overflow']),
  };
  const drafts = [
    dnsDraft(witness, { event_type: 'dnsquery.volume.observed', ...common, query, source, atom: 'volume' }),
  ];
  if (Object.keys(byRcode).length > 0)
    drafts.push(
      dnsDraft(witness, {
        event_type: 'dnsquery.rcode_mix.observed',
        ...common,
        query: { ...query, by_rcode: byRcode },
        atom: 'rcodes',
      }),
    );
  const answers = Array.isArray(document['answers']) ? (document['answers'] as unknown[]) : [];
  for (const [index, item] of answers.entries()) {
    const answer = answerOf(item);
    if (answer === undefined)
      return failed('bad_field', 'answer needs name, type and values', `/answers/${index}`);
    drafts.push(answerDraft(witness, answer, { ...common, query }));
  }
  return succeeded(drafts);
}

function answerDraft(
  witness: DnsWitness,
  answer: Answer,
  common: Partial<EventDraft> & Pick<EventDraft, 'key'>,
): EventDraft {
  return dnsDraft(witness, {
    event_type: 'dnsquery.answer.observed',
    ...common,
    record_name: answer.name,
    record_type: recordTypeField(answer.type),
    query: {
      ...common.query,
      question: `${answer.name} ${answer.type}`,
      count: answer.count,
      answers: [...answer.values],
    },
    new_value: [...answer.values],
    old_known: false,
    atom: `${answer.name}/${answer.type}/${answer.values.join(' ')}`,
  });
}
