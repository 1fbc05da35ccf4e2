/** What happens to single domains in a year in which nobody attacks. */
import type { IntentChange } from '../../collector/src/contract/inventory.ts';
import { formatInstant } from '../../collector/src/leaf/time.ts';
import { setChange, type BenignStage, type EventFields } from './benign-stage.ts';
import { nameserversOf, type WorldAdmin, type WorldDomain } from './benign-world.ts';
import { arrivalsOf } from './seeded-random.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Some administrator of the account of a domain. */
export function adminOf(stage: BenignStage, domain: WorldDomain): WorldAdmin {
  return stage.random.pick(domain.account.admins);
}

/** Changes a record set: claim in the provider's audit, then answers; `watched`: our probe asks for this name. */
export function changeRecord(
  stage: BenignStage,
  domain: WorldDomain,
  name: string,
  type: string,
  values: readonly string[],
  who: EventFields,
  watched: boolean,
): void {
  const key = `${name}/${type}`;
  const old = domain.records.get(key) ?? null;
  const kind =
    old === null ? 'dns.record.created' : values.length === 0 ? 'dns.record.deleted' : 'dns.record.updated';
  const common = { domain: domain.name, zone: domain.name, record_name: name, record_type: type };
  stage.say('dns_provider_audit', kind, {
    source_system: domain.provider,
    dns_provider: domain.provider,
    ...common,
    ttl_old: 300,
    ttl_new: 300,
    ttl_delta: 0,
    ...setChange(old, values),
    ...who,
  });
  if (values.length === 0) domain.records.delete(key);
  else domain.records.set(key, [...values]);
  if (!watched) return;
  stage.say(
    'answer_probe',
    'dnsquery.answer.changed',
    {
      ...common,
      query: { vantage: '3 of 3', question: `${name} ${type}`, answers: [...values] },
      ttl_new: 300,
      ...setChange(old ?? [], values),
    },
    stage.nowMs + stage.random.between(20, 330) * 1000,
  );
}

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

/** Deployments by the build pipeline: application hosts move inside the CDN; few carry a ticket, some are rolled back. */
export function deployments(stage: BenignStage, domain: WorldDomain): void {
  if (domain.parked) return;
  const random = stage.random.fork(`deploy/${domain.name}`);
  if (!random.chance(0.4)) return;
  let release = 0;
  for (const at of arrivalsOf(random, 26, stage.startMs, stage.endMs))
    stage.at(at, () => {
      release += 1;
      const name = random.chance(0.8) ? `app.${domain.name}` : `www.${domain.name}`;
      const old = domain.records.get(`${name}/CNAME`) ?? [];
      const next = [`r${release}-${domain.name.replaceAll('.', '-')}.cdn.example`];
      const run = `pipeline-${domain.name}-${release}`;
      if (random.chance(0.3))
        stage.ticket(
          [{ domain: domain.name, action: 'record', name, type: 'CNAME', new: next }],
          stage.nowMs + 4 * hour,
        );
      changeRecord(stage, domain, name, 'CNAME', next, stage.robot('ci-token-dns', run), true);
      if (!random.chance(0.05)) return;
      stage.at(stage.nowMs + random.between(10, 90) * minute, () =>
        changeRecord(stage, domain, name, 'CNAME', old, stage.robot('ci-token-dns', `${run}-rollback`), true),
      );
    });
}

/** People at work on a zone: verification strings, new hosts, a mail tool; half of it with a ticket. */
export function zoneWork(stage: BenignStage, domain: WorldDomain): void {
  const random = stage.random.fork(`zone/${domain.name}`);
  let count = 0;
  for (const at of arrivalsOf(random, domain.parked ? 0.3 : 6, stage.startMs, stage.endMs))
    stage.at(at, () => {
      count += 1;
      const admin = adminOf(stage, domain);
      const [name, type, values] = pieceOfWork(random.between(0, 9), domain, count);
      const old = domain.records.get(`${name}/${type}`);
      // Mail and the apex are never touched without a ticket in this organisation; the rest half of the time.
      const sensitive = type === 'MX' || (name === domain.name && type === 'A');
      if (sensitive || random.chance(0.5))
        stage.ticket(
          [
            {
              domain: domain.name,
              action: 'record',
              name,
              type,
              ...(old === undefined ? {} : { old }),
              new: values,
            },
          ],
          stage.nowMs + 6 * hour,
        );
      changeRecord(
        stage,
        domain,
        name,
        type,
        values,
        stage.by(admin, 'dns'),
        type !== 'TXT' || name === domain.name,
      );
      if (sensitive) domain.dirty = true;
    });
}

function pieceOfWork(
  which: number,
  domain: WorldDomain,
  count: number,
): [name: string, type: string, values: string[]] {
  const { name } = domain;
  const apexText = domain.records.get(`${name}/TXT`) ?? [];
  if (which <= 3)
    return [
      name,
      'TXT',
      [
        ...apexText.filter((text) => !text.includes(`tool-${count - 3}-`)),
        `"tool-${count}-verification=${count * 7919}"`,
      ],
    ];
  if (which <= 5) return [`campaign${count}.${name}`, 'CNAME', [`campaign-${count}.cdn.example`]];
  if (which === 6) return [`s${count}._domainkey.${name}`, 'CNAME', [`s${count}.dkim.mailtool.example`]];
  if (which === 7) return [`vpn.${name}`, 'A', [`192.0.2.${(count * 13) % 250}`]];
  if (which === 8) return [name, 'A', [`198.18.${(count * 31) % 250}.${(count * 17) % 250}`]];
  return [name, 'MX', ['10 mx1.mailhost.example', `${20 + (count % 5) * 10} mx2.mailhost.example`]];
}

/** Geo-dependent and rotating answers of the CDN: other addresses of the approved range, now and then one odd vantage. */
export function geoAnswers(stage: BenignStage, domain: WorldDomain): void {
  if (domain.parked) return;
  const random = stage.random.fork(`geo/${domain.name}`);
  for (const at of arrivalsOf(random, 8, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const old = domain.records.get(`${domain.name}/A`) ?? [];
      const odd = random.chance(0.1);
      const next = odd ? ['203.0.113.200'] : [`198.18.${random.between(0, 250)}.${random.between(1, 250)}`];
      const tell = (before: readonly string[], after: readonly string[], atMs: number): void =>
        stage.say(
          'answer_probe',
          'dnsquery.answer.changed',
          {
            domain: domain.name,
            zone: domain.name,
            record_name: domain.name,
            record_type: 'A',
            query: { vantage: odd ? '1 of 3' : '3 of 3', question: `${domain.name} A`, answers: [...after] },
            ttl_new: 60,
            ...setChange(before, after),
          },
          atMs,
        );
      tell(old, next, stage.nowMs);
      tell(next, old, stage.nowMs + random.between(2, 40) * minute);
    });
}

/** A planned delegation change of one domain with everything that shows it. Returns the intent changes it needs. */
export function delegationIntent(domain: WorldDomain, nameservers: readonly string[]): IntentChange[] {
  return [{ domain: domain.name, action: 'delegation', old: [...domain.nameservers], new: [...nameservers] }];
}

/** Moves the delegation: claim by the person, probe within a minute, RDAP within the hour. */
export function moveDelegation(
  stage: BenignStage,
  domain: WorldDomain,
  nameservers: readonly string[],
  who: EventFields | undefined,
): void {
  const change = {
    domain: domain.name,
    attribute: 'nameservers',
    ...setChange(domain.nameservers, nameservers),
  };
  if (who !== undefined) stage.claim(domain, 'registrar.domain.nameservers_changed', change, who);
  stage.say(
    'delegation_probe',
    'registrar.domain.nameservers_changed',
    change,
    stage.nowMs + stage.random.between(30, 600) * 1000,
  );
  stage.say(
    'rdap_poll',
    'registrar.domain.nameservers_changed',
    change,
    stage.nowMs + stage.random.between(60, 1200) * 1000,
  );
  domain.nameservers = [...nameservers].sort();
  domain.dirty = true;
}

/** Changes the DS set at the parent; type by what is left. */
export function changeDs(
  stage: BenignStage,
  domain: WorldDomain,
  ds: readonly string[],
  who: EventFields | undefined,
): void {
  const grew = ds.length > domain.ds.length;
  const type = grew ? 'ds_added' : ds.length === 0 ? 'ds_removed' : 'ds_changed';
  const change = { domain: domain.name, attribute: 'ds', ...setChange(domain.ds, ds) };
  if (who !== undefined) stage.claim(domain, `registrar.domain.${type}`, change, who);
  stage.say(
    'delegation_probe',
    `registrar.domain.${type}`,
    change,
    stage.nowMs + stage.random.between(30, 600) * 1000,
  );
  domain.ds = [...ds];
  domain.dirty = true;
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
