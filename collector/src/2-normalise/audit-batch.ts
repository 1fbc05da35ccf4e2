/** Deliveries that hold several records: an item that cannot be read never takes its neighbours with it. */
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import { auditDraft } from './audit-draft.ts';
import { fieldsOf, type Fields } from './audit-field.ts';
import type { SourceKind } from '../contract/event.ts';
import type { EventDraft, NormaliseContext } from '../contract/normaliser.ts';
import type { RawRecord } from '../contract/raw-record.ts';

/** Where a batch stands: the product, the JSON pointer of the list, the record and the capabilities. */
export interface BatchPlace {
  readonly system: string;
  readonly kind?: SourceKind;
  readonly path: string;
  readonly record: RawRecord;
  readonly context: NormaliseContext;
}

/**
 * Drafts of all items in their order. Unreadable items are kept as `other.activity`, time of receipt, after the others;
 * when no item can be read, the first failure is that of the record. An empty batch has no fact.
 */
export function batchDrafts(
  batch: readonly unknown[],
  place: BatchPlace,
  read: (item: Fields, at: number) => Outcome<readonly EventDraft[]>,
): Outcome<readonly EventDraft[]> {
  const drafts: EventDraft[] = [];
  const unread: EventDraft[] = [];
  let first: Outcome<never> | undefined;
  for (const [at, each] of batch.entries()) {
    const item = fieldsOf(each);
    const outcome =
      item === undefined ? failed('not_an_object', 'each item must be an object') : read(item, at);
    if (outcome.ok) {
      drafts.push(...outcome.value);
      continue;
    }
    const { code, message, path } = outcome.failure;
    first ??= failed(code, message, `${place.path}/${at}${path}`);
    unread.push(unreadDraft(each, place, message));
  }
  return first !== undefined && drafts.length === 0 ? first : succeeded([...drafts, ...unread]);
}

function unreadDraft(item: unknown, place: BatchPlace, why: string): EventDraft {
  const { record, context, system } = place;
  return auditDraft({
    record,
    system,
    kind: place.kind ?? 'identity_log',
    type: 'other.activity',
    original: `unreadable item: ${why}`,
    outcome: 'unknown',
    atMs: record.receivedAtMs,
    precision: 'interval',
    key: ['sha256', context.sha256(JSON.stringify(item) ?? 'null')],
    atom: '',
    actor: { realm: system, type: 'unknown', origin: 'unknown' },
    source: fieldsOf(item) ?? { item },
  });
}
