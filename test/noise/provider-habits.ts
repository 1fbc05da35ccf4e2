/** What registrars, registries, DNS providers and feeds do by themselves in a year in which nobody attacks. */
import type { SourceKind } from '../../collector/src/contract/event.ts';
import { setChange, type BenignStage } from './benign-stage.ts';
import { delegationIntent, moveDelegation } from './domain-changes.ts';
import { arrivalsOf } from './seeded-random.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

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
