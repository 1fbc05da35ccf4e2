/** AWS Certificate Manager: a certificate that somebody asked for is known before any log has it. */
import type { EventDraft } from '../../contract/normaliser.ts';
import { limits } from '../../contract/limits.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { definedFields, objectField, textField, textsField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';

/** A draft per registrable domain that the certificate is for; empty for every other call and without a readable name. */
export function certificateOrders(call: JsonObject, name: string, base: EventDraft): EventDraft[] {
  if (name !== 'RequestCertificate') return [];
  const parameters = objectField(call, 'requestParameters');
  const native = [
    textField(parameters, 'domainName') ?? '',
    ...textsField(parameters, 'subjectAlternativeNames'),
  ];
  const names = [...new Set(native.flatMap((each) => canonicalName(each) ?? []))]
    .filter((each) => each !== '.')
    .sort();
  const domains = [...new Set(names.map((each) => registrableDomain(each) ?? each))];
  const arn = textField(objectField(call, 'responseElements'), 'certificateArn');
  return domains.slice(0, limits.certificateNamesMax).map((domain) => ({
    ...base,
    event_type: 'cert.order_requested',
    atom: domain,
    domain,
    cert: definedFields({ names: names.slice(0, limits.certificateNamesMax) }),
    transaction_id: arn ?? base.source_event_id,
    transaction_size: domains.length,
    source: definedFields({
      ...base.source,
      certificate_arn: arn,
      validation_method: textField(parameters, 'validationMethod'),
    }),
  }));
}
