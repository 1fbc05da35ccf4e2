/** The peers of a canary run: one telltale server for each thing that is asked. */
import type { TestContext } from 'node:test';
import type { Planter } from './planter.ts';
import {
  faultCount,
  telltaleDns,
  telltaleEpp,
  telltaleHttp,
  telltaleKafka,
  type Pair,
  type Telltale,
} from './telltale-servers.ts';

/** A server, and the number of requests after which it has failed in enough ways. */
export interface Peer {
  readonly name: string;
  readonly server: Telltale;
  readonly enough: number;
}

const httpPeers = {
  okta: faultCount,
  graph: 6,
  reports: 6,
  github: faultCount,
  m365: 6,
  cloudflare: faultCount,
  certSpotter: faultCount,
  queue: faultCount,
  otel: faultCount,
  provider: 6,
  soar: 4,
  silences: 2,
  grafana: 1,
} as const;
const securePeers = { feed: 3, otlp: faultCount, hook: faultCount } as const;

/** All peers of an embedded collector by name. */
export type Peers = Readonly<
  Record<
    | keyof typeof httpPeers
    | keyof typeof securePeers
    | 'login'
    | 'oauth'
    | 'dns'
    | 'epp'
    | 'broker'
    | 'secureBroker',
    Telltale
  >
>;

/** A token endpoint that is in a good mood half of the time, so that what needs its tokens is asked as well. */
function tokenEndpoint(t: TestContext, name: string, planter: Planter): Promise<Telltale> {
  return telltaleHttp(t, {
    instead: (turn, response) => {
      if (turn % 2 === 0) return false;
      const body = { access_token: planter.textOf(`access token of ${name}`), expires_in: 3600 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      return true;
    },
  });
}

/** Starts them all. */
export async function startPeers(
  t: TestContext,
  pair: Pair,
  planter: Planter,
): Promise<{ readonly list: readonly Peer[]; readonly peers: Peers }> {
  const list: Peer[] = [];
  const add = async (name: string, enough: number, making: Promise<Telltale>): Promise<void> =>
    void list.push({ name, server: await making, enough });
  for (const [name, enough] of Object.entries(httpPeers)) await add(name, enough, telltaleHttp(t));
  for (const [name, enough] of Object.entries(securePeers))
    await add(name, enough, telltaleHttp(t, { pair }));
  for (const name of ['login', 'oauth']) await add(name, faultCount, tokenEndpoint(t, name, planter));
  await add('dns', 2, telltaleDns(t));
  await add('epp', 4, telltaleEpp(t, pair));
  await add('broker', 2, telltaleKafka(t));
  await add('secureBroker', 2, telltaleKafka(t, pair));
  return { list, peers: Object.fromEntries(list.map(({ name, server }) => [name, server])) as Peers };
}
