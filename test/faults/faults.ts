/** The faults the collector promises to survive, and the tests that inject each. */

/** One fault: what happens, how often, and the tests whose verdict counts. */
export interface Fault {
  readonly name: string;
  readonly amount: string;
  readonly tests: readonly string[];
  /** Only tests whose name matches; absent: all of the files. */
  readonly only?: string;
  /** More of it, by environment variable, in the long run. */
  readonly long?: Readonly<Record<string, string>>;
}

/** In the order of docs/security.md and the README: process, disk, network, input, time. */
export const faults: readonly Fault[] = [
  {
    name: 'kill -9 under load',
    amount: '50 kills of a real process (1,000 long)',
    tests: ['test/e2e/collector-kill9.test.ts', 'test/e2e/log-kill9.test.ts'],
    long: { ZONEWARDEN_TEST_KILLS: '1000' },
  },
  {
    name: 'crash, EIO and ENOSPC at every disk call',
    amount: 'every call of a 260-record script',
    tests: ['test/unit/log/crash-points.test.ts'],
  },
  {
    name: 'torn and lost writes, bit rot',
    amount: 'random images of unsynced sectors, 400 random bit flips',
    tests: ['test/unit/log/recovery.test.ts'],
  },
  {
    name: 'whole collector killed, cut off, starved of disk and network',
    amount: 'four seeds of 2 lives and a survivor (200 seeds long; npm run sim for more)',
    tests: ['test/replay/simulated-lives.test.ts'],
    long: { ZONEWARDEN_TEST_SIM_SEEDS: Array.from({ length: 200 }, (_, i) => i + 1).join(' ') },
  },
  { name: 'full file system', amount: '20 times full', tests: ['test/e2e/log-full-disk.test.ts'] },
  {
    name: 'full disk under the deciding half',
    amount: 'signals, quarantine and checkpoint refused',
    tests: ['test/unit/host/full-disk.test.ts'],
  },
  {
    name: 'OTLP endpoint away',
    amount: '60,000 signals, ten virtual minutes of refusing, hanging, 503, 429, resets',
    tests: ['test/e2e/otlp-outage.test.ts', 'test/unit/8-sink/outbox.test.ts'],
  },
  {
    name: 'WebSocket cut, half-open, flooding',
    amount: 'each way',
    tests: [
      'test/unit/1-source/reconnecting-socket.test.ts',
      'test/unit/1-source/socket-backpressure.test.ts',
    ],
  },
  {
    name: 'poller answered 429, 5xx, nothing, half a document',
    amount: 'each way, every poller',
    tests: ['test/unit/1-source/change-pollers.test.ts', 'test/unit/1-source/okta-source.test.ts'],
  },
  {
    name: 'duplicates, disorder, restore at any point, 1 to 16 partitions',
    amount: 'random schedules',
    tests: ['test/unit/engine/parity.test.ts'],
  },
  {
    name: 'poison and hostile values',
    amount: 'bombs and mutations for every parser',
    tests: ['test/contract/fuzz.test.ts', 'test/unit/5-feature/hostile-events.test.ts'],
    long: { ZONEWARDEN_TEST_FUZZ_MS: '60000' },
  },
  {
    name: 'SIGTERM far behind and while deliveries arrive',
    amount: 'one stop of a real process each; a second signal, a stop that does not end',
    tests: ['test/e2e/collector-stop.test.ts', 'test/unit/cli/stop-signals.test.ts'],
  },
  {
    name: 'sync that fails once',
    amount: 'three times EIO in a running process, and at every sync of the script above',
    tests: ['test/e2e/hard-conditions.test.ts'],
    only: 'sync that fails',
  },
  {
    name: 'heap of 128 MB',
    amount: '600 deliveries by 8 senders, clean stop',
    tests: ['test/e2e/hard-conditions.test.ts'],
    only: 'heap of',
  },
  {
    name: 'slow consumer',
    amount: 'a sink that takes 5 signals in 300 ms, 800 deliveries meanwhile',
    tests: ['test/e2e/hard-conditions.test.ts'],
    only: 'too slow',
  },
  {
    name: 'rollback: a checkpoint of a newer version',
    amount: 'refused untouched, moved away, the log read again',
    tests: ['test/e2e/hard-conditions.test.ts'],
    only: 'newer version',
  },
  {
    name: 'data directory in use',
    amount: 'a second process beside a running one',
    tests: ['test/e2e/hard-conditions.test.ts'],
    only: 'second collector',
  },
  {
    name: 'upgrade with a checkpoint of an older version',
    amount: 'one older form of the rows, continued and written anew',
    tests: ['test/unit/host/checkpoint-migration.test.ts'],
  },
  {
    name: 'wrong files as people make them',
    amount: 'over 100 configurations, inventories and intents files',
    tests: ['test/unit/cli/wrong-files.test.ts', 'test/unit/app/config-tls-check.test.ts'],
  },
  {
    name: 'files that may only be read, a port in use, another user',
    amount: 'one real process each',
    tests: ['test/e2e/least-privilege.test.ts'],
  },
  {
    name: 'bugs planted on purpose',
    amount: 'two of those that npm run sim -- --mutations plants',
    tests: ['test/replay/simulated-mutations.test.ts'],
  },
  {
    name: 'wall clock set forward, back and right again',
    amount: 'four steps of up to a day in a running process, a restart behind the future',
    tests: ['test/e2e/clock-jumps.test.ts'],
  },
  {
    name: 'every peer fails and repeats what it was sent',
    amount: '19 peers in 12 ways each, every kind of secret configured, a stop while some never answer',
    tests: ['test/e2e/secret-canaries.test.ts'],
  },
  {
    name: 'data directory that cannot be',
    amount: 'a file, below a file, where nothing can be created',
    tests: ['test/unit/app/data-directory.test.ts'],
  },
];
