/** What happens inside single zones in a year in which nobody attacks. */
import { setChange, type BenignStage } from './benign-stage.ts';
import type { WorldDomain } from './benign-world.ts';
import { arrivalsOf } from './seeded-random.ts';
import { adminOf, changeRecord } from './domain-changes.ts';

const minute = 60_000;
const hour = 60 * minute;

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
