/**
 * A real Apache Kafka on loopback for tests: KRaft, one or more brokers that are also controllers, taken from Maven into
 * a folder outside the repository and run with the Java of this machine. Brokers can be killed, frozen and started again.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../e2e/free-port.ts';

const pomPath = fileURLToPath(new URL('pom.xml', import.meta.url));
const clusterId = 'WkpxmQ0bTeGzNfWardenTA';

/** User and password the SASL listener knows (SCRAM-SHA-512). */
export const testUser = { username: 'zonewarden', password: 'correct horse' } as const;

/** Addresses of one running broker, `host:port`. TLS and SASL only when asked for. */
export interface TestBroker {
  readonly id: number;
  readonly plain: string;
  readonly sasl?: string;
  readonly tls?: string;
  /** Sends a signal to the process: SIGKILL, SIGSTOP, SIGCONT, SIGTERM. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on its old data and ports; resolves when it takes connections. */
  start(): Promise<void>;
  /** Resolves when the process is gone. */
  gone(): Promise<void>;
}

/** A running cluster. */
export interface TestCluster {
  readonly brokers: readonly TestBroker[];
  readonly bootstrap: readonly string[];
  /** PEM of the authority that signed the TLS listener's certificate (issued for `broker.test`, not for 127.0.0.1). */
  readonly caPem?: string;
  stop(): Promise<void>;
}

/** Settings of a cluster. */
export interface TestClusterOptions {
  readonly brokers?: number;
  /** Adds SASL and TLS listeners. */
  readonly secured?: boolean;
  /** Further lines of server.properties. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** Why no broker can be started here, or undefined when one can. */
export function brokerUnavailable(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = /version "(\d+)/.exec(java.stderr)?.[1];
  if (java.error !== undefined || version === undefined)
    return 'no Java on this machine and ZONEWARDEN_TEST_KAFKA is not set';
  if (Number(version) < 17)
    return `Java ${version} is too old for Kafka (17 is needed) and ZONEWARDEN_TEST_KAFKA is not set`;
  try {
    libraries();
    return undefined;
  } catch (error) {
    return `Kafka's jars cannot be had: ${error instanceof Error ? error.message : String(error)}`;
  }
}

let knownLibraries: string | undefined;

function libraries(): string {
  if (knownLibraries !== undefined) return knownLibraries;
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(
    readFileSync(pomPath, 'utf8'),
  )?.[1];
  const cache = process.env['ZONEWARDEN_TEST_CACHE'] ?? join(homedir(), '.cache', 'zonewarden-test');
  const target = join(cache, `kafka-${version}`);
  if (!existsSync(target)) {
    mkdirSync(cache, { recursive: true });
    const partial = mkdtempSync(`${target}-partial-`);
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
    const maven = spawnSync('mvn', ['-q', '-B', '-f', pomPath, ...goal], {
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (maven.status !== 0) {
      rmSync(partial, { recursive: true, force: true });
      throw new Error(`mvn failed: ${maven.error?.message ?? maven.stdout.slice(0, 300)}`);
    }
    renameSync(partial, target);
  }
  knownLibraries = target;
  return target;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function javaOf(folder: string): string[] {
  const quiet = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${libraries()}/*`];
  return [...quiet, `-Djava.io.tmpdir=${folder}`];
}

function certificate(folder: string): { keyStore: string; caPem: string } {
  const keyStore = join(folder, 'broker.p12');
  const shared = ['-keystore', keyStore, '-storepass', 'changeit', '-alias', 'broker'];
  const made = spawnSync('keytool', [
    '-genkeypair', ...shared, '-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '30',
    '-dname', 'CN=broker.test', '-ext', 'san=dns:broker.test', '-storetype', 'PKCS12',
  ]); // prettier-ignore
  if (made.status !== 0) throw new Error(`keytool failed: ${String(made.stderr)}`);
  const exported = spawnSync('keytool', ['-exportcert', '-rfc', ...shared], { encoding: 'utf8' });
  return { keyStore, caPem: exported.stdout };
}

interface Ports {
  readonly plain: number;
  readonly controller: number;
  readonly sasl?: number;
  readonly tls?: number;
}

function propertiesOf(
  id: number,
  folder: string,
  all: readonly Ports[],
  keyStore: string | undefined,
  options: TestClusterOptions,
) {
  const ports = all[id - 1] as Ports;
  const listeners = [`PLAINTEXT://127.0.0.1:${ports.plain}`];
  if (ports.sasl !== undefined) listeners.push(`SASL_PLAINTEXT://127.0.0.1:${ports.sasl}`);
  if (ports.tls !== undefined) listeners.push(`SSL://127.0.0.1:${ports.tls}`);
  const replicas = String(Math.min(3, all.length));
  return {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': all.map((one, index) => `${index + 1}@127.0.0.1:${one.controller}`).join(','),
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${ports.controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL',
    'log.dirs': join(folder, 'log'),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'share.coordinator.state.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    'log.retention.check.interval.ms': '500',
    'log.segment.delete.delay.ms': '100',
    'log.initial.task.delay.ms': '500',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-512',
    ...(keyStore === undefined ? {} : { 'ssl.keystore.location': keyStore, 'ssl.keystore.password': 'changeit', 'ssl.keystore.type': 'PKCS12' }),
    ...(ports.sasl === undefined ? {} : { 'listener.name.sasl_plaintext.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;' }),
    ...options.properties,
  }; // prettier-ignore
}

/** Starts a cluster; resolves when every broker takes connections. */
export async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const root = mkdtempSync(join(tmpdir(), 'zonewarden-kafka-'));
  const count = options.brokers ?? 1;
  const ports: Ports[] = [];
  for (let i = 0; i < count; i++) {
    const extra = options.secured === true ? { sasl: await freePort(), tls: await freePort() } : {};
    ports.push({ plain: await freePort(), controller: await freePort(), ...extra });
  }
  const secret = options.secured === true ? certificate(root) : undefined;
  const brokers = ports.map((one, index) => brokerIn(root, index + 1, one, ports, secret?.keyStore, options));
  await Promise.all(brokers.map((broker) => broker.start()));
  return {
    brokers,
    bootstrap: brokers.map(({ plain }) => plain),
    ...(secret === undefined ? {} : { caPem: secret.caPem }),
    async stop() {
      for (const broker of brokers) broker.signal('SIGKILL');
      await Promise.all(brokers.map((broker) => broker.gone()));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function brokerIn(
  root: string,
  id: number,
  ports: Ports,
  all: readonly Ports[],
  keyStore: string | undefined,
  options: TestClusterOptions,
): TestBroker {
  const folder = join(root, String(id));
  mkdirSync(folder);
  const file = join(folder, 'server.properties');
  const lines = Object.entries(propertiesOf(id, folder, all, keyStore, options));
  writeFileSync(file, lines.map(([name, value]) => `${name}=${value}\n`).join(''));
  const scram = `SCRAM-SHA-512=[name=${testUser.username},password="${testUser.password}"]`;
  const user = ports.sasl === undefined ? [] : ['--add-scram', scram];
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file, ...user];
  const formatted = spawnSync('java', [...javaOf(folder), ...format], { encoding: 'utf8' });
  if (formatted.status !== 0)
    throw new Error(`storage cannot be formatted: ${formatted.stdout}${formatted.stderr}`);
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  const address = (port: number): string => `127.0.0.1:${port}`;
  return {
    id,
    plain: address(ports.plain),
    ...(ports.sasl === undefined ? {} : { sasl: address(ports.sasl) }),
    ...(ports.tls === undefined ? {} : { tls: address(ports.tls) }),
    signal: (name) => void child?.kill(name),
    gone: () => exited,
    async start() {
      const output = openSync(join(folder, 'output.txt'), 'a');
      const started = spawn('java', [...javaOf(folder), 'kafka.Kafka', file], {
        stdio: ['ignore', output, output],
      });
      child = started;
      exited = new Promise((resolve) => started.once('exit', () => resolve()));
      for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
        if (started.exitCode !== null)
          throw new Error(
            `broker ${id} stopped: ${readFileSync(join(folder, 'output.txt'), 'utf8').slice(-600)}`,
          );
        if (await answers(ports.plain)) return;
        await delay(100);
      }
      throw new Error(`broker ${id} did not open its port in a minute`);
    },
  };
}

/** Runs `body` at the address of `ZONEWARDEN_TEST_KAFKA`, else on a cluster of its own. */
export function existingBroker(): readonly string[] | undefined {
  const named = process.env['ZONEWARDEN_TEST_KAFKA'];
  return named === undefined || named === '' ? undefined : named.split(',');
}
