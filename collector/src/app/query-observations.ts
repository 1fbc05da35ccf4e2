/** Queries of a query log as observations for windows: what the normaliser of the feed reads, without making events of it. */
import type { RawRecord } from '../contract/raw-record.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import type { SourceName } from '../contract/source-name.ts';
import { canonicalIp } from '../leaf/ip-address.ts';
import { parseInstant } from '../leaf/time.ts';
import { normaliserFor } from '../2-normalise/index.ts';
import type { Observe } from '../1-source/query-edge.ts';
import { networkOfText, type QueryObservation } from '../1-source/query-windows.ts';
import { sha256Hex } from './digest.ts';

/** Feeds whose records are single queries, wholly or for the most part. */
export const queryLogFeeds: readonly SourceName[] = [
  'bind-log',
  'unbound-log',
  'aws-resolver-querylog',
  'aws-public-querylog',
  'cloudflare-dns',
];

const queryType = 'dnsquery.query.logged';

function networkOf(address: string | undefined): string | undefined {
  const canonical = address === undefined ? undefined : canonicalIp(address);
  return canonical === undefined ? undefined : networkOfText(canonical);
}

function observationOf(draft: EventDraft): QueryObservation | undefined {
  const { query, record_name: name, record_type: type } = draft;
  const at = parseInstant(draft.timestamp ?? '');
  if (at === undefined || name === undefined) return undefined;
  const network = networkOf(query?.client ?? query?.resolver);
  const answers = query?.answers ?? [];
  return {
    atMs: at.ms,
    name,
    type: type ?? 'TYPE0',
    rcode: query?.rcode ?? 'unknown',
    kind: draft.source_kind === 'authoritative_log' ? 'authoritative_log' : 'resolver_log',
    ...(network === undefined ? {} : { clientNetwork: network }),
    ...(answers.length === 0 ? {} : { answers: answers.toSorted() }),
  };
}

/**
 * Reader for one source. Where a log has a line for the question and one for the reply, replies are counted and questions left
 * out from the first reply on; a log with questions alone is counted by them, with response code `unknown`.
 */
export function queryObserver(): Observe {
  const context = { sha256: sha256Hex };
  let hasReplies = false;
  return (record: RawRecord) => {
    const normaliser = normaliserFor(record.source);
    const read = normaliser?.normalise(record, context);
    if (read?.ok !== true || read.value.some((draft) => draft.event_type !== queryType)) return undefined;
    return read.value.flatMap((draft) => {
      const observation = observationOf(draft);
      if (observation === undefined) return [];
      const isQuestion = draft.query?.rcode === undefined;
      hasReplies ||= !isQuestion;
      return isQuestion && hasReplies ? [] : [observation];
    });
  };
}
