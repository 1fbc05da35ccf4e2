/** Records of our own probes: delegation (NS, DS, glue, parent against child, lame servers) and answers. */
import type { EventDraft, Normaliser } from '../contract/normaliser.ts';
import { failed, succeeded, type Outcome } from '../contract/outcome.ts';
import type { RawRecord } from '../contract/raw-record.ts';
import { canonicalName } from '../leaf/domain-name.ts';
import { parseInstant } from '../leaf/time.ts';
import { dnsDraft, domainOf, nameOf, plainText, recordTypeField, type DnsWitness } from './dns-facts.ts';
import { parseJsonRecord, type JsonObject } from './json-record.ts';

interface Told {
  readonly zone: string;
  readonly what: string;
  /** Undefined: first reading. */
  readonly old: string[] | undefined;
  readonly value: string[];
  readonly document: JsonObject;
  readonly details: JsonObject;
  readonly witness: DnsWitness;
  readonly common: Partial<EventDraft> & Pick<EventDraft, 'key'>;
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? [...value].sort()
    : undefined;
}

function setFields(told: Told): Partial<EventDraft> {
  const { old, value } = told;
  if (old === undefined) return { old_value: null, old_known: false, new_value: value };
  return {
    old_value: old,
    old_known: true,
    new_value: value,
    added: value.filter((item) => !old.includes(item)),
    removed: old.filter((item) => !value.includes(item)),
  };
}

function dsType(told: Told): string {
  if (told.old === undefined) return 'registrar.domain.state_observed';
  if (told.old.length === 0) return 'registrar.domain.ds_added';
  return told.value.length === 0 ? 'registrar.domain.ds_removed' : 'registrar.domain.ds_changed';
}

function draft(told: Told, type: string, fields: Partial<EventDraft>): EventDraft {
  return dnsDraft(told.witness, {
    event_type: type,
    ...told.common,
    ...setFields(told),
    ...fields,
    atom: fields.atom ?? told.what,
  });
}

/** Servers of the delegation that answer without authority; fewer of them than before is no news. */
function lameServers(told: Told): EventDraft[] {
  const listed = texts(told.details['listed']) ?? [];
  if (told.value.every((name) => told.old?.includes(name) === true)) return [];
  const answering = listed.filter((name) => !told.value.includes(name));
  return [
    draft({ ...told, old: listed, value: answering }, 'dns.zone.lame_delegation_detected', {
      zone: told.zone,
      attribute: 'answering_servers',
    }),
  ];
}

function answer(told: Told): EventDraft[] {
  const name = nameOf(plainText(told.document['name']));
  const type = recordTypeField(plainText(told.document['type']));
  const { ttl, validated, view, alias } = told.details;
  const target = typeof alias === 'string' ? canonicalName(alias) : undefined;
  return [
    draft(told, told.old === undefined ? 'dnsquery.answer.observed' : 'dnsquery.answer.changed', {
      zone: told.zone,
      record_name: name,
      record_type: type,
      ...(typeof ttl === 'number' ? { ttl_new: ttl } : {}),
      query: {
        vantage: plainText(told.document['vantage']),
        question: `${name} ${type}`,
        answers: told.value,
        ...(typeof validated === 'boolean' ? { validated } : {}),
        ...(target === undefined || target === '.' ? {} : { alias: target }),
      },
      atom: `${name}/${type}/${plainText(view)}`,
    }),
  ];
}

function drafts(told: Told): Outcome<readonly EventDraft[]> {
  const observed = told.old === undefined ? 'registrar.domain.state_observed' : undefined;
  switch (told.what) {
    case 'nameservers':
      return succeeded([
        draft(told, observed ?? 'registrar.domain.nameservers_changed', { attribute: 'nameservers' }),
      ]);
    case 'ds':
      return succeeded([draft(told, dsType(told), { attribute: 'ds' })]);
    case 'glue':
      return succeeded([draft(told, observed ?? 'registrar.domain.glue_changed', { attribute: 'glue' })]);
    case 'parent_child':
      // Agreement is the normal state: only a difference is a fact.
      return succeeded(
        told.value.length === 0
          ? []
          : [draft(told, 'dns.zone.delegation_mismatch', { zone: told.zone, attribute: 'nameservers' })],
      );
    case 'lame_servers':
      return succeeded(lameServers(told));
    case 'answer':
      return succeeded(answer(told));
    case 'validation':
      return succeeded(
        told.value[0] === 'bogus'
          ? [
              draft(told, 'dnsquery.validation.failed', {
                zone: told.zone,
                query: {
                  vantage: plainText(told.document['vantage']),
                  question: told.zone,
                  validated: false,
                },
              }),
            ]
          : [],
      );
    default:
      return failed('bad_field', `unknown attribute ${told.what.slice(0, 40)}`, '/what');
  }
}

function normalise(record: RawRecord): Outcome<readonly EventDraft[]> {
  const parsed = parseJsonRecord(record.bytes);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  const at = parseInstant(plainText(document['at']));
  if (at === undefined) return failed('bad_timestamp', 'probe record has no time', '/at');
  const earliest = parseInstant(plainText(document['earliest']));
  const zone = nameOf(plainText(document['zone']));
  const value = texts(document['new']);
  const old = document['old'] === null ? undefined : texts(document['old']);
  if (zone === '' || value === undefined)
    return failed('missing_field', 'probe record needs zone and new', '/new');
  if (document['old'] !== null && old === undefined)
    return failed('bad_field', 'old must be a list or null', '/old');
  const what = plainText(document['what']);
  const basis = plainText(document['basis']);
  const system = record.source === 'answer-probe' ? 'answer_probe' : 'delegation_probe';
  const details = document['details'];
  const vantage = plainText(document['vantage']);
  const witness: DnsWitness = {
    system,
    kind: system,
    ...(record.instance !== undefined ? { instance: record.instance } : {}),
    acquisition: 'poll',
    confidence: basis === 'probe_2_vantages' ? 0.95 : 0.9,
    confidenceBasis: basis === '' ? 'probe' : basis,
    timeMs: at.ms,
    ...(earliest !== undefined ? { earliestMs: earliest.ms } : {}),
    precision: earliest === undefined ? 'ms' : 'interval',
  };
  const domain = domainOf(zone, zone);
  const epoch = plainText(document['epoch']);
  const common = {
    ...(domain !== undefined ? { domain } : {}),
    source: {
      vantage,
      ...(typeof details === 'object' && details !== null ? (details as Record<string, unknown>) : {}),
    },
    transaction_id: `${system}/${zone}/${plainText(document['at'])}`,
    // Vantage group, name, type, old and new value, epoch: the same change from the same snapshot has the same id.
    key: [
      zone,
      plainText(document['name']),
      plainText(document['type']),
      JSON.stringify([document['old'], document['new']]),
      epoch,
    ],
  };
  return drafts({
    zone,
    what,
    old,
    value,
    document,
    details: typeof details === 'object' && details !== null ? (details as JsonObject) : {},
    witness,
    common,
  });
}

/** Feed `delegation-probe`. */
export const delegationProbe: Normaliser = { source: 'delegation-probe', version: 1, normalise };

/** Feed `answer-probe`. */
export const answerProbe: Normaliser = { source: 'answer-probe', version: 1, normalise };
