/** What people with access do in a year in which nobody attacks. */
import { setChange, type BenignStage } from './benign-stage.ts';
import type { Network, WorldAccount, WorldAdmin } from './benign-world.ts';
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
