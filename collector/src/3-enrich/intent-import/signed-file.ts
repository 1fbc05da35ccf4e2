/**
 * Intents signed by a person: a JSON Web Signature in compact form (RFC 7515) with EdDSA (RFC 8037) whose payload is an
 * intents file, version 1, in JSON. Who may sign is decided by the keys the caller trusts.
 */
import { Compile } from 'typebox/compile';
import { IntentsSchema, type Intent } from '../../contract/inventory.ts';
import { failed, succeeded, type Outcome } from '../../contract/outcome.ts';
import { memberOf, textOf, type ImportedIntents, type ImportFacts } from './import-facts.ts';
import { parsePlan } from './plan-text.ts';

/** Checks a signature over ASCII text. `keyId` is the `kid` of the header; undefined: the header names none. */
export type VerifySignature = (
  signed: string,
  signatureBase64url: string,
  keyId: string | undefined,
) => boolean;

const schema = Compile(IntentsSchema);

function decoded(part: string): Outcome<unknown> {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    return parsePlan(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return failed('not_utf8', 'a part of the signed file is not base64url of UTF-8 text');
  }
}

/** Reads a signed file. Nothing of it counts unless the signature holds and every intent is of this tenant. */
export function intentsFromSignedFile(
  text: string,
  facts: ImportFacts,
  verify: VerifySignature,
): Outcome<ImportedIntents> {
  const parts = text.trim().split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3)
    return failed('unsupported_format', 'a signed file is header.payload.signature (RFC 7515 compact form)');
  const head = decoded(header);
  if (!head.ok) return head;
  if (textOf(head.value, 'alg') !== 'EdDSA')
    return failed('bad_signature', 'the algorithm must be EdDSA', '/alg');
  if (memberOf(head.value, 'crit') !== undefined)
    return failed('bad_signature', 'critical header parameters are not understood', '/crit');
  if (!verify(`${header}.${payload}`, signature, textOf(head.value, 'kid')))
    return failed('bad_signature', 'the signature does not match any trusted key');
  const body = decoded(payload);
  if (!body.ok) return body;
  if (!schema.Check(body.value)) return failed('bad_field', 'the payload is not an intents file, version 1');
  const { intents } = body.value as { intents: Intent[] };
  const stranger = intents.findIndex(({ tenant }) => tenant !== facts.tenant);
  if (stranger >= 0)
    return failed('bad_field', `is for another tenant than ${facts.tenant}`, `/intents/${stranger}/tenant`);
  const known = intents.map((intent): Intent => ({ ...intent, source: 'manual', known_at: facts.knownAt }));
  return succeeded({ intents: known, refused: [] });
}
