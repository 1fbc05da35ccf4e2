/** What happens to single domains, their registrations and certificates, in a year in which nobody attacks. */
import { formatInstant } from '../../collector/src/leaf/time.ts';
import { setChange, type BenignStage } from './benign-stage.ts';
import { nameserversOf, type WorldDomain } from './benign-world.ts';
import { arrivalsOf } from './seeded-random.ts';
import { adminOf, moveDelegation, changeDs } from './domain-changes.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** First look of every watcher: what the warm-up of a new installation sees. */
export function firstLook(stage: BenignStage, domain: WorldDomain): void {
  const seen = (kind: 'delegation_probe' | 'rdap_poll', attribute: string, value: string[] | string): void =>
    stage.say(kind, 'registrar.domain.state_observed', {
      domain: domain.name,
      attribute,
      old_value: null,
      old_known: false,
      new_value: value,
    });
  seen('delegation_probe', 'nameservers', [...domain.nameservers]);
  seen('delegation_probe', 'ds', [...domain.ds]);
  seen('rdap_poll', 'nameservers', [...domain.nameservers]);
  seen('rdap_poll', 'statuses', ['clientTransferProhibited']);
  seen('rdap_poll', 'registrar', domain.account.registrar);
  seen('rdap_poll', 'expiry', formatInstant(domain.expiresMs));
  const { feed } = domain.account;
  if (feed === 'webhook' || feed === 'poll')
    stage.say('registrar_api_state', 'registrar.domain.state_observed', {
      domain: domain.name,
      registrar: domain.account.registrar,
      registrar_account: domain.account.id,
      attribute: 'auto_renew',
      old_value: null,
      old_known: false,
      new_value: 'enabled',
    });
  for (const [key, values] of domain.records) {
    const slash = key.lastIndexOf('/');
    const [name, type] = [key.slice(0, slash), key.slice(slash + 1)];
    stage.say('answer_probe', 'dnsquery.answer.observed', {
      domain: domain.name,
      zone: domain.name,
      record_name: name,
      record_type: type,
      query: { vantage: '3 of 3', question: `${name} ${type}`, answers: [...values] },
      old_value: null,
      old_known: false,
      new_value: [...values].sort(),
    });
  }
}

/** Renewal: notices, payment, the new date in RDAP, and at some registries the 45 days of autoRenewPeriod. */
export function renew(stage: BenignStage, domain: WorldDomain): void {
  const { expiresMs, account } = domain;
  const notice = (days: number): void =>
    stage.at(expiresMs - days * day, () => {
      if (domain.expiresMs !== expiresMs) return;
      stage.say('registrar_notice_mail', 'registrar.domain.expiry_approaching', {
        domain: domain.name,
        registrar: account.registrar,
        registrar_account: account.id,
        attribute: 'expiry',
        old_value: null,
        old_known: false,
        new_value: formatInstant(expiresMs),
        source: { days_left: days },
        mail: { mailbox: 'domains@calm-corp.example' },
      });
    });
  notice(60);
  notice(30);
  if (domain.retire) {
    stage.at(expiresMs + hour, () =>
      stage.say('rdap_poll', 'registrar.domain.expired', {
        domain: domain.name,
        attribute: 'statuses',
        ...setChange(['clientTransferProhibited'], ['autoRenewPeriod', 'clientTransferProhibited']),
      }),
    );
    return;
  }
  const next = expiresMs + 365 * day;
  // Most registrars charge weeks ahead; the registry's date moves when they renew.
  const random = stage.random.fork(`renew/${domain.name}`);
  stage.at(Math.max(stage.startMs + 2 * hour, expiresMs - random.between(1, 40) * day), () => {
    const dates = {
      attribute: 'expiry',
      old_value: formatInstant(expiresMs),
      new_value: formatInstant(next),
      old_known: true,
    };
    stage.claim(domain, 'registrar.domain.renewed', dates, {
      actor_id: 'system',
      actor_type: 'system',
      actor_origin: 'registry',
    });
    stage.say('rdap_poll', 'registrar.domain.renewed', { domain: domain.name, ...dates });
    domain.expiresMs = next;
    renew(stage, domain);
  });
}

/** Certificates every 60 days: ordered by our client, some by a service that runs a subdomain for us. */
export function certificates(stage: BenignStage, domain: WorldDomain): void {
  if (domain.parked) return;
  const random = stage.random.fork(`cert/${domain.name}`);
  domain.keys.push(`key-${domain.name}-0`);
  const sameKey = random.chance(0.5);
  const service = random.chance(0.15);
  let count = 0;
  for (
    let at = stage.startMs + random.between(0, 60 * 24) * hour;
    at < stage.endMs;
    at += 60 * day - random.between(0, 48) * hour
  )
    stage.at(at, () => {
      if (!sameKey) domain.keys[0] = `key-${domain.name}-${++count}`;
      issue(stage, domain, [domain.name, `www.${domain.name}`], domain.keys[0] as string, true);
    });
  if (!service) return;
  for (let at = stage.startMs + random.between(1, 80) * day; at < stage.endMs; at += 85 * day)
    stage.at(at, () =>
      issue(stage, domain, [`status.${domain.name}`], `service-${domain.name}-${++count}`, false),
    );
}

function issue(
  stage: BenignStage,
  domain: WorldDomain,
  names: readonly string[],
  key: string,
  ours: boolean,
): void {
  if (ours)
    stage.say('acme_log', 'cert.order_requested', {
      domain: domain.name,
      record_name: domain.name,
      cert: { names: [...names] },
      actor_id: 'acme:client',
      actor_type: 'service',
    });
  const serial = `${stage.nowMs.toString(16)}${domain.name.length}`;
  const cert = {
    serial,
    issuer_cn: 'Example CA R7',
    issuer_org: 'Example CA',
    names: [...names],
    spki_sha256: key,
    not_before: formatInstant(stage.nowMs),
    not_after: formatInstant(stage.nowMs + 90 * day),
    ...(ours ? { acme_account_uri: 'https://example-ca.example/acct/7' } : {}),
  };
  stage.say(
    'ct_log',
    'cert.precert_logged',
    { domain: domain.name, record_name: names[0] as string, cert: { ...cert, is_precert: true } },
    stage.nowMs + 5000,
  );
  stage.say(
    'ct_log',
    'cert.issued',
    { domain: domain.name, record_name: names[0] as string, cert: { ...cert, is_precert: false } },
    stage.nowMs + 60_000,
  );
  if (ours)
    stage.say(
      'answer_probe',
      'cert.served_changed',
      { domain: domain.name, record_name: domain.name, cert },
      stage.nowMs + 20 * minute,
    );
}

/** A key rollover a year: new DS beside the old one, a week later the old one goes; by ticket or by the registrar through CDS. */
export function rollover(stage: BenignStage, domain: WorldDomain): void {
  if (domain.ds.length === 0) return;
  const random = stage.random.fork(`rollover/${domain.name}`);
  for (const at of arrivalsOf(random, 1, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const [old] = domain.ds;
      if (old === undefined || domain.ds.length > 1) return;
      const fresh = `${random.between(2000, 60000)} 13 2 ${'0F1E2D3C'.repeat(8)}`;
      // Without an audit feed nothing inside can explain it, so those domains are rolled by ticket.
      const planned = random.chance(0.6) || domain.account.feed === 'none' || domain.account.feed === 'mail';
      const who = planned
        ? stage.by(adminOf(stage, domain), domain.account.registrar)
        : ({ actor_id: 'registrar:cds-scanner', actor_type: 'system', actor_origin: 'registry' } as const);
      const both = [old, fresh].sort();
      if (planned)
        stage.ticket(
          [
            { domain: domain.name, action: 'ds', new: both },
            { domain: domain.name, action: 'ds', new: [fresh] },
          ],
          stage.nowMs + 12 * day,
        );
      changeDs(stage, domain, both, who);
      stage.at(stage.nowMs + 7 * day, () => changeDs(stage, domain, [fresh], who));
    });
}

/** Small teams move parked and normal names without a ticket, through the audited registrar account. */
export function casualMove(stage: BenignStage, domain: WorldDomain): void {
  if (domain.tier < 2 || domain.account.feed !== 'webhook') return;
  const random = stage.random.fork(`casual/${domain.name}`);
  for (const at of arrivalsOf(random, 0.03, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const who = stage.by(adminOf(stage, domain), domain.account.registrar);
      moveDelegation(stage, domain, nameserversOf('dns-x'), who);
      domain.provider = 'dns-x';
    });
}

/** A code shown on the settings page, once in a while, without any plan to move. */
export function codeViewed(stage: BenignStage, domain: WorldDomain): void {
  if (domain.account.feed !== 'webhook') return;
  const random = stage.random.fork(`code/${domain.name}`);
  for (const at of arrivalsOf(random, 0.02, stage.startMs, stage.endMs))
    stage.at(at, () =>
      stage.claim(
        domain,
        'registrar.domain.auth_code_requested',
        { attribute: 'auth_code' },
        stage.by(adminOf(stage, domain), domain.account.registrar),
      ),
    );
}
