/** EventBridge events of AWS Certificate Manager (docs.aws.amazon.com/acm/latest/userguide/supported-events.html), which are no API calls. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { formatInstant } from '../../leaf/time.ts';
import { instantOf } from '../audit-field.ts';
import { definedFields, numberField, textField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import type { MappedFields } from './mapped-fields.ts';

const typeByDetail: ReadonlyMap<string, readonly [type: string, outcome: EventDraft['outcome']]> = new Map([
  ['ACM Certificate Approaching Expiration', ['cert.expiring', 'success']],
  ['ACM Certificate Expired', ['cert.expiring', 'success']],
  ['ACM Certificate Renewal Action Required', ['cert.order_failed', 'failure']],
  ['ACM Certificate Revoked', ['cert.revoked', 'success']],
]);

/** What made a certificate available; one brought from elsewhere was issued by nobody here. */
const typeByAction: ReadonlyMap<string, string> = new Map([
  ['ISSUANCE', 'cert.issued'],
  ['RENEWAL', 'cert.renewed'],
]);

/** Fields of a certificate event; undefined for every other event and without a readable common name. */
export function certificateEvent(
  kind: string,
  detail: JsonObject,
  resources: unknown,
): MappedFields | undefined {
  if (!kind.startsWith('ACM Certificate ')) return undefined;
  const name = canonicalName(textField(detail, 'CommonName') ?? '');
  if (name === undefined || name === '.') return undefined;
  const [known, outcome = 'success'] = typeByDetail.get(kind) ?? [];
  const type =
    known ?? typeByAction.get(textField(detail, 'Action')?.toUpperCase() ?? '') ?? 'other.activity';
  const created = instantOf(detail['CertificateCreatedDate']);
  const expires = instantOf(detail['CertificateExpirationDate']);
  return {
    event_type: type,
    outcome,
    domain: registrableDomain(name) ?? name,
    cert: definedFields({
      names: [name],
      not_before: created === undefined ? undefined : formatInstant(created.ms),
      not_after: expires === undefined ? undefined : formatInstant(expires.ms),
    }),
    source: definedFields({
      certificate_arn:
        Array.isArray(resources) && typeof resources[0] === 'string' ? resources[0] : undefined,
      days_to_expiry: numberField(detail, 'DaysToExpiry'),
      certificate_type: textField(detail, 'CertificateType'),
      validation_method: textField(detail, 'DomainValidationMethod'),
      reason: textField(detail, 'RenewalStatusReason') ?? textField(detail, 'RevocationReason'),
      action: textField(detail, 'Action'),
    }),
  };
}
