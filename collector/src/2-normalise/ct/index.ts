/**
 * Certificate Transparency read from logs: get-entries answers (RFC 6962 section 4.6), single entries, static-ct-api
 * checkpoints, issuances of Cert Spotter, and certstream messages recorded as files. Entries of several logs about one certificate get one id.
 */
import type { EventDraft, NormaliseContext, Normaliser } from '../../contract/normaliser.ts';
import { limits } from '../../contract/limits.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { formatInstant } from '../../leaf/time.ts';
import { batchDrafts } from '../audit-batch.ts';
import { certificateDrafts } from '../certificate-draft.ts';
import { certstreamDrafts, isCertstreamMessage } from '../certstream-message.ts';
import { definedFields, objectField, textField } from '../json-field.ts';
import { decodedBase64 } from '../base64.ts';
import { decodeUtf8, parseJsonRecord } from '../json-record.ts';
import type { JsonObject } from '../json-record.ts';
import { readCertificate, readTbs } from './certificate.ts';
import { readCheckpoint } from './checkpoint.ts';
import { isIssuance, issuanceDrafts } from './issuance.ts';

/** The CT feed. `meta.log` names the log, `meta.index` is the index of the first entry. */
export const ct: Normaliser = {
  source: 'ct',
  version: 1,
  normalise(record, context) {
    const first = firstCharacter(record.bytes);
    if (first !== 0x7b && first !== 0x5b) return checkpointDrafts(record.bytes);
    const parsed = parseJsonRecord(record.bytes, limits.fileRecordBytesMax);
    if (!parsed.ok) return parsed;
    const body = parsed.value;
    if (isCertstreamMessage(body)) return certstreamDrafts(body, record, context, 'ct');
    // A webhook of Cert Spotter puts the issuance under a member of its own.
    const issuance = isIssuance(body) ? body : objectField(body, 'issuance');
    if (isIssuance(issuance)) return issuanceDrafts(issuance, record);
    if (typeof body['leaf_input'] === 'string') return entryDrafts(body, 0, record, context);
    // A tree head says how far the log is, and holds no certificate.
    if ('tree_size' in body && 'sha256_root_hash' in body) return succeeded([]);
    const entries = body['entries'];
    if (!Array.isArray(entries))
      return failed('missing_field', 'expected "entries" or "leaf_input"', '/entries');
    const place = { system: 'ct', kind: 'ct_log', path: '/entries', record, context } as const;
    return batchDrafts(entries, place, (each, index) => entryDrafts(each, index, record, context));
  },
};

function firstCharacter(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] ?? 0;
    if (code > 0x20 && code !== 0xef && code !== 0xbb && code !== 0xbf) return code;
  }
  return 0;
}

function checkpointDrafts(bytes: Uint8Array): Outcome<readonly EventDraft[]> {
  if (bytes.length > limits.recordBytesMax) return failed('too_large', 'a checkpoint is a few hundred bytes');
  const text = decodeUtf8(bytes);
  if (!text.ok) return text;
  const checkpoint = readCheckpoint(text.value);
  return checkpoint.ok ? succeeded([]) : checkpoint;
}

function entryDrafts(
  entry: JsonObject,
  offset: number,
  record: RawRecord,
  context: NormaliseContext,
): Outcome<readonly EventDraft[]> {
  const leaf = decodedBase64(textField(entry, 'leaf_input') ?? '');
  if (leaf === undefined || leaf.length < 15)
    return failed('bad_wire_format', 'expected a MerkleTreeLeaf in base64', '/leaf_input');
  const view = new DataView(leaf.buffer, leaf.byteOffset, leaf.length);
  if (leaf[0] !== 0 || leaf[1] !== 0)
    return failed(
      'bad_wire_format',
      `leaf version ${leaf[0]} type ${leaf[1]} is not of RFC 6962`,
      '/leaf_input',
    );
  const timestampMs = Number(view.getBigUint64(2));
  const entryType = view.getUint16(10);
  if (entryType > 1) return failed('bad_wire_format', `entry type ${entryType} is not known`, '/leaf_input');
  const isPrecert = entryType === 1;
  const at = isPrecert ? 12 + 32 : 12;
  if (at + 3 > leaf.length) return failed('bad_wire_format', 'leaf ends inside its header', '/leaf_input');
  const length = (view.getUint8(at) << 16) | view.getUint16(at + 1);
  if (at + 3 + length > leaf.length)
    return failed('bad_wire_format', 'leaf ends inside its certificate', '/leaf_input');
  const der = leaf.subarray(at + 3, at + 3 + length);
  const facts = isPrecert ? readTbs(der) : readCertificate(der);
  if (facts === undefined) return failed('bad_wire_format', 'certificate is not DER', '/leaf_input');
  const tbs = context.sha256(facts.tbs);
  const fingerprint = isPrecert ? undefined : context.sha256(der);
  const firstIndex = Number(record.meta?.['index'] ?? Number.NaN);
  const logIndex = Number.isInteger(firstIndex) ? firstIndex + offset : undefined;
  const log = record.meta?.['log'] ?? record.instance;
  return succeeded(
    certificateDrafts({
      isPrecert,
      names: facts.names,
      cert: definedFields({
        fingerprint_sha256: fingerprint,
        tbs_sha256: tbs,
        spki_sha256: context.sha256(facts.spki),
        serial: facts.serial,
        issuer_cn: facts.issuerCn,
        issuer_org: facts.issuerOrg,
        subject_cn: facts.subjectCn,
        not_before: facts.notBefore,
        not_after: facts.notAfter,
        validation: facts.validation,
        log_name: log,
        log_index: logIndex,
      }),
      timestamp: formatInstant(timestampMs),
      precision: 'ms',
      system: 'ct',
      key: fingerprint === undefined ? ['tbs', tbs] : ['fingerprint', fingerprint],
      source: definedFields({ log, log_index: logIndex }),
    }),
  );
}
