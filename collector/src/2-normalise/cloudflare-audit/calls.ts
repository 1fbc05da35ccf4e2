/** v2 items whose meaning stands in the API path: batches of records, imports, DNSSEC, and the registrar. */
import { otherActivity } from '../../contract/event-types.ts';
import type { EventDraft } from '../../contract/normaliser.ts';
import { canonicalName, registrableDomain } from '../../leaf/domain-name.ts';
import { canonicalRecordSet } from '../../leaf/record-data.ts';
import { definedFields, flagField, objectsField, textField, textsField } from '../json-field.ts';
import type { JsonObject } from '../json-record.ts';
import type { CloudflareRecord } from './shape.ts';

type MappedFields = Partial<EventDraft> & { event_type: string };
type RecordMapper = (
  verb: 'created' | 'updated' | 'deleted',
  item: CloudflareRecord,
) => MappedFields | undefined;

/** Facts of a call known by its path; undefined when the path says nothing of its own. A call that only looked has none. */
export function cloudflareCallFacts(
  item: CloudflareRecord,
  record: RecordMapper,
): readonly MappedFields[] | undefined {
  const path = item.uri?.split('?', 1)[0]?.replace(/\/$/, '') ?? '';
  if (path === '' || item.action === 'view') return undefined;
  if (path.endsWith('/dns_records/batch')) return batchFacts(item, record);
  if (path.endsWith('/dns_records/import')) return [{ event_type: 'dns.zone.imported' }];
  if (/\/zones\/[^/]+\/dnssec$/.test(path)) return dnssecFacts(item);
  if (/\/email\/routing\/rules(?:\/[^/]+)?$/.test(path)) return mailRuleFacts(item);
  const name = /\/registrar\/(?:domains|registrations)\/([^/]+)(?:\/[^/]+)?$/.exec(path)?.[1];
  const domain = name === undefined ? undefined : canonicalName(name);
  return domain === undefined ? undefined : registrarFacts(item, registrableDomain(domain) ?? domain);
}

/** A record of a batch that is named by its id alone: which set it belonged to cannot be told. */
const nameless = { event_type: 'other.activity', event_type_original: 'dns_records batch item' } as const;

/** `deletes`, `patches`, `puts` and `posts` of one batch. */
function batchFacts(item: CloudflareRecord, record: RecordMapper): readonly MappedFields[] | undefined {
  const facts: MappedFields[] = [];
  const add = (member: string, verb: 'created' | 'updated' | 'deleted'): void => {
    const answered = objectsField(item.answered ?? {}, member);
    for (const each of objectsField(item.after ?? {}, member)) {
      // The call names a record by its id and the parts it sets; the answer has the whole of it.
      const whole = answered.find((one) => one['id'] !== undefined && one['id'] === each['id']);
      const fact = record(verb, { ...item, after: { ...each, ...whole } });
      const atom = `${fact?.atom ?? member} ${idOf(each)}`.trimEnd();
      if (fact !== undefined) facts.push({ ...fact, atom });
      else facts.push({ ...nameless, atom, source: { [member]: each } });
    }
  };
  add('deletes', 'deleted');
  add('patches', 'updated');
  add('puts', 'updated');
  add('posts', 'created');
  return facts.length === 0 ? undefined : facts;
}

function idOf(each: JsonObject): string {
  return textField(each, 'id') ?? textField(each, 'content') ?? '';
}

function dnssecFacts(item: CloudflareRecord): readonly MappedFields[] | undefined {
  const status = textField(item.after ?? {}, 'status');
  const isOff = item.action === 'delete' || status?.startsWith('disabled') === true;
  const isOn = item.action !== 'delete' && (status === 'active' || status === 'pending');
  if (!isOff && !isOn) return undefined;
  return [{ event_type: isOff ? 'dns.zone.dnssec_disabled' : 'dns.zone.dnssec_enabled' }];
}

/** Email Routing: where a rule sends mail on to. */
function mailRuleFacts(item: CloudflareRecord): readonly MappedFields[] {
  const rule = item.after ?? {};
  const to = objectsField(rule, 'actions').flatMap((each) =>
    textField(each, 'type') === 'forward' ? textsField(each, 'value') : [],
  );
  const zone = canonicalName(item.zone ?? '');
  const about = {
    domain: zone === undefined ? undefined : (registrableDomain(zone) ?? zone),
    source_kind: 'mail_log' as const,
  };
  if (item.action === 'delete' || to.length === 0) return [{ ...about, event_type: 'mail.rule.changed' }];
  const host = canonicalName(to[0]?.slice(to[0].lastIndexOf('@') + 1) ?? '');
  return [
    {
      ...about,
      event_type: 'mail.rule.forwarding_created',
      attribute: 'forwarding',
      new_value: to.toSorted(),
      old_known: false,
      mail: definedFields({
        rule_name: textField(rule, 'name'),
        forward_to: to.toSorted(),
        forward_to_domain: host === undefined ? undefined : (registrableDomain(host) ?? host),
      }),
    },
  ];
}

/** Members of a registrar update: transfer lock, automatic renewal, privacy. Each one given is a change of its own. */
function registrarFacts(item: CloudflareRecord, domain: string): readonly MappedFields[] | undefined {
  const facts: MappedFields[] = [];
  const add = (member: string, attribute: string, type: (isOn: boolean) => string): void => {
    const value = flagField(item.after ?? {}, member);
    if (value === undefined) return;
    facts.push({
      event_type: `registrar.domain.${type(value)}`,
      atom: `${domain} ${attribute}`,
      domain,
      registrar: 'cloudflare',
      source_kind: 'registrar_audit',
      attribute,
      new_value: value ? 'enabled' : 'disabled',
      old_known: false,
      source: definedFields({ uri: item.uri }),
    });
  };
  add('locked', 'transfer_lock', (isOn) => (isOn ? 'lock_enabled' : 'lock_disabled'));
  add('auto_renew', 'auto_renew', () => 'auto_renew_changed');
  add('privacy', 'privacy', () => 'privacy_changed');
  const servers = textsField(item.after ?? {}, 'name_servers');
  const registrar = { domain, registrar: 'cloudflare', source_kind: 'registrar_audit' } as const;
  if (servers.length > 0)
    facts.push({
      ...registrar,
      event_type: 'registrar.domain.nameservers_changed',
      atom: `${domain} nameservers`,
      attribute: 'nameservers',
      new_value: canonicalRecordSet('NS', servers),
      old_known: false,
      source: definedFields({ uri: item.uri }),
    });
  return facts.length === 0 ? [{ ...registrar, event_type: otherActivity }] : facts;
}

/** Products by the collection at the end of an API path; what stands behind it is the id of one member. */
const productByCollection: ReadonlyMap<string, string> = new Map([
  ['dns_records', 'dns_records'],
  ['zones', 'zones'],
  ['members', 'members'],
  ['tokens', 'tokens'],
  ['jobs', 'logpush'],
  ['settings', 'zone_settings'],
  ['pagerules', 'page_rules'],
  ['rulesets', 'rulesets'],
]);

/** The product a call is about, where the item names it in words this table does not know. */
export function productOfPath(uri: string | undefined): string | undefined {
  const steps = (uri?.split('?', 1)[0] ?? '').split('/').filter((step) => step !== '');
  const product = productByCollection.get(steps.at(-1) ?? '') ?? productByCollection.get(steps.at(-2) ?? '');
  // Many products have jobs and settings; these two are told by what stands before them.
  if (product === 'logpush' && !steps.includes('logpush')) return undefined;
  return product === 'zone_settings' && !steps.includes('zones') ? undefined : product;
}
