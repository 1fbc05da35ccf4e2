/** What happens to accounts, people, providers and feeds in a year in which nobody attacks. */
import type { SourceKind } from '../../collector/src/contract/event.ts';
import type { IntentChange } from '../../collector/src/contract/inventory.ts';
import { setChange, type BenignStage } from './benign-stage.ts';
import {
  nameserversOf,
  tenant,
  type Network,
  type WorldAccount,
  type WorldAdmin,
  type WorldDomain,
} from './benign-world.ts';
import { changeDs, delegationIntent, moveDelegation } from './domain-habits.ts';
import { arrivalsOf } from './seeded-random.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function login(stage: BenignStage, admin: WorldAdmin, account: WorldAccount | undefined): void {
  stage.say('identity_log', 'identity.session.login_succeeded', {
    ...stage.by(admin, 'okta'),
    actor_id: admin.principal,
    session_id: `s-${admin.name}-${stage.nowMs}`,
  });
  if (account === undefined || account.feed === 'none' || account.feed === 'mail') return;
  stage.say(
    'registrar_audit',
    'registrar.session.login_succeeded',
    {
      source_system: account.registrar,
      source_instance: account.id,
      registrar_account: account.id,
      registrar: account.registrar,
      ...stage.by(admin, account.registrar),
    },
    stage.nowMs + 5 * minute,
  );
}

/** Work days: a login in the morning, a registrar session twice a week, home office now and then. */
export function workDays(stage: BenignStage, admin: WorldAdmin): void {
  const random = stage.random.fork(`work/${admin.name}`);
  const own = stage.world.accounts.filter(({ admins }) => admins.includes(admin));
  for (let at = stage.startMs; at < stage.endMs; at += day) {
    const weekday = Math.floor(at / day) % 7;
    if (weekday === 2 || weekday === 3) continue; // 1 January 1970 was a Thursday.
    stage.at(at + random.between(7 * 60, 10 * 60) * minute, () =>
      login(stage, admin, own.length > 0 && random.chance(0.4) ? random.pick(own) : undefined),
    );
  }
  for (const at of arrivalsOf(random.fork('mobile'), 12, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const { place } = admin;
      admin.place = admin.mobile;
      login(stage, admin, undefined);
      admin.place = place;
    });
  for (const at of arrivalsOf(random.fork('failed'), 10, stage.startMs, stage.endMs))
    stage.at(at, () =>
      stage.say('identity_log', 'identity.session.login_failed', {
        ...stage.by(admin, 'okta'),
        actor_id: admin.principal,
        outcome: 'failure',
      }),
    );
  for (const at of arrivalsOf(random.fork('phone'), 0.4, stage.startMs, stage.endMs))
    stage.at(at, () =>
      stage.say('identity_log', 'identity.user.mfa_reset', {
        ...stage.by(admin, 'okta'),
        actor_id: 'okta:helpdesk@calm-corp.example',
        identity: { target_user: admin.principal, factor: 'webauthn' },
      }),
    );
}

/** Trips of three to ten days, with work from there. */
export function trips(stage: BenignStage, admin: WorldAdmin): void {
  const random = stage.random.fork(`trip/${admin.name}`);
  for (const at of arrivalsOf(random, 3, stage.startMs, stage.endMs)) {
    const place: Network = random.pick(stage.world.countries);
    const until = at + random.between(3, 10) * day;
    stage.at(at, () => {
      admin.place = place;
    });
    stage.at(until - 14 * hour, () => {
      admin.place = admin.home;
    });
  }
}

/** Feeds fail: a vendor is down for one to eight hours. */
export function outages(stage: BenignStage): void {
  const random = stage.random.fork('outages');
  const kinds: readonly SourceKind[] = [
    'registrar_audit',
    'rdap_poll',
    'dns_provider_audit',
    'identity_log',
    'ct_log',
    'answer_probe',
    'delegation_probe',
    'change_mgmt',
  ];
  for (const at of arrivalsOf(random, 10, stage.startMs, stage.endMs)) {
    const kind = random.pick(kinds);
    stage.at(at, () => stage.silence(kind, stage.nowMs + random.between(60, 8 * 60) * minute));
  }
}

/** Registrar maintenance drops the transfer lock of many names for some minutes; RDAP happens to see it. */
export function lockMaintenance(stage: BenignStage): void {
  const random = stage.random.fork('maintenance');
  for (const registrar of new Set(stage.world.accounts.map((account) => account.registrar)))
    for (const at of arrivalsOf(random.fork(registrar), 2, stage.startMs, stage.endMs))
      stage.at(at, () => {
        const share = random.pick([0.05, 0.3, 1]);
        const lasts = random.pick([20, 45, 70]) * minute;
        for (const domain of stage.world.domains) {
          if (domain.account.registrar !== registrar || !random.chance(share)) continue;
          const from = Math.floor(stage.nowMs / hour + 1) * hour - random.between(1, 10) * minute;
          const back = from + lasts;
          stage.say(
            'rdap_poll',
            'registrar.domain.lock_disabled',
            {
              domain: domain.name,
              registrar,
              attribute: 'statuses',
              ...setChange(['clientTransferProhibited'], ['ok']),
            },
            from,
          );
          stage.say(
            'rdap_poll',
            'registrar.domain.lock_enabled',
            {
              domain: domain.name,
              registrar,
              attribute: 'statuses',
              ...setChange(['ok'], ['clientTransferProhibited']),
            },
            back,
          );
        }
      });
}

/** A DNS provider adds a server to its set: every domain it hosts gains one, announced in half of the cases. */
export function providerGrows(stage: BenignStage): void {
  const random = stage.random.fork('provider');
  for (const provider of ['dns-a', 'dns-b', 'dns-c', 'dns-d'])
    for (const [index, at] of arrivalsOf(random.fork(provider), 0.6, stage.startMs, stage.endMs).entries())
      stage.at(at, () => {
        const hosted = stage.world.domains.filter((domain) => domain.provider === provider);
        const server = `ns${3 + index}.${provider}.example`;
        if (random.chance(0.5))
          stage.ticket(
            hosted.flatMap((domain) => delegationIntent(domain, [...domain.nameservers, server])),
            stage.nowMs + 2 * day,
          );
        for (const domain of hosted) {
          const next = [...domain.nameservers, server];
          const managed = domain.account.feed === 'webhook';
          stage.at(stage.nowMs + random.between(0, 180) * minute, () =>
            moveDelegation(
              stage,
              domain,
              next,
              managed
                ? {
                    actor_id: `${domain.account.registrar}:dns-sync`,
                    actor_type: 'service',
                    actor_origin: 'provider_support',
                  }
                : undefined,
            ),
          );
        }
      });
}

/** Two planned moves of a tenth of the portfolio to another DNS provider, each under one ticket that lists every name. */
export function migrations(stage: BenignStage): void {
  const random = stage.random.fork('migration');
  const span = stage.endMs - stage.startMs;
  for (const [index, share] of [0.25, 0.7].entries())
    stage.at(stage.startMs + Math.floor(span * share), () => {
      const target = `dns-m${index}`;
      const chosen = stage.world.domains.filter((_domain, i) => i % 10 === index * 3);
      const servers = nameserversOf(target);
      const changes: IntentChange[] = chosen.flatMap((domain) => [
        ...delegationIntent(domain, servers),
        ...(domain.ds.length > 0 ? [{ domain: domain.name, action: 'ds' as const, new: [] }] : []),
      ]);
      stage.ticket(changes, stage.nowMs + 3 * day);
      const admin = random.pick(stage.world.admins);
      for (const domain of chosen) {
        const who = stage.by(admin, domain.account.registrar);
        const start = stage.nowMs + random.between(10, 120) * minute;
        if (domain.ds.length > 0) stage.at(start, () => changeDs(stage, domain, [], who));
        stage.at(start + 26 * hour, () => {
          moveDelegation(stage, domain, servers, who);
          domain.provider = target;
        });
      }
    });
}

/** The yearly review of contact data: one person, one account, two hours; most with a ticket that lists the names. */
export function contactReviews(stage: BenignStage): void {
  const random = stage.random.fork('contacts');
  for (const [index, account] of stage.world.accounts.entries())
    for (const at of arrivalsOf(random.fork(account.id), 1, stage.startMs, stage.endMs))
      stage.at(at, () => {
        const names = stage.world.domains.filter((domain) => domain.account === account);
        const planned = index % 4 !== 3;
        // Without a ticket nobody may touch the crown jewels, and only a few names are corrected.
        const touched = planned ? names : names.filter(({ tier }) => tier >= 2).slice(0, 6);
        const value = [`email=domains@calm-corp.example`, `phone=+31.20${random.between(1000000, 9999999)}`];
        if (planned)
          stage.ticket(
            touched.map((domain) => ({
              domain: domain.name,
              action: 'contact' as const,
              attribute: 'admin',
              new: value,
            })),
            stage.nowMs + 8 * hour,
          );
        const admin = random.pick(account.admins);
        for (const domain of touched)
          stage.at(stage.nowMs + random.between(0, 110) * minute, () => {
            const change = {
              attribute: 'contact.admin',
              ...setChange(['email=domains@calm-corp.example', 'phone=+31.201234567'], value),
            };
            stage.claim(
              domain,
              'registrar.domain.contact_changed',
              change,
              stage.by(admin, account.registrar),
            );
            stage.say('rdap_poll', 'registrar.domain.contact_changed', { domain: domain.name, ...change });
          });
      });
}

/** The registry hides contact data of everybody: RDAP shows a change of every name at once. */
export function redaction(stage: BenignStage): void {
  const random = stage.random.fork('redaction');
  for (const at of arrivalsOf(random, 0.7, stage.startMs, stage.endMs))
    stage.at(at, () => {
      for (const domain of stage.world.domains)
        stage.say(
          'rdap_poll',
          'registrar.domain.contact_changed',
          {
            domain: domain.name,
            attribute: 'contact.registrant',
            ...setChange(['name=Calm Corporation'], ['name=redacted for privacy']),
          },
          stage.nowMs + random.between(0, 300) * minute,
        );
    });
}

/** New colleagues: a role at the identity provider and at the registrar, mostly by ticket; then their first weeks of work. */
export function onboarding(stage: BenignStage): void {
  const random = stage.random.fork('onboarding');
  for (const [index, at] of arrivalsOf(random, 3, stage.startMs, stage.endMs).entries())
    stage.at(at, () => {
      const chief = random.pick(stage.world.admins);
      const account = random.pick(stage.world.accounts);
      const user = `newcomer${index}@calm-corp.example`;
      const newcomer: WorldAdmin = {
        name: `newcomer${index}`,
        principal: `okta:${user}`,
        mail: user,
        home: chief.home,
        place: chief.home,
        agent: chief.agent,
        mobile: chief.mobile,
      };
      if (random.chance(0.7))
        stage.ticket(
          [
            { principal: chief.principal, action: 'role', object: user, new: 'granted' },
            { account: account.id, action: 'delegate', object: user, new: 'added' },
          ],
          stage.nowMs + 2 * day,
        );
      stage.say('identity_log', 'identity.role.granted', {
        ...stage.by(chief, 'okta'),
        actor_id: chief.principal,
        identity: { target_user: user, target_role: 'dns-operator' },
        new_value: 'dns-operator',
      });
      if (account.feed === 'webhook')
        stage.say('registrar_audit', 'registrar.account.delegate_added', {
          ...stage.by(chief, account.registrar),
          source_system: account.registrar,
          registrar_account: account.id,
          attribute: 'delegate',
          identity: { target_user: user },
          new_value: user,
        });
      stage.world.admins.push(newcomer);
      account.admins.push(newcomer);
      workDays(stage, newcomer);
    });
}

/** Tokens are changed every quarter: a new one, the old one goes the same day; the pipeline goes on with the new one. */
export function tokenRotation(stage: BenignStage): void {
  const random = stage.random.fork('tokens');
  for (const account of stage.world.accounts) {
    if (account.feed !== 'webhook') continue;
    let generation = 0;
    for (let at = stage.startMs + random.between(0, 90) * day; at < stage.endMs; at += 91 * day)
      stage.at(at, () => {
        const admin = random.pick(account.admins);
        const who = {
          ...stage.by(admin, account.registrar),
          source_system: account.registrar,
          registrar_account: account.id,
          attribute: 'api_token',
        };
        if (random.chance(0.6))
          stage.ticket(
            [
              { account: account.id, action: 'token', new: 'created' },
              { account: account.id, action: 'token', new: 'revoked' },
            ],
            stage.nowMs + day,
          );
        stage.say('registrar_audit', 'registrar.account.api_token_created', {
          ...who,
          token_id: `t-${account.id}-${generation + 1}`,
        });
        stage.say(
          'registrar_audit',
          'registrar.account.api_token_revoked',
          { ...who, token_id: `t-${account.id}-${generation}` },
          stage.nowMs + random.between(5, 120) * minute,
        );
        generation += 1;
      });
  }
}

/** Weekly edge configuration by the build pipeline, whose token changes every half year. */
export function edgeReleases(stage: BenignStage): void {
  const random = stage.random.fork('edge');
  const edge: WorldDomain[] = stage.world.domains.filter((domain) => !domain.parked).slice(0, 12);
  for (const domain of edge) {
    let release = 0;
    for (const at of arrivalsOf(random.fork(domain.name), 40, stage.startMs, stage.endMs))
      stage.at(at, () => {
        release += 1;
        const half = Math.floor((stage.nowMs - stage.startMs) / (182 * day));
        const value = `${domain.name}-${release}`.padEnd(64, '0');
        const ticketed = random.chance(0.5);
        if (ticketed)
          stage.ticket(
            [{ domain: domain.name, action: 'edge_config', object: 'edge.worker', new: value }],
            stage.nowMs + hour,
          );
        stage.say('dns_provider_audit', 'dns.provider.edge_config_changed', {
          domain: domain.name,
          zone: domain.name,
          dns_provider: domain.provider,
          attribute: 'edge.worker',
          old_value: `${domain.name}-${release - 1}`.padEnd(64, '0'),
          old_known: true,
          new_value: value,
          ...stage.robot(`ci-token-edge-${half}`, `edge-${domain.name}-${release}`),
        });
      });
  }
}

/** Names that look a little like ours are registered all the time; filters are made in mailboxes of no interest. */
export function backgroundNoise(stage: BenignStage): void {
  const random = stage.random.fork('background');
  for (const [index, at] of arrivalsOf(random, 300, stage.startMs, stage.endMs).entries())
    stage.at(at, () => {
      const own = random.pick(stage.world.domains).name.split('.')[0] as string;
      const name = random.chance(0.1) ? `${own}-shop.example` : `some-name-${index}.example`;
      stage.say('zone_feed', 'intel.domain.newly_registered', {
        domain: name,
        attribute: 'registration',
        new_value: name,
        old_known: false,
      });
    });
  for (const at of arrivalsOf(random.fork('mail'), 60, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const admin = random.pick(stage.world.admins);
      stage.say('mail_log', 'mail.rule.changed', {
        ...stage.by(admin, 'mail'),
        mail: { mailbox: admin.mail, rule_name: 'newsletters' },
      });
    });
  for (const at of arrivalsOf(random.fork('bogus'), 6, stage.startMs, stage.endMs))
    stage.at(at, () => {
      const domain = random.pick(stage.world.domains);
      stage.say('resolver_log', 'dnsquery.validation.failed', {
        domain: domain.name,
        zone: domain.name,
        query: { window_s: 300, count: 400, by_rcode: { NOERROR: 395, SERVFAIL: 5 } },
      });
    });
}

/** Hourly query volume of a few names: a day and a week in it, and a campaign now and then. */
export function queryVolume(stage: BenignStage): void {
  const random = stage.random.fork('volume');
  for (const domain of stage.world.domains.filter(({ parked }) => !parked).slice(0, 4)) {
    const campaigns = arrivalsOf(random.fork(domain.name), 6, stage.startMs, stage.endMs);
    for (let at = stage.startMs; at < stage.endMs; at += hour)
      stage.at(at, () => {
        const ofDay = ((stage.nowMs / hour) % 24) - 12;
        const base = 4000 - ofDay * ofDay * 18 + random.between(-60, 60);
        const running = campaigns.some((start) => stage.nowMs >= start && stage.nowMs < start + 10 * hour);
        stage.say('resolver_log', 'dnsquery.volume.observed', {
          domain: domain.name,
          zone: domain.name,
          query: { window_s: 3600, count: running ? base * 4 : base, question: domain.name },
        });
      });
  }
}

/** The tenant every habit speaks for. */
export const benignTenant = tenant;
