/** Issuances of the Cert Spotter API v1 (sslmate.com/help/reference/ct_search_api_v1): precertificate and certificate as one. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { failed, succeeded } from '../../contract/outcome.ts';
import type { Outcome } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import { formatInstant, parseInstant } from '../../leaf/time.ts';
import { certificateDrafts } from '../certificate-draft.ts';
import { definedFields, objectField, textField, textsField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

/** True for an issuance; nothing else of the feed has a `tbs_sha256`. */
export function isIssuance(body: JsonObject): boolean {
  return typeof body['tbs_sha256'] === 'string';
}

const digest = /^[0-9a-f]{64}$/;

/**
 * Drafts of one issuance. The time of logging is not told: it is the time of receipt, uncertain by the poll interval.
 * Whether `cert_sha256` is the certificate's or the precertificate's is not told either, so it is no fingerprint.
 */
export function issuanceDrafts(body: JsonObject, record: RawRecord): Outcome<readonly EventDraft[]> {
  const tbs = textField(body, 'tbs_sha256')?.toLowerCase() ?? '';
  if (!digest.test(tbs)) return failed('bad_field', 'expected a SHA-256 in hex', '/tbs_sha256');
  const issuer = objectField(body, 'issuer');
  const spki = textField(body, 'pubkey_sha256')?.toLowerCase();
  const certificate = textField(body, 'cert_sha256') ?? textField(objectField(body, 'cert'), 'sha256');
  return succeeded(
    certificateDrafts({
      isPrecert: false,
      names: textsField(body, 'dns_names'),
      cert: definedFields({
        tbs_sha256: tbs,
        spki_sha256: spki !== undefined && digest.test(spki) ? spki : undefined,
        issuer_cn: namePart(textField(issuer, 'name'), 'CN') ?? textField(issuer, 'friendly_name'),
        issuer_org: namePart(textField(issuer, 'name'), 'O'),
        not_before: instantOf(textField(body, 'not_before')),
        not_after: instantOf(textField(body, 'not_after')),
      }),
      timestamp: formatInstant(record.receivedAtMs),
      precision: 'interval',
      system: 'certspotter',
      key: ['tbs', tbs],
      source: definedFields({
        id: textField(body, 'id'),
        cert_sha256: certificate,
        revoked: typeof body['revoked'] === 'boolean' ? body['revoked'] : undefined,
        issuer: textField(issuer, 'name'),
        caa_domains: textsField(issuer, 'caa_domains'),
      }),
    }),
  );
}

function instantOf(text: string | undefined): string | undefined {
  const instant = parseInstant(text ?? '');
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

/** Attribute of a distinguished name such as `C=US, O="Example, Inc.", CN=R11` (RFC 4514 with OpenSSL's spacing). */
function namePart(name: string | undefined, attribute: string): string | undefined {
  if (name === undefined || name.length > 2048) return undefined;
  const found = new RegExp(`(?:^|[,+] *)${attribute}=(?:"([^"]*)"|([^,+]*))`).exec(name);
  const value = (found?.[1] ?? found?.[2])?.trim();
  return value === undefined || value === '' ? undefined : value;
}
