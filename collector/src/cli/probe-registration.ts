/** What the registry's RDAP server says about a domain now, for `zonewarden probe`. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createOutgoingPolicy, hostOf } from '../1-source/address-policy.ts';
import { createOutgoingClient } from '../1-source/outgoing-http.ts';
import { rdapBootstrap } from '../1-source/rdap/bootstrap.ts';
import { parseJsonRecord } from '../2-normalise/json-record.ts';
import { rdapStateOf } from '../2-normalise/rdap/state.ts';
import { version } from '../app/version.ts';
import { registrableDomain } from '../leaf/domain-name.ts';

/** One look. `problem`: why there is nothing; absent members were not said, which is not "none". */
export interface RegistrationReading {
  readonly server?: string;
  readonly domain?: string;
  readonly statuses?: readonly string[];
  readonly nameservers?: readonly string[];
  readonly ds?: readonly string[];
  readonly registrar?: string;
  readonly registrarName?: string;
  readonly expiry?: string;
  readonly problem?: string;
}

const answerBytesMax = 1024 * 1024;
const mediaTypes = 'application/rdap+json, application/json';

/** Networks a person may name by hand with `--rdap`; the list of the IANA leads to public addresses alone. */
const ownNetworks = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7'];

/** Asks once. `base`: a server named by hand; else the one the IANA's list has for the domain. */
export async function readRegistration(
  zone: string,
  base: string | undefined,
  timeoutMs: number,
): Promise<RegistrationReading> {
  const domain = registrableDomain(zone) ?? zone;
  const server = base ?? (await listedServer(domain));
  if (server === undefined) return { problem: `the IANA's list has no RDAP server for ${domain}` };
  const url = new URL(`domain/${domain}`, server.endsWith('/') ? server : `${server}/`);
  const policy = createOutgoingPolicy({
    allowNetworks: base === undefined ? [] : ownNetworks,
    allowPlainHttp: base === undefined ? [] : [hostOf(url)],
  });
  const client = createOutgoingClient(policy, {
    nowMs: () => Date.now(),
    userAgent: `zonewarden/${version}`,
  });
  const sent = await client(
    { url: url.href, headers: { accept: mediaTypes }, answerBytesMax, timeoutMs: Math.max(timeoutMs, 5000) },
    new AbortController().signal,
  );
  const at = { server: url.host, domain };
  if (!sent.ok) return { ...at, problem: sent.failure.message };
  const { status } = sent.value;
  if (status !== 200)
    return {
      ...at,
      problem: status === 404 ? 'the registry knows no such domain (404)' : `answered status ${status}`,
    };
  const body = parseJsonRecord(sent.value.body, answerBytesMax);
  const state = body.ok ? rdapStateOf(body.value) : body;
  if (!state.ok) return { ...at, problem: state.failure.message };
  const { attributes, registrarName } = state.value;
  const list = (name: string): readonly string[] | undefined => {
    const value = attributes.get(name);
    return Array.isArray(value) ? value.map(String) : undefined;
  };
  const text = (name: string): string | undefined => {
    const value = attributes.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const [statuses, nameservers, ds] = [list('statuses'), list('nameservers'), list('ds')];
  const [registrar, expiry] = [text('registrar'), text('expiry')];
  return {
    ...at,
    ...(statuses === undefined ? {} : { statuses }),
    ...(nameservers === undefined ? {} : { nameservers }),
    ...(ds === undefined ? {} : { ds }),
    ...(registrar === undefined ? {} : { registrar }),
    ...(registrarName === undefined ? {} : { registrarName }),
    ...(expiry === undefined ? {} : { expiry }),
  };
}

async function listedServer(domain: string): Promise<string | undefined> {
  const path = fileURLToPath(new URL('../../data/rdap-bootstrap.json', import.meta.url));
  const read = rdapBootstrap(await readFile(path, 'utf8'), {});
  return read.ok ? read.value.baseFor(domain) : undefined;
}
