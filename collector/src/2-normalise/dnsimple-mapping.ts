/** DNSimple event names to canonical types, a line each; a name that is not here becomes `other.activity`. */
import { loginOf } from './audit-field.ts';
import type { EventValue } from '../contract/event.ts';
import type { EventDraft } from '../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../leaf/domain-name.ts';
import { canonicalRecordData, canonicalRecordSet } from '../leaf/record-data.ts';
import { formatInstant, parseInstant } from '../leaf/time.ts';
import {
  definedFields,
  flagField,
  idField,
  integerField,
  numberField,
  objectField,
  objectsField,
  recordTypeField,
  textField,
  textsField,
} from './json-field.ts';
import { glue, privacy, push } from './dnsimple-registrar.ts';
import type { JsonObject } from './json-record.ts';

/** What an event name means. `timedBy`: the object whose `updated_at` is the time of the event. `map` undefined: not about us. */
export interface DnsimpleMapping {
  readonly plane: 'registrar' | 'dns';
  readonly timedBy?: string;
  readonly map: (
    data: JsonObject,
    state: string,
  ) => (Partial<EventDraft> & { event_type: string }) | undefined;
}

type Mapped = Partial<EventDraft> & { event_type: string };

function toggle(type: string, attribute: string, value: 'enabled' | 'disabled'): DnsimpleMapping {
  const mapped: Mapped = {
    event_type: `registrar.domain.${type}`,
    attribute,
    new_value: value,
    old_known: false,
  };
  return { plane: 'registrar', map: () => mapped };
}

function plain(type: string): DnsimpleMapping {
  const mapped: Mapped = { event_type: type };
  return { plane: 'registrar', map: () => mapped };
}

function delegate(type: string, outcome: 'success' | 'attempt', from: string): DnsimpleMapping {
  return {
    plane: 'registrar',
    ...(from === 'account_invitation' ? { timedBy: from } : {}),
    map: (data) => ({
      event_type: `registrar.account.${type}`,
      outcome,
      attribute: 'delegates',
      identity: definedFields({ target_user: loginOf(textField(objectField(data, from), 'email')) }),
      source: { invitation_id: objectField(data, from)['id'] },
    }),
  };
}

function renewed(type: string): DnsimpleMapping {
  return {
    plane: 'registrar',
    map: (data) => ({
      event_type: `registrar.domain.${type}`,
      attribute: 'expiry',
      new_value: instantField(objectField(data, 'domain'), 'expires_at'),
      old_known: false,
      source: definedFields({ auto: flagField(data, 'auto') }),
    }),
  };
}

function instantField(object: JsonObject, key: string): string | undefined {
  const text = textField(object, key);
  const instant = text === undefined ? undefined : parseInstant(text);
  return instant === undefined ? undefined : formatInstant(instant.ms);
}

function transfer(data: JsonObject, state: string): Mapped {
  const types: Readonly<Record<string, string>> = {
    started: 'requested',
    cancelled: 'cancelled',
    failed: 'rejected',
  };
  const step = Object.hasOwn(types, state) ? types[state] : undefined;
  if (step !== undefined) return { event_type: `registrar.domain.transfer_${step}`, outcome: 'success' };
  return {
    event_type: 'registrar.domain.transfer_completed',
    attribute: 'registrar',
    new_value: 'dnsimple',
    old_known: false,
    source: definedFields({ state: textField(objectField(data, 'domain'), 'state') }),
  };
}

function registrantChange(data: JsonObject, outcome?: 'attempt'): Mapped {
  const contact = objectField(data, 'registrant');
  return {
    event_type: 'registrar.domain.contact_changed',
    ...(outcome === undefined ? {} : { outcome }),
    attribute: 'contact.registrant',
    new_value: contactValues(contact),
    old_known: false,
    source: { contact_id: contact['id'] },
  };
}

/** Contact as a sorted set of `field=value`, the form every feed uses, so that redacted fields can be compared apart. */
function contactValues(contact: JsonObject): string[] {
  const name = [textField(contact, 'first_name'), textField(contact, 'last_name')].filter(Boolean).join(' ');
  const values: string[] = [];
  const add = (field: string, value: string | undefined): void => {
    if (value !== undefined) values.push(`${field}=${value}`);
  };
  add('address', textField(contact, 'address1'));
  add('city', textField(contact, 'city'));
  add('country', textField(contact, 'country'));
  add('email', textField(contact, 'email_address') ?? textField(contact, 'email'));
  add('name', name === '' ? undefined : name);
  add('organisation', textField(contact, 'organization_name'));
  add('phone', textField(contact, 'phone'));
  return values.sort();
}

/** Names as texts, or as objects with addresses for name servers of one's own. Without any the change alone is known. */
function delegation(data: JsonObject): Mapped {
  const servers = [
    ...textsField(data, 'name_servers'),
    ...objectsField(data, 'name_servers').flatMap((each) => textField(each, 'name') ?? []),
  ];
  return {
    event_type: 'registrar.domain.nameservers_changed',
    attribute: 'nameservers',
    new_value: servers.length === 0 ? undefined : canonicalRecordSet('NS', servers),
    old_known: false,
  };
}

function stateChange(data: JsonObject): Mapped {
  const change = objectField(data, 'state_change');
  const from = textField(change, 'from');
  return {
    event_type: 'registrar.domain.status_changed',
    attribute: 'state',
    old_value: from,
    new_value: textField(change, 'to'),
    old_known: from !== undefined,
  };
}

function dnssec(type: string, outcome?: 'attempt'): DnsimpleMapping {
  return {
    plane: 'dns',
    map: (data) => {
      const signer = objectField(data, 'delegation_signer_record');
      const digest = textField(signer, 'digest');
      const ds = ['keytag', 'algorithm', 'digest_type'].map((key) => idField(signer, key) ?? '');
      return {
        event_type: `dns.zone.${type}`,
        ...(outcome === undefined ? {} : { outcome }),
        zone: canonicalName(textField(objectField(data, 'zone'), 'name') ?? ''),
        ...(digest === undefined
          ? {}
          : {
              attribute: 'ds',
              new_value: [canonicalRecordData('DS', [...ds, digest].join(' '))],
              old_known: false,
            }),
      };
    },
  };
}

/** A record event speaks of one record, not of the whole set: `source.scope` says so. */
function record(type: 'created' | 'updated' | 'deleted'): DnsimpleMapping {
  return {
    plane: 'dns',
    ...(type === 'deleted' ? {} : { timedBy: 'zone_record' }),
    map: (data) => {
      const object = objectField(data, 'zone_record');
      const zone = canonicalName(textField(object, 'zone_id') ?? '');
      const recordType = recordTypeField(object, 'type');
      const content = object['content'];
      if (zone === undefined || recordType === undefined || typeof content !== 'string') return undefined;
      const relative = textField(object, 'name');
      const name = relative === undefined || relative === '@' ? zone : canonicalName(`${relative}.${zone}`);
      if (name === undefined) return undefined;
      const priority = numberField(object, 'priority');
      const hasPriority = priority !== undefined && (recordType === 'MX' || recordType === 'SRV');
      const values: EventValue = [
        canonicalRecordData(recordType, hasPriority ? `${priority} ${content}` : content),
      ];
      const isDeleted = type === 'deleted';
      return {
        event_type: `dns.record.${type}`,
        domain: registrableDomain(zone) ?? zone,
        zone,
        record_name: name,
        record_type: recordType,
        ...(isDeleted
          ? { old_value: values, new_value: null, ttl_old: integerField(object, 'ttl') }
          : { new_value: values, ttl_new: integerField(object, 'ttl') }),
        old_known: isDeleted,
        source: { scope: 'record', record_id: object['id'], system_record: object['system_record'] },
      };
    },
  };
}

function zone(type: 'created' | 'deleted'): DnsimpleMapping {
  return {
    plane: 'dns',
    map: (data) => ({
      event_type: `dns.zone.${type}`,
      zone: canonicalName(textField(objectField(data, 'zone'), 'name') ?? ''),
    }),
  };
}

function resolution(value: 'enabled' | 'disabled'): DnsimpleMapping {
  return {
    plane: 'dns',
    map: (data) => ({
      event_type: 'dns.zone.resolution_changed',
      zone: canonicalName(textField(objectField(data, 'domain'), 'name') ?? ''),
      attribute: 'resolution',
      new_value: value,
      old_known: false,
    }),
  };
}

/** Forwarding addresses: older bodies have `from`/`to`, newer ones `alias_email`/`destination_email`. */
function forward(type: string): DnsimpleMapping {
  return {
    plane: 'registrar',
    ...(type.endsWith('removed') ? {} : { timedBy: 'email_forward' }),
    map: (data) => {
      const object = objectField(data, 'email_forward');
      const alias = loginOf(textField(object, 'alias_email') ?? textField(object, 'from'));
      const target = loginOf(textField(object, 'destination_email') ?? textField(object, 'to'));
      const at = alias?.lastIndexOf('@') ?? -1;
      const name = alias === undefined || at < 0 ? undefined : canonicalName(alias.slice(at + 1));
      const host = target?.includes('@')
        ? canonicalName(target.slice(target.lastIndexOf('@') + 1))
        : undefined;
      return {
        event_type: `mail.${type}`,
        domain: name === undefined ? undefined : (registrableDomain(name) ?? name),
        attribute: 'forwarding',
        mail: definedFields({
          mailbox: alias,
          forward_to: target === undefined ? undefined : [target],
          forward_to_domain: host === undefined ? undefined : (registrableDomain(host) ?? host),
        }),
        source: definedFields({ forward_id: object['id'], active: flagField(object, 'active') }),
      };
    },
  };
}

function certificate(type: string): DnsimpleMapping {
  return {
    plane: 'dns',
    ...(type === 'cert.issued' ? { timedBy: 'certificate' } : {}),
    map: (data) => {
      const object = objectField(data, 'certificate');
      const common = textField(object, 'common_name');
      const names = [
        ...new Set([...(common === undefined ? [] : [common]), ...textsField(object, 'alternate_names')]),
      ];
      const name = canonicalName(common ?? '');
      return {
        event_type: type,
        domain: name === undefined ? undefined : registrableDomain(name),
        cert: definedFields({
          subject_cn: common,
          names: names.flatMap((each) => canonicalName(each) ?? []).sort(),
          not_after: instantField(object, 'expires_at'),
        }),
        source: {
          certificate_id: object['id'],
          authority: object['authority_identifier'],
          state: object['state'],
        },
      };
    },
  };
}

/** Every DNSimple event name with a meaning in the canonical vocabulary. */
export const dnsimpleMappings: ReadonlyMap<string, DnsimpleMapping> = new Map([
  ['account.billing_settings_update', { ...plain('registrar.account.billing_changed'), timedBy: 'account' }],
  ['account.user_invite', delegate('delegate_added', 'attempt', 'account_invitation')],
  ['account.user_invitation_accept', delegate('delegate_added', 'success', 'account_invitation')],
  ['account.user_invitation_revoke', delegate('delegate_removed', 'success', 'account_invitation')],
  ['account.user_remove', delegate('delegate_removed', 'success', 'user')],
  ['account.remove_user', delegate('delegate_removed', 'success', 'user')],
  ['account.payment_details_update', plain('registrar.account.billing_changed')],
  ['account_invitation.create', delegate('delegate_added', 'attempt', 'account_invitation')],
  ['account_invitation.accept', delegate('delegate_added', 'success', 'account_invitation')],
  ['account_invitation.remove', delegate('delegate_removed', 'success', 'account_invitation')],
  ['account.sso_user_add', delegate('delegate_added', 'success', 'user')],
  ['certificate.issue', certificate('cert.issued')],
  ['certificate.reissue', certificate('cert.issued')],
  ['certificate.auto_renewal_failed', certificate('cert.order_failed')],
  ['certificate.remove_private_key', certificate('cert.private_key_changed')],
  ['contact.update', { ...contact(), timedBy: 'contact' }],
  ['dnssec.create', dnssec('dnssec_enabled')],
  ['dnssec.delete', dnssec('dnssec_disabled')],
  ['dnssec.rotation_start', dnssec('key_rolled', 'attempt')],
  ['dnssec.rotation_complete', dnssec('key_rolled')],
  ['domain.auto_renewal_disable', toggle('auto_renew_changed', 'auto_renew', 'disabled')],
  ['domain.auto_renewal_enable', toggle('auto_renew_changed', 'auto_renew', 'enabled')],
  ['domain.delegation_change', { plane: 'registrar', map: delegation }],
  ['domain.delete', plain('registrar.domain.deleted')],
  ['domain.register', renewed('registered')],
  ['domain.registrant_change', { plane: 'registrar', map: (data) => registrantChange(data) }],
  [
    'domain.registrant_change_started',
    { plane: 'registrar', map: (data) => registrantChange(data, 'attempt') },
  ],
  ['domain.registration', renewed('registered')],
  ['domain.renew', renewed('renewed')],
  ['domain.resolution_disable', resolution('disabled')],
  ['domain.resolution_enable', resolution('enabled')],
  ['domain.restore', renewed('restored')],
  ['domain.state_change', { plane: 'registrar', map: stateChange }],
  ['domain.transfer', { plane: 'registrar', map: transfer }],
  ['domain.transfer_lock_disable', toggle('lock_disabled', 'transfer_lock', 'disabled')],
  ['domain.transfer_lock_enable', toggle('lock_enabled', 'transfer_lock', 'enabled')],
  ['email_forward.activate', forward('rule.forwarding_created')],
  ['email_forward.create', forward('rule.forwarding_created')],
  ['email_forward.deactivate', forward('rule.forwarding_removed')],
  ['email_forward.delete', forward('rule.forwarding_removed')],
  ['email_forward.update', forward('rule.changed')],
  ['subscription.renew', { ...plain('registrar.account.billing_changed'), timedBy: 'subscription' }],
  ['subscription.migrate', plain('registrar.account.billing_changed')],
  ['subscription.subscribe', plain('registrar.account.billing_changed')],
  ['subscription.unsubscribe', plain('registrar.account.billing_changed')],
  ['name_server.register', { plane: 'registrar', map: glue }],
  ['name_server.deregister', { plane: 'registrar', map: glue }],
  ['push.initiate', push('account_moved', 'attempt')],
  ['push.accept', push('account_moved', 'success')],
  ['push.reject', push('transfer_rejected', 'success')],
  ['whois_privacy.purchase', privacy],
  ['whois_privacy.renew', privacy],
  ['whois_privacy.disable', toggle('privacy_changed', 'privacy', 'disabled')],
  ['whois_privacy.enable', toggle('privacy_changed', 'privacy', 'enabled')],
  ['zone.create', zone('created')],
  ['zone.delete', zone('deleted')],
  ['zone_record.create', record('created')],
  ['zone_record.delete', record('deleted')],
  ['zone_record.update', record('updated')],
]);

/** A contact object of the account was edited; which domains use it is not said, so the event names no domain. */
function contact(): DnsimpleMapping {
  return {
    plane: 'registrar',
    map: (data) => {
      const object = objectField(data, 'contact');
      return {
        event_type: 'registrar.domain.contact_changed',
        attribute: `contact.${idField(object, 'id') ?? 'unknown'}`,
        new_value: contactValues(object),
        old_known: false,
        source: { contact_id: object['id'], label: object['label'] },
      };
    },
  };
}
