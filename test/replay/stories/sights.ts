/** What witnesses tell in more than one story, and where people and answers are. */
import { sha256Hex } from '../../../collector/src/leaf/sha256.ts';
import type { Fields, Sight } from './story.ts';

const place = { country: 'NL', asn: 64_496, as_org: 'Access Provider A' };

/** Where our people work, and where nobody of ours ever was. */
export const networks = {
  ours: {
    source_ip: '192.0.2.11',
    enrich: { source: { ...place, as_of: '2026-01-01', source: 'geo-table@1' } },
  },
  foreign: {
    source_ip: '203.0.113.112',
    enrich: {
      source: {
        country: 'MD',
        asn: 65_547,
        as_org: 'Network 65547',
        as_of: '2026-01-01',
        source: 'geo-table@1',
      },
    },
  },
} as const;

/** Network of an answer nobody approved. */
export const strangeTarget = {
  enrich: { target: { asn: 64_511, country: 'SC', as_of: '2026-01-01', source: 'geo-table@1' } },
} as const;

/** Change of a served answer, as the answer probes tell it. */
export function answerChanged(
  domain: string,
  name: string,
  type: string,
  old: readonly string[],
  now: readonly string[],
  more: Fields = {},
): Sight {
  return {
    kind: 'answer_probe',
    type: 'dnsquery.answer.changed',
    domain,
    zone: domain,
    record_name: name,
    record_type: type,
    old_value: old,
    new_value: now,
    query: { vantage: '3 of 3', question: `${name} ${type}`, answers: now, validated: false },
    ...strangeTarget,
    ...more,
  };
}

/** Change of the delegation, as a kind of source tells it. */
export function delegationChanged(
  kind: string,
  domain: string,
  old: readonly string[],
  now: readonly string[],
  more: Fields = {},
): Sight {
  return {
    kind,
    type: 'registrar.domain.nameservers_changed',
    domain,
    attribute: 'nameservers',
    old_value: old,
    new_value: now,
    ...more,
  };
}

/** A certificate seen in a log. */
export function certificateLogged(
  domain: string,
  names: readonly string[],
  issuer: string,
  more: Fields = {},
): Sight {
  const id = sha256Hex(`${names.join()}${issuer}`);
  return {
    kind: 'ct_log',
    type: 'cert.precert_logged',
    domain,
    cert: {
      tbs_sha256: id,
      fingerprint_sha256: id,
      spki_sha256: sha256Hex(`key${id}`),
      serial: id.slice(0, 20),
      issuer_cn: issuer,
      issuer_org: issuer,
      names,
      validation: 'dv',
      is_precert: true,
    },
    ...more,
  };
}
