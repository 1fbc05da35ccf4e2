/** Transfers of a domain between registrars (RFC 5731 section 3.1.3), by the status the registry gives. */
import { definedFields } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import { elementText } from './frame.ts';
import type { MessageFact } from './message-fact.ts';

const transferTypes: ReadonlyMap<string, string> = new Map([
  ['pending', 'transfer_requested'],
  ['clientApproved', 'transfer_completed'],
  ['serverApproved', 'transfer_completed'],
  ['clientRejected', 'transfer_rejected'],
  ['clientCancelled', 'transfer_cancelled'],
  ['serverCancelled', 'transfer_cancelled'],
]);

/** RFC 5731 section 3.1.3: reID asks for the domain, acID has to act; approval is what moves the domain. */
export function transferFacts(transfer: JsonObject): MessageFact[] {
  const status = elementText(transfer, 'trStatus') ?? '';
  const type = transferTypes.get(status);
  if (type === undefined) return [];
  const gaining = elementText(transfer, 'reID');
  const acting = elementText(transfer, 'acID');
  const losing = acting === 'NULL' ? undefined : acting;
  const isRequest = type === 'transfer_requested';
  // A refused or withdrawn request leaves the registrar as it was: it has no value to tell, only who asked.
  const isChange = isRequest || type === 'transfer_completed';
  return [
    {
      event_type: `registrar.domain.${type}`,
      name: elementText(transfer, 'name'),
      at: elementText(transfer, isRequest ? 'reDate' : 'acDate'),
      ...(isChange
        ? {
            attribute: 'registrar',
            old_value: losing,
            old_known: losing !== undefined,
            new_value: gaining,
          }
        : {}),
      registrar: type === 'transfer_completed' ? gaining : losing,
      ...(isRequest && gaining !== undefined
        ? { actor_id: `epp:${gaining}`, actor_type: 'service' as const, actor_origin: 'third_party' as const }
        : {}),
      source: definedFields({ transfer_status: status, gaining_registrar: isChange ? undefined : gaining }),
    },
  ];
}
