/**
 * certstream websocket messages (CaliDog format as written by CaliDog, certstream-server-go and -rust): full, lite and
 * domains-only. Shared by every feed through which such messages come.
 */
import type { EventDraft, NormaliseContext } from '../contract/normaliser.ts';
import { failed, succeeded } from '../contract/outcome.ts';
import type { Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { formatInstant } from '../leaf/time.ts';
import { canonicalSerial, certificateDrafts, validationOfPolicies } from './certificate-draft.ts';
import type { CertificateFields } from './certificate-draft.ts';
import {
  asObject,
  definedFields,
  idField,
  integerField,
  objectField,
  objectsField,
  textField,
  textsField,
} from './json-field.ts';
import type { JsonObject } from './json-record.ts';

/** True for a message of a certstream server, so that the CT feed can take such files too. */
export function isCertstreamMessage(body: JsonObject): boolean {
  return 'message_type' in body || 'domain_list' in body || 'leaf_cert' in body;
}

/** Drafts of one message; empty for a heartbeat. `system` names the feed in `source_system`. */
export function certstreamDrafts(
  body: JsonObject,
  record: RawRecord,
  context: NormaliseContext,
  system: string,
): Outcome<readonly EventDraft[]> {
  const kind = textField(body, 'message_type');
  if (kind === 'heartbeat') return succeeded([]);
  if (Array.isArray(body['data'])) return succeeded(namesOnly(textsField(body, 'data'), record, system));
  if (Array.isArray(body['domain_list'])) return succeeded(flatUpdate(body, record, system));
  // Some pipelines keep only what stood in the envelope.
  const data = asObject(body['data']) ?? (asObject(body['leaf_cert']) === undefined ? undefined : body);
  const leaf = data === undefined ? undefined : asObject(data['leaf_cert']);
  if (data === undefined || leaf === undefined)
    return failed('missing_field', 'expected a certificate in "data.leaf_cert"', '/data/leaf_cert');
  return succeeded(certificateUpdate(data, leaf, record, context, system));
}

function secondsInstant(seconds: number | undefined): string | undefined {
  if (seconds === undefined || seconds < 0 || seconds > 253_402_300_799) return undefined;
  return formatInstant(Math.floor(seconds * 1000));
}

function certificateUpdate(
  data: JsonObject,
  leaf: JsonObject,
  record: RawRecord,
  context: NormaliseContext,
  system: string,
): EventDraft[] {
  const extensions = objectField(leaf, 'extensions');
  const updateType = textField(data, 'update_type');
  const isPrecert =
    updateType === undefined ? extensions['ctlPoisonByte'] === true : updateType === 'PrecertLogEntry';
  const log = objectField(data, 'source');
  const issuer = asObject(leaf['issuer']) ?? objectField(objectsField(data, 'chain')[0] ?? {}, 'subject');
  const serial = canonicalSerial(textField(leaf, 'serial_number'));
  const seen = secondsInstant(secondsField(data, 'seen'));
  const cert: CertificateFields = {
    fingerprint_sha256: canonicalFingerprint(textField(leaf, 'sha256')),
    serial,
    issuer_cn: textField(issuer, 'CN'),
    issuer_org: textField(issuer, 'O'),
    subject_cn: textField(objectField(leaf, 'subject'), 'CN'),
    not_before: secondsInstant(secondsField(leaf, 'not_before')),
    not_after: secondsInstant(secondsField(leaf, 'not_after')),
    validation: validationOfPolicies(textField(extensions, 'certificatePolicies') ?? ''),
    log_name: textField(log, 'name'),
    log_index: integerField(data, 'cert_index') ?? textField(data, 'cert_index'),
  };
  const key =
    !isPrecert && cert.fingerprint_sha256 !== undefined
      ? ['fingerprint', cert.fingerprint_sha256]
      : serial === undefined
        ? ['bytes', context.sha256(record.bytes)]
        : ['serial', textField(issuer, 'aggregated') ?? cert.issuer_cn ?? '', serial];
  const logUrl = textField(log, 'url');
  const fingerprint = textField(leaf, 'fingerprint');
  return certificateDrafts({
    isPrecert,
    names: namesOf(leaf, extensions),
    cert: definedFields(cert),
    timestamp: seen ?? formatInstant(record.receivedAtMs),
    precision: seen === undefined ? 'interval' : 'ms',
    system,
    key,
    source: {
      ...(logUrl === undefined ? {} : { log_url: logUrl }),
      ...(fingerprint === undefined ? {} : { fingerprint_sha1: fingerprint }),
      ...(data['submission_timestamp'] === undefined
        ? {}
        : { submission_timestamp: data['submission_timestamp'] }),
    },
  });
}

/** Epoch seconds as a number, or as text that is one. */
function secondsField(object: JsonObject, key: string): number | undefined {
  const seconds = Number(idField(object, key) ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

/** Names the server listed, else those of the subjectAltName text, else the common name, as certificates without it had. */
function namesOf(leaf: JsonObject, extensions: JsonObject): readonly string[] {
  const listed = textsField(leaf, 'all_domains');
  if (listed.length > 0) return listed;
  const alternative = (textField(extensions, 'subjectAltName') ?? '')
    .split(',')
    .flatMap((entry) => /^\s*DNS:\s*(\S+)\s*$/i.exec(entry)?.[1] ?? []);
  // A list that is there and empty counts the common name already.
  if (alternative.length > 0 || Array.isArray(leaf['all_domains'])) return alternative;
  const commonName = textField(objectField(leaf, 'subject'), 'CN');
  return commonName?.includes('.') === true ? [commonName] : [];
}

function canonicalFingerprint(text: string | undefined): string | undefined {
  const hex = text?.replaceAll(':', '').toLowerCase();
  return hex !== undefined && /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** The flat `certstream_domains` record of Zonestream: names, SHA-1 fingerprint, log, no issuer and no serial. */
function flatUpdate(body: JsonObject, record: RawRecord, system: string): EventDraft[] {
  const seen = secondsInstant(secondsField(body, 'seen'));
  const fingerprint = textField(body, 'fingerprint') ?? '';
  const names = textsField(body, 'domain_list');
  return certificateDrafts({
    isPrecert: textField(body, 'updateType') === 'PrecertLogEntry',
    names,
    cert: definedFields({
      log_name: textField(body, 'source'),
      log_index: integerField(body, 'certIndex') ?? idField(body, 'certIndex'),
    }),
    timestamp: seen ?? formatInstant(record.receivedAtMs),
    precision: seen === undefined ? 'interval' : 'ms',
    system,
    key: fingerprint === '' ? ['names', ...names.toSorted()] : ['sha1', fingerprint],
    source: { fingerprint_sha1: fingerprint, topic: 'certstream_domains' },
  });
}

const dayMs = 86_400_000;

/** Domains-only messages say neither what kind of entry it was nor when: names of one day collapse into one event. */
function namesOnly(names: readonly string[], record: RawRecord, system: string): EventDraft[] {
  if (names.length === 0) return [];
  const day = Math.floor(record.receivedAtMs / dayMs);
  return certificateDrafts({
    isPrecert: false,
    names,
    cert: {},
    timestamp: formatInstant(record.receivedAtMs),
    precision: 'interval',
    system,
    key: ['names', String(day), ...names.toSorted()],
    source: { message_type: 'dns_entries' },
  }).map((draft) => ({ ...draft, cert: withoutPrecertFlag(draft.cert) }));
}

function withoutPrecertFlag(cert: CertificateFields | undefined): CertificateFields {
  return definedFields({ ...cert, is_precert: undefined });
}
