/** What a service's mapping adds to the draft of a call. */
import type { EventDraft } from '../../contract/normaliser.ts';

/** Fields of a mapped call; `source` members are added to the common ones. */
export type MappedFields = Partial<EventDraft> & { event_type: string };
