/** What a whole organisation does and meets in a year in which nobody attacks. */
import type { IntentChange } from '../../collector/src/contract/inventory.ts';
import type { BenignStage } from './benign-stage.ts';
import { nameserversOf, type WorldDomain } from './benign-world.ts';
import { changeDs, delegationIntent, moveDelegation } from './domain-changes.ts';
import { arrivalsOf } from './seeded-random.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

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
