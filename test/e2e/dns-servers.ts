/** Real name servers as child processes on loopback, each in a directory of its own that is removed afterwards. */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { askServer } from '../../collector/src/1-source/dns-exchange.ts';

/** Base64 of a throw-away secret; it protects nothing. */
export const tsigSecret = 'bm90LWEtcmVhbC1rZXktanVzdC1mb3ItbG9vcGJhY2s=';

/** A server that runs. `stop` ends the process and removes its directory. */
export interface RunningServer {
  readonly port: number;
  readonly directory: string;
  readonly output: () => string;
  stop(): Promise<void>;
}

/** True when a program of this name can be started. */
export function hasProgram(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { env: programEnvironment() }).status === 0;
}

/** Debian keeps servers in sbin, which ordinary users do not search. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
}

/** Waits until `ready` holds; throws with the server's output when it does not within 15 s. */
export async function until(
  what: string,
  ready: () => Promise<boolean> | boolean,
  output = (): string => '',
): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    if (await ready()) return;
    await wait(40);
  }
  throw new Error(`${what} did not happen within 15 s\n${output().slice(-3000)}`);
}

/** Starts a server with files written into a fresh directory and waits until it answers for `zone`. */
export async function startServer(
  program: string,
  port: number,
  files: (directory: string) => Record<string, string>,
  args: (directory: string) => string[],
  zone: string,
  address = '127.0.0.1',
): Promise<RunningServer> {
  const directory = mkdtempSync(join(tmpdir(), 'zonewarden-e2e-'));
  for (const [name, text] of Object.entries(files(directory))) writeFileSync(join(directory, name), text);
  let output = '';
  const child: ChildProcess = spawn(program, args(directory), { cwd: directory, env: programEnvironment() });
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await Promise.race([ended, wait(3000)]);
      child.kill('SIGKILL');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  const question = { name: zone, type: 'SOA', recursionDesired: false, timeoutMs: 300 };
  try {
    await until(
      `${program} answering`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${program} ended: ${output.slice(-3000)}`);
        const reply = await askServer({ address, port }, question);
        return reply.ok && reply.value.rcode !== 'SERVFAIL';
      },
      () => output,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, directory, output: () => output, stop };
}

/** Zone text with a small SOA; `records` are lines of a master file. */
export function zoneText(zone: string, serial: number, records: readonly string[]): string {
  return [
    `$ORIGIN ${zone}.`,
    '$TTL 3600',
    `@ SOA ns1 hostmaster ${serial} 3600 600 2592000 300`,
    ...records,
    '',
  ].join('\n');
}

/** What BIND serves. `options` go into the options block, `zoneOptions` into each zone. */
export function startBind(
  port: number,
  zones: Readonly<Record<string, string>>,
  zoneOptions: string,
  options = '',
  extra = '',
  address = '127.0.0.1',
): Promise<RunningServer> {
  const names = Object.keys(zones);
  return startServer(
    'named',
    port,
    (directory) => ({
      'named.conf': `
options { directory "${directory}"; listen-on port ${port} { ${address}; }; listen-on-v6 { none; }; pid-file none; session-keyfile none;
  recursion no; dnssec-validation no; empty-zones-enable no; notify-delay 0; ${options} };
controls { };
key "xfr-key" { algorithm hmac-sha256; secret "${tsigSecret}"; };
${extra}
${names.map((name) => `zone "${name}" { type primary; file "${name || 'root'}.zone"; ${zoneOptions} };`).join('\n')}
`,
      ...Object.fromEntries(names.map((name) => [`${name || 'root'}.zone`, zones[name]!])),
    }),
    (directory) => ['-g', '-n', '1', '-c', join(directory, 'named.conf')],
    names[0]!,
    address,
  );
}

/** What Knot serves; zones may be transferred and updated with the key `xfr-key`, and `notifyPort` is notified. */
export function startKnot(
  port: number,
  zones: Readonly<Record<string, string>>,
  notifyPort: number | undefined,
  extra = '',
  zoneExtra = '',
  address = '127.0.0.1',
): Promise<RunningServer> {
  const names = Object.keys(zones);
  return startServer(
    'knotd',
    port,
    (directory) => ({
      'knot.conf': `
server:
  rundir: "${directory}"
  listen: ${address}@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: info
database:
  storage: "${directory}"
  journal-db-max-size: 50M
  kasp-db-max-size: 20M
  timer-db-max-size: 10M
key:
  - id: xfr-key
    algorithm: hmac-sha256
    secret: ${tsigSecret}
${notifyPort === undefined ? '' : `remote:\n  - id: watcher\n    address: 127.0.0.1@${notifyPort}\n    key: xfr-key\n`}
acl:
  - id: signed
    key: xfr-key
    action: [transfer, update]
${extra}
zone:
${names.map((name) => `  - domain: ${name}\n    storage: "${directory}"\n    file: "${name}.zone"\n    acl: signed\n    zonefile-sync: -1\n${notifyPort === undefined ? '' : '    notify: watcher\n'}${zoneExtra}`).join('\n')}
`,
      ...Object.fromEntries(names.map((name) => [`${name}.zone`, zones[name]!])),
    }),
    (directory) => ['-c', join(directory, 'knot.conf')],
    names[0]!,
    address,
  );
}

/** Sends one dynamic update with `nsupdate`, signed with the test key. Rejects when the server refuses it. */
export function dynamicUpdate(
  port: number,
  zone: string,
  lines: readonly string[],
  address = '127.0.0.1',
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'nsupdate',
      ['-y', `hmac-sha256:xfr-key:${tsigSecret}`],
      { env: programEnvironment(), timeout: 10_000 },
      (error, stdout, stderr) =>
        error ? reject(new Error(`${error.message} ${stdout} ${stderr}`)) : resolve(),
    );
    child.stdin?.end([`server ${address} ${port}`, `zone ${zone}.`, ...lines, 'send', ''].join('\n'));
  });
}

/** An Unbound resolver that asks the given servers for the given zones and nobody else. */
export function startUnbound(
  port: number,
  stubs: Readonly<Record<string, string>>,
  extra: string,
  firstZone: string,
  address = '127.0.0.1',
): Promise<RunningServer> {
  return startServer(
    'unbound',
    port,
    (directory) => ({
      'unbound.conf': `
server:
  directory: "${directory}"
  chroot: ""
  username: ""
  pidfile: ""
  interface: ${address}@${port}
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
  cache-min-ttl: 0
  cache-max-ttl: 0
  num-threads: 1
${Object.keys(stubs)
  .map((zone) => `  local-zone: "${zone}." nodefault`)
  .join('\n')}
remote-control:
  control-enable: no
${extra}
${Object.entries(stubs)
  .map(([zone, target]) => `stub-zone:\n  name: "${zone}"\n  stub-addr: ${target}`)
  .join('\n')}
`,
    }),
    (directory) => ['-d', '-c', join(directory, 'unbound.conf')],
    firstZone,
    address,
  );
}
