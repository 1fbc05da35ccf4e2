/** What a canonical event says about which control of a domain: the bridge from the event vocabulary to the ledger. */
import type { CanonicalEvent, EventValue } from '../contract/event.ts';
import { recordControl } from '../leaf/control-value.ts';

/** One control named by an event. */
export interface ChangeDescription {
  readonly kind: 'change' | 'state';
  /** `nameservers`, `ds`, `lock`, `registrar`, `contact.admin`, `record:<name>/<type>` ... */
  readonly control: string;
  /** Undefined: the source does not tell the new value. */
  readonly value: EventValue | undefined;
  readonly name?: string;
  readonly type?: string;
  /** Other controls whose state the event also tells. */
  readonly also: readonly (readonly [control: string, value: EventValue])[];
}

type Row = readonly [control: string, fixedValue?: string];

const rows: Readonly<Record<string, Row>> = {
  'registrar.domain.lock_disabled': ['lock', 'disabled'],
  'registrar.domain.lock_enabled': ['lock', 'enabled'],
  'registrar.domain.registry_lock_disabled': ['registry_lock', 'disabled'],
  'registrar.domain.registry_lock_enabled': ['registry_lock', 'enabled'],
  'registrar.domain.status_changed': ['statuses'],
  'registrar.domain.hold_applied': ['hold', 'enabled'],
  'registrar.domain.hold_removed': ['hold', 'disabled'],
  'registrar.domain.nameservers_changed': ['nameservers'],
  'registrar.domain.glue_changed': ['glue'],
  'registrar.domain.ds_added': ['ds'],
  'registrar.domain.ds_removed': ['ds'],
  'registrar.domain.ds_changed': ['ds'],
  'registrar.domain.auth_code_requested': ['auth_code'],
  'registrar.domain.auth_code_changed': ['auth_code'],
  'registrar.domain.transfer_requested': ['transfer'],
  'registrar.domain.transfer_approved': ['transfer'],
  'registrar.domain.transfer_completed': ['registrar'],
  'registrar.domain.registrar_changed': ['registrar'],
  'registrar.domain.account_moved': ['account'],
  'registrar.domain.contact_changed': ['contact'],
  'registrar.domain.privacy_changed': ['privacy'],
  'registrar.domain.auto_renew_changed': ['auto_renew'],
  'registrar.domain.renewed': ['expiry'],
  'dns.zone.dnssec_enabled': ['dnssec', 'signed'],
  'dns.zone.dnssec_disabled': ['dnssec', 'unsigned'],
  'dns.zone.key_rolled': ['dnssec_key'],
  'dns.zone.created': ['zone', 'created'],
  'dns.zone.deleted': ['zone', 'deleted'],
  'dns.zone.imported': ['zone', 'imported'],
  'dns.record.created': ['record'],
  'dns.record.updated': ['record'],
  'dns.record.deleted': ['record', ''],
  'dns.record.ttl_changed': ['ttl'],
  'dnsquery.answer.changed': ['record'],
  'dns.provider.edge_config_changed': ['edge_config'],
};

const stateTypes = new Set(['registrar.domain.state_observed', 'dnsquery.answer.observed']);
const statusTypes = new Set(['registrar.domain.expired', 'registrar.domain.redemption_started']);

/** `enabled` when transfer is prohibited by registrar or registry (EPP statuses, RFC 5731 section 2.3). */
export function lockOf(statuses: readonly string[]): 'enabled' | 'disabled' {
  return statuses.includes('clientTransferProhibited') || statuses.includes('serverTransferProhibited')
    ? 'enabled'
    : 'disabled';
}

function statusControls(value: EventValue | undefined): [string, EventValue][] {
  if (!Array.isArray(value)) return [];
  const server = value.some((status) => status.startsWith('server') && status.endsWith('Prohibited'));
  const hold = value.includes('clientHold') || value.includes('serverHold');
  return [
    ['statuses', value],
    ['lock', lockOf(value)],
    ['registry_lock', server ? 'enabled' : 'disabled'],
    ['hold', hold ? 'enabled' : 'disabled'],
  ];
}

function describeState(event: CanonicalEvent): ChangeDescription | undefined {
  const { record_name: name, record_type: type, attribute, new_value: value } = event;
  if (value === undefined) return undefined;
  if (name !== undefined && type !== undefined)
    return { kind: 'state', control: recordControl(name, type), value, name, type, also: [] };
  if (attribute === undefined) return undefined;
  const also = attribute === 'statuses' ? statusControls(value).slice(1) : [];
  return { kind: 'state', control: attribute, value, also };
}

function describeRecord(event: CanonicalEvent, row: Row): ChangeDescription | undefined {
  const { record_name: name, record_type: type } = event;
  if (name === undefined || type === undefined) return undefined;
  const ttl = row[0] === 'ttl';
  const deleted = event.event_type === 'dns.record.deleted';
  return {
    kind: 'change',
    control: ttl ? `ttl:${name}/${type}` : recordControl(name, type),
    value: ttl ? (event.ttl_new ?? event.new_value) : deleted ? [] : event.new_value,
    name,
    type,
    also: [],
  };
}

/** What the event says about a control of its domain; undefined when it is not about one. Attempts and failures are never changes. */
export function describeChange(event: CanonicalEvent): ChangeDescription | undefined {
  if (event.outcome === 'attempt' || event.outcome === 'failure') return undefined;
  if (stateTypes.has(event.event_type)) return describeState(event);
  if (statusTypes.has(event.event_type)) {
    if (event.attribute !== 'statuses' || !Array.isArray(event.new_value)) return undefined;
    const also = statusControls(event.new_value).slice(1);
    return { kind: 'state', control: 'statuses', value: event.new_value, also };
  }
  const row = Object.hasOwn(rows, event.event_type) ? rows[event.event_type] : undefined;
  if (row === undefined) return undefined;
  const [control, fixed] = row;
  if (control === 'record' || control === 'ttl') return describeRecord(event, row);
  if (control === 'dnssec' && event.record_type === 'DNSKEY' && event.record_name !== undefined) {
    const described = describeRecord(event, ['record']);
    if (described !== undefined) return described;
  }
  const value = fixed ?? event.new_value;
  const also = event.attribute === 'statuses' ? statusControls(event.new_value) : [];
  return {
    kind: 'change',
    control: subControl(control, event),
    value,
    also: also.filter(([name]) => name !== control),
  };
}

function subControl(control: string, event: CanonicalEvent): string {
  if (control === 'contact') return event.attribute?.startsWith('contact') ? event.attribute : 'contact';
  if (control === 'glue') return `glue${event.record_name === undefined ? '' : `:${event.record_name}`}`;
  if (control === 'edge_config') return `edge_config:${event.attribute ?? ''}`;
  return control;
}
