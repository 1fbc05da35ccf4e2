/** The certstream feed: messages of a certstream server. No cursor, no replay; the server drops messages for slow readers in silence. */
import type { Normaliser } from '../contract/normaliser.ts';
import { certstreamDrafts } from './certstream-message.ts';
import { parseJsonRecord } from './json-record.ts';

/** The certstream feed. */
export const certstream: Normaliser = {
  source: 'certstream',
  version: 1,
  normalise(record, context) {
    const parsed = parseJsonRecord(record.bytes);
    return parsed.ok ? certstreamDrafts(parsed.value, record, context, 'certstream') : parsed;
  },
};
