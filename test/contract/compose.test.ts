/** docker-compose.yml, Dockerfile and Kubernetes manifests: shape, and every path, port and name they mention. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const strict = { additionalProperties: false };
const text = Type.String({ minLength: 1 });
const texts = Type.Array(text);
const duration = Type.String({ pattern: '^([0-9]+(us|ms|s|m|h))+$' });
/** The part of the compose specification (compose-spec.json) that is used here; anything else is a mistake. */
const Service = Type.Object(
  {
    image: Type.String({ pattern: '^[a-z0-9./-]+:[a-zA-Z0-9._-]+$' }),
    build: Type.Optional(Type.Object({ context: text, dockerfile: text }, strict)),
    profiles: Type.Array(Type.Enum(['default', 'quick']), { minItems: 1 }),
    restart: Type.Enum(['no', 'unless-stopped']),
    read_only: Type.Optional(Type.Boolean()),
    user: Type.Optional(text),
    cap_drop: Type.Optional(Type.Tuple([Type.Literal('ALL')])),
    security_opt: Type.Tuple([Type.Literal('no-new-privileges:true')]),
    logging: Type.Object({ driver: text, options: Type.Record(text, text) }, strict),
    entrypoint: Type.Optional(texts),
    command: Type.Optional(texts),
    network_mode: Type.Optional(text),
    networks: Type.Optional(Type.Object({ default: Type.Object({ aliases: texts }, strict) }, strict)),
    environment: Type.Optional(Type.Record(text, Type.String())),
    ports: Type.Optional(Type.Array(Type.String({ pattern: '^127\\.0\\.0\\.1:\\d+:\\d+$' }))),
    tmpfs: Type.Optional(texts),
    volumes: Type.Optional(texts),
    stop_grace_period: Type.Optional(duration),
    depends_on: Type.Optional(
      Type.Record(
        text,
        Type.Object(
          {
            condition: Type.Enum(['service_healthy', 'service_completed_successfully']),
            required: Type.Optional(Type.Boolean()),
          },
          strict,
        ),
      ),
    ),
    healthcheck: Type.Optional(
      Type.Object(
        {
          disable: Type.Optional(Type.Boolean()),
          test: Type.Optional(Type.Array(text, { minItems: 2 })),
          interval: Type.Optional(duration),
          timeout: Type.Optional(duration),
          start_period: Type.Optional(duration),
          retries: Type.Optional(Type.Integer({ minimum: 1 })),
        },
        strict,
      ),
    ),
    deploy: Type.Object(
      {
        resources: Type.Object(
          {
            limits: Type.Object(
              {
                cpus: Type.String({ pattern: '^[0-9.]+$' }),
                memory: Type.String({ pattern: '^[0-9]+[MG]$' }),
              },
              strict,
            ),
          },
          strict,
        ),
      },
      strict,
    ),
  },
  strict,
);
type ServiceType = Type.Static<typeof Service>;

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Record<string, ServiceType>;
  readonly volumes: Record<string, null>;
};
const services = Object.entries(compose.services);
const validator = Compile(Service);

/** Ports inside the images, from their documentation; `otel` is also the alias of `lgtm`. */
const portsOf: Readonly<Record<string, readonly number[]>> = {
  collector: [8470],
  receiver: [8480],
  loki: [3100],
  mimir: [9009],
  tempo: [3200, 4318],
  otel: [4318, 13133],
  grafana: [3000],
  lgtm: [3000, 4318],
  kafka: [9092, 9093],
};

test('every service has the shape of the compose specification, a pinned image and limits', () => {
  for (const [name, service] of services) {
    assert.deepEqual(
      [...validator.Errors(service)].map((error) => `${error.instancePath} ${error.message}`),
      [],
      name,
    );
    assert.doesNotMatch(service.image, /:(latest|main|edge)$/, name);
    assert.ok(service.cap_drop !== undefined || name === 'lgtm', name);
  }
  assert.deepEqual(
    services
      .filter(([, { profiles }]) => profiles.includes('default'))
      .map(([name]) => name)
      .sort(),
    ['collector', 'grafana', 'kafka', 'loki', 'make-secrets', 'mimir', 'otel', 'ready', 'receiver', 'tempo'],
  );
  assert.match(read('.env'), /^COMPOSE_PROFILES=default$/m);
});

test('every path that is mounted or built from is in the repository, every volume is declared', () => {
  for (const [name, { volumes = [], build }] of services) {
    if (build) assert.ok(existsSync(join(root, build.context, build.dockerfile)), name);
    for (const volume of volumes) {
      const [from = '', to = '', mode] = volume.split(':');
      assert.ok(to.startsWith('/'), volume);
      if (!from.startsWith('.')) {
        assert.ok(Object.hasOwn(compose.volumes, from), `${name}: volume ${from} is not declared`);
        continue;
      }
      assert.equal(mode, 'ro', `${name}: ${from} must not be writable`);
      // The plugin is built, not committed.
      if (from !== './grafana-plugin/dist') assert.ok(existsSync(join(root, from)), `${name}: ${from}`);
    }
  }
  for (const volume of Object.keys(compose.volumes))
    assert.ok(
      services.some(([, { volumes = [] }]) => volumes.some((one) => one.startsWith(`${volume}:`))),
      volume,
    );
});

test('who waits for whom exists in the same profile, and is healthy or ends', () => {
  for (const [name, { depends_on: waits = {}, profiles }] of services)
    for (const [other, { condition, required }] of Object.entries(waits)) {
      const target = compose.services[other];
      assert.ok(target !== undefined, `${name} waits for ${other}`);
      for (const profile of required === false ? [] : profiles)
        assert.ok(target.profiles.includes(profile), `${name} ${other} ${profile}`);
      const ends = target.restart === 'no';
      assert.equal(condition, ends ? 'service_completed_successfully' : 'service_healthy', other);
    }
});

test('published ports are local and unique in a profile; every address names a service and a port it has', () => {
  for (const profile of ['default', 'quick'] as const) {
    const published = services
      .filter(([, service]) => service.profiles.includes(profile))
      .flatMap(([, { ports = [] }]) => ports.map((port) => port.split(':')[1]));
    assert.equal(new Set(published).size, published.length, profile);
  }
  for (const [name, { ports = [] }] of services)
    for (const port of ports)
      assert.ok(portsOf[name]?.includes(Number(port.split(':')[2])), `${name} ${port}`);
  const folder = (path: string): string[] =>
    readdirSync(join(root, path), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ya?ml|alloy)$/.test(file))
      .map((file) => `${path}/${file}`);
  const texts = [
    'docker-compose.yml',
    ...['grafana', 'otel-collector', 'alloy'].flatMap((each) => folder(`deploy/${each}`)),
  ];
  let addresses = 0;
  for (const path of texts)
    for (const [, host = '', port = ''] of read(path).matchAll(/\b([a-z][a-z-]*):(\d{4,5})\b/g)) {
      if (host === 'localhost' || host === 'plaintext') continue;
      assert.ok(portsOf[host]?.includes(Number(port)), `${path}: ${host}:${port}`);
      addresses++;
    }
  assert.ok(addresses > 15, String(addresses));
});

test('health: every service has a check, ends by itself, or is asked by "ready"', () => {
  const asked = compose.services['ready']?.environment?.['READY'] ?? '';
  const dockerfile = read('Dockerfile');
  assert.match(dockerfile, /^HEALTHCHECK /m);
  for (const [name, service] of services) {
    const own =
      service.healthcheck?.test !== undefined ||
      (service.build !== undefined && service.entrypoint === undefined);
    assert.ok(own || service.restart === 'no' || asked.includes(`http://${name}:`), name);
  }
});

test('nobody is admin by accident, and no secret is written down', () => {
  for (const name of ['grafana', 'lgtm']) {
    const env = compose.services[name]?.environment ?? {};
    assert.equal(env['GF_AUTH_ANONYMOUS_ENABLED'], 'false', name);
    assert.equal(env['GF_SECURITY_ADMIN_PASSWORD'], '$$__file{/run/zonewarden/grafana_admin_password}', name);
  }
  for (const [name, { environment = {} }] of services)
    for (const [key, value] of Object.entries(environment))
      if (/password|token|secret|key$/i.test(key)) assert.match(value, /^\$\$__file\{/, `${name} ${key}`);
});

test('Dockerfile: stages of one Node, not root, nothing that is not in the repository, entry points that exist', () => {
  const dockerfile = read('Dockerfile');
  assert.ok([...dockerfile.matchAll(/^FROM (\S+)/gm)].length > 1);
  for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm))
    assert.match(image ?? '', /^node:\d+\.\d+\.\d+-/);
  assert.match(dockerfile, /^USER node$/m);
  assert.ok(dockerfile.indexOf('USER node') < dockerfile.indexOf('ENTRYPOINT'));
  const wanted = (JSON.parse(read('package.json')) as { dependencies: Record<string, string> }).dependencies[
    'node'
  ];
  assert.ok(dockerfile.includes(`node:${wanted}-`), 'the image has the Node of package.json');
  const ignored = read('.dockerignore');
  for (const [, from = ''] of dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm))
    for (const path of from.split(' ')) {
      assert.ok(existsSync(join(root, path)), path);
      const top = path.startsWith('deploy/') ? 'deploy/receiver' : (path.split('/')[0] ?? '');
      assert.ok(ignored.includes(`!${top}`), `.dockerignore hides ${path}`);
    }
  const all = `${dockerfile}${read('docker-compose.yml')}`;
  for (const [, path = ''] of all.matchAll(/\/zonewarden\/((?:collector|deploy)\/[\w./-]+\.ts)/g))
    assert.ok(existsSync(join(root, path)), path);
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Record<string, unknown>;
}

test('Kubernetes: kustomization lists every file; probes, ports and labels fit together', () => {
  const folder = 'deploy/kubernetes';
  const kustomization = parse(read(`${folder}/kustomization.yaml`)) as {
    resources: string[];
    configMapGenerator: { name: string; files: string[] }[];
  };
  const listed = [
    'kustomization.yaml',
    ...kustomization.resources,
    ...kustomization.configMapGenerator.flatMap(({ files }) => files),
  ];
  assert.deepEqual(readdirSync(join(root, folder)).sort(), [...listed].sort());
  const manifests = kustomization.resources.flatMap((file) =>
    parseAllDocuments(read(`${folder}/${file}`)).map((document) => document.toJS() as Manifest),
  );
  const of = (kind: string): Manifest => {
    const found = manifests.find((one) => one.kind === kind);
    assert.ok(found !== undefined, kind);
    return found;
  };
  interface Pod {
    readonly securityContext: Record<string, unknown>;
    readonly containers: {
      readonly ports: { name: string; containerPort: number }[];
      readonly securityContext: Record<string, unknown>;
      readonly volumeMounts: { name: string }[];
      readonly resources: { limits: object };
      readonly startupProbe: { httpGet: { path: string; port: string } };
      readonly livenessProbe: { httpGet: { path: string; port: string } };
      readonly readinessProbe: { httpGet: { path: string; port: string } };
    }[];
    readonly volumes: { name: string }[];
  }
  const set = of('StatefulSet').spec as {
    replicas: number;
    selector: { matchLabels: object };
    template: { metadata: { labels: object }; spec: Pod };
    volumeClaimTemplates: { metadata: { name: string } }[];
  };
  assert.equal(set.replicas, 1);
  const pod = set.template.spec;
  const [container] = pod.containers;
  assert.ok(container !== undefined);
  assert.equal(pod.securityContext['runAsNonRoot'], true);
  assert.equal(container.securityContext['readOnlyRootFilesystem'], true);
  assert.deepEqual(container.ports, [{ name: 'http', containerPort: 8470 }]);
  assert.equal(container.startupProbe.httpGet.path, '/healthz');
  assert.equal(container.livenessProbe.httpGet.path, '/healthz');
  assert.equal(container.readinessProbe.httpGet.path, '/readyz');
  const volumes = new Set([
    ...pod.volumes.map(({ name }) => name),
    ...set.volumeClaimTemplates.map((one) => one.metadata.name),
  ]);
  for (const { name } of container.volumeMounts) assert.ok(volumes.has(name), name);
  const labels = set.template.metadata.labels;
  assert.deepEqual(set.selector.matchLabels, labels);
  for (const kind of ['Service', 'PodDisruptionBudget', 'NetworkPolicy', 'ServiceMonitor']) {
    const spec = of(kind).spec as {
      selector?: { matchLabels?: object };
      podSelector?: { matchLabels: object };
    };
    const selector = spec.podSelector?.matchLabels ?? spec.selector?.matchLabels ?? spec.selector;
    assert.deepEqual(selector, labels, kind);
  }
  const monitor = of('ServiceMonitor').spec as { endpoints: { port: string; path: string }[] };
  assert.deepEqual(
    monitor.endpoints.map(({ port, path }) => [port, path]),
    [['http', '/metrics']],
  );
});

test('every configuration of the compose file is chosen by a profile and written by make-secrets', () => {
  const command = compose.services['collector']?.command?.join(' ') ?? '';
  assert.match(command, /--config \/run\/zonewarden\/\$\{COMPOSE_PROFILES:-default\}\.yaml/);
  const writer = read('deploy/receiver/make-secrets.ts');
  for (const profile of ['default', 'quick']) {
    assert.ok(existsSync(join(root, `deploy/collector/${profile}.yaml`)), profile);
    assert.ok(writer.includes(`'${profile}.yaml'`), profile);
  }
  assert.ok(!read('deploy/collector/quick.yaml').includes('kafka'), 'quick has no Kafka');
});
