/** What every command takes and gives, for `--help` and docs/commands.md. */

/** A command of the command line. */
export interface CommandHelp {
  readonly name: string;
  /** In a few words, for the overview. */
  readonly about: string;
  /** Ways to call it, without `zonewarden`. */
  readonly usage: readonly string[];
  /** What a person needs to know before the options; absent: the overview says it. */
  readonly more?: string;
  /** Options and arguments with what they mean; the name of an option stands first. */
  readonly options: readonly (readonly [name: string, meaning: string])[];
  readonly example: string;
  /** What statuses 0 and 1 mean; 2 is bad usage or unreadable input everywhere. Absent: 1 is not given. */
  readonly held: string;
  readonly fellShort?: string;
}

const running = [
  ['--url URL', 'address of the running collector (default: http://127.0.0.1:8470)'],
  ['--token-file FILE', 'file with a token of its API'],
] as const;
const network = [
  '--network FILE',
  'address database (mmdb): networks and countries of addresses; may be repeated',
] as const;
const rules = ['--rules PATH', 'rules to use instead of the shipped ones: a file or a folder'] as const;

/** Every command, in the order of the overview. */
export const commandCatalogue: readonly CommandHelp[] = [
  {
    name: 'run',
    about: 'the collector; without --config the embedded demo',
    usage: ['run [--config FILE] [--data DIR] [--listen HOST:PORT] [--demo]'],
    options: [
      ['--config FILE', 'configuration (docs/configuration.md); absent: the demo on embedded defaults'],
      ['--data DIR', 'where log, state and audit trail are kept (default: ./var)'],
      ['--listen HOST:PORT', 'address of console, API, intake and metrics (default: 127.0.0.1:8470)'],
      ['--demo', 'play the demo beside the sources of the configuration'],
    ],
    example: 'run --config zonewarden.yaml --data /var/lib/zonewarden',
    held: 'stopped cleanly',
  },
  {
    name: 'check',
    about: 'validate configuration, inventory, intents and rules, all problems at once',
    usage: ['check --config FILE [--probe]'],
    options: [
      ['--config FILE', 'configuration to check, with every file it names'],
      ['--probe', 'also contact every source and sink (network)'],
    ],
    example: 'check --config zonewarden.yaml --probe',
    held: 'everything holds',
    fellShort: 'a source or sink could not be reached',
  },
  {
    name: 'normalise',
    about: 'raw records of a feed to canonical events',
    usage: ['normalise --source NAME [--tenant T] [--received-at TIME] FILE...'],
    more: 'Prints a JSON line per canonical event, or per record that could not be read. Gzip files are unpacked.',
    options: [
      ['--source NAME', 'feed the files come from, such as okta, dnsimple, aws-cloudtrail (docs/sources)'],
      ['--tenant T', 'tenant of the events (default: default)'],
      ['--received-at TIME', 'RFC 3339 time at which the records count as received (default: now)'],
    ],
    example: 'normalise --source okta --tenant acme system-log.ndjson',
    held: 'every record was read',
    fellShort: 'some records became dead letters',
  },
  {
    name: 'replay',
    about: 'canonical events through the whole pipeline in virtual time',
    usage: [
      'replay --events FILE --inventory FILE [--intents FILE] [--warmup FILE] [--rules PATH] [--network FILE]... [--against DIR] --out DIR',
      'replay --entries CONFIG [--from TIME | --offset PARTITION:OFFSET...] [--to TIME] [--inventory FILE] [--rules PATH] [--against DIR] --out DIR',
    ],
    more: 'Writes findings.ndjson, cases.ndjson, scores.ndjson and summary.json; the same input gives the same bytes. Notifies nobody.',
    options: [
      ['--events FILE', 'canonical events, a JSON object a line; - reads standard input'],
      ['--inventory FILE', 'domains, accounts, people and what is approved'],
      ['--intents FILE', 'approved changes'],
      ['--warmup FILE', 'events before: they teach baselines and page nobody'],
      rules,
      network,
      ['--entries CONFIG', 'what an engine on Kafka took in, with its configuration (network)'],
      ['--from TIME', 'with --entries: the first entry to replay'],
      ['--to TIME', 'with --entries: where to end'],
      ['--offset P:O', 'with --entries: the offset O of partition P to begin at; may be repeated'],
      ['--against DIR', 'an earlier result: prints what became different'],
      ['--out DIR', 'folder of the results; made when it is not there'],
    ],
    example: 'replay --events may.ndjson --inventory inventory.yaml --out may --against may-before',
    held: 'replayed',
    fellShort: 'lines could not be read',
  },
  {
    name: 'backfill',
    about: 'what history teaches, into a stopped or a running collector; notifies nobody',
    usage: [
      'backfill --inventory FILE [--from events|SOURCE] [--tenant T] [--network FILE]... (--data DIR | --url URL [--token-file FILE] | --dry-run) FILE...',
    ],
    options: [
      ['--from KIND', 'what the files hold: events (canonical, the default) or the name of a feed'],
      ['--inventory FILE', 'domains, accounts, people and what is approved'],
      ['--tenant T', 'tenant of raw records'],
      network,
      ['--data DIR', 'data folder of a collector that does not run now'],
      ...running,
      ['--dry-run', 'read and learn, change nothing'],
    ],
    example: 'backfill --inventory inventory.yaml --from aws-cloudtrail --data ./var 2025-*.json.gz',
    held: 'learnt',
    fellShort: 'lines could not be read',
  },
  {
    name: 'incident',
    about: 'play incident files and judge page, cases and escalations',
    usage: [
      'incident [--sources all|minimal] [--shuffle SECONDS] [--seed N] [--duplicate] [--late-audit SECONDS] [--restart] [--rules PATH] FILE...',
    ],
    more: 'Plays the replay part of each file in virtual time and prints a verdict a line.',
    options: [
      ['--sources all|minimal', 'which feeds are there (default: all)'],
      ['--shuffle SECONDS', 'arrival in another order, by at most so much'],
      ['--seed N', 'of the order (default: 1)'],
      ['--duplicate', 'every event arrives twice'],
      ['--late-audit SECONDS', 'audit logs arrive so much later than the rest'],
      ['--restart', 'the engine is stopped in the middle and restored from its checkpoint'],
      rules,
    ],
    example: 'incident --shuffle 120 --duplicate perl-com-2020.json',
    held: 'every incident went as it must',
    fellShort: 'one did not, and "failures" says how',
  },
  {
    name: 'rules',
    about: 'load, match and test Sigma rules; what proves that each would fire',
    usage: [
      'rules check PATH...',
      'rules match --rules PATH --events FILE [--raw]',
      'rules test [PATH]',
      'rules proof [--incidents FILE]... [--drills FILE] [--max-age-days N]',
    ],
    options: [
      ['check PATH...', 'load rules, correlations and filters; a summary, and why documents are refused'],
      ['match', 'which rules match which events'],
      ['test [PATH]', 'run the tests that stand beside the rules (default: the shipped ones)'],
      ['proof', 'when each shipped rule last fired in a test, an incident or a drill'],
      ['--rules PATH', 'with match: a file or a folder'],
      ['--events FILE', 'with match: canonical events, a JSON object a line'],
      ['--raw', 'with match: the events are plain JSON records, fields used as they are'],
      ['--incidents FILE', 'with proof: an incident to play; may be repeated'],
      ['--drills FILE', 'with proof: results of "zonewarden drill --json", one a line'],
      ['--max-age-days N', 'with proof: how old a proof may be (default: 90)'],
    ],
    example: 'rules match --rules my-rules --events may.ndjson',
    held: 'all loaded, every test passed, no proof is stale',
    fellShort: 'a document was refused, a test failed or a proof is stale',
  },
  {
    name: 'intents',
    about: 'the plan of another tool, or a signed file, as an intents file',
    usage: [
      'intents import --from dnscontrol|octodns|terraform|servicenow|jira|signed --inventory FILE [--tenant T] [--valid-hours N] [--at TIME] [--requested-by WHO] [--approved-by WHO] [--key PEM] [--ndjson] FILE',
    ],
    more: 'Prints YAML. What a plan leaves open is refused, not guessed (docs/intents.md).',
    options: [
      ['--from TOOL', 'whose plan it is; signed: an intents file with a signature'],
      ['--inventory FILE', 'domains the plan may speak of'],
      ['--tenant T', 'tenant, where the inventory has several'],
      ['--valid-hours N', 'how long the changes are approved (default: 24)'],
      ['--at TIME', 'RFC 3339 time from which they are (default: now)'],
      ['--requested-by WHO', 'who asked, where the plan does not say'],
      ['--approved-by WHO', 'who approved, where the plan does not say'],
      ['--key PEM', 'with signed: the public key'],
      ['--ndjson', 'a JSON object a line instead of YAML'],
    ],
    example:
      'intents import --from terraform --inventory inventory.yaml --approved-by jane plan.json > intents.yaml',
    held: 'imported',
    fellShort: 'part of the plan was refused',
  },
  {
    name: 'route',
    about: 'who would be notified for a case, and why, by the shipped policy tree',
    usage: ['route --case FILE [--json]'],
    options: [
      ['--case FILE', 'one or more cases as JSON; - reads standard input'],
      ['--json', 'an object per case instead of text'],
    ],
    example: 'route --case case.json',
    held: 'explained',
  },
  {
    name: 'topics',
    about: 'create the topics of a Kafka sink or engine, or say what differs',
    usage: ['topics --config FILE [--sink ID] [--partitions N] [--replicas N] [--engine] [--dry-run]'],
    more: 'Prints every change; a second call finds nothing to do. Never adds partitions. Network.',
    options: [
      ['--config FILE', 'configuration with the sink or the engine'],
      ['--sink ID', 'which sink, where there are several'],
      ['--partitions N', 'of a topic made now (default: 16)'],
      ['--replicas N', 'of a topic made now (default: 3)'],
      ['--engine', "also the engine's own topics"],
      ['--dry-run', 'change nothing'],
    ],
    example: 'topics --config zonewarden.yaml --dry-run',
    held: 'all topics are as they should be',
    fellShort: 'something cannot be brought there',
  },
  {
    name: 'move',
    about: 'what an embedded collector knows, to the Kafka engine its configuration names now',
    usage: ['move --config FILE [--dry-run]'],
    options: [
      ['--config FILE', 'the new configuration, with engine.host: kafka'],
      ['--dry-run', 'read and count, write nothing'],
    ],
    example: 'move --config zonewarden.yaml',
    held: 'moved',
  },
  {
    name: 'backup',
    about: 'copy a data folder while the collector runs; the copy is read back',
    usage: ['backup --data DIR --out DIR [--json]'],
    options: [
      ['--data DIR', 'data folder of the collector'],
      ['--out DIR', 'new folder for the copy; "zonewarden run --data" starts from it'],
      ['--json', 'one JSON object instead of text'],
    ],
    example: 'backup --data ./var --out /backup/zonewarden-2026-11-29',
    held: 'copied and read back',
  },
  {
    name: 'probe',
    about: 'what parent, name servers, registry and resolvers say about a domain now (network)',
    usage: [
      'probe DOMAIN [--host NAME]... [--dkim SELECTOR]... [--resolver ADDRESS[#PORT]]... [--root ADDRESS]... [--port N] [--timeout MS] [--rdap URL | --no-rdap] [--tenant T [--url URL] [--token-file FILE]] [--json]',
    ],
    more: "Looks once from here: the parent zone, the zone's own servers, the registry (RDAP) and resolvers; says first where they differ.",
    options: [
      ['--host NAME', 'a host below the domain whose addresses matter; may be repeated'],
      ['--dkim SELECTOR', 'a DKIM selector to ask for; may be repeated'],
      ['--resolver A[#P]', "a resolver to ask instead of this computer's; may be repeated"],
      ['--root ADDRESS', 'a server to begin at instead of the root; may be repeated'],
      ['--port N', 'port of name servers (default: 53)'],
      ['--timeout MS', 'wait for each answer (default: 2000)'],
      ['--rdap URL', "an RDAP server to ask instead of the one in the IANA's list"],
      ['--no-rdap', 'ask no registry'],
      ['--tenant T', 'also ask a running collector when it looks next and what is stale'],
      ...running,
      ['--json', 'one JSON document'],
    ],
    example: 'probe example.com --host www.example.com',
    held: 'the delegation could be read',
    fellShort: 'it could not, or servers are lame',
  },
  {
    name: 'bench',
    about: 'the benchmark, a JSON line per figure (from a clone of the repository)',
    usage: ['bench [--only NAME]'],
    options: [
      ['--only NAME', 'one group, such as pipeline, normalise, log, memory; an unknown name lists them'],
    ],
    example: 'bench --only normalise',
    held: 'every goal held',
    fellShort: 'a goal was missed',
  },
  {
    name: 'evidence',
    about: 'signed bundle of a case; offline check of bundles and audit logs',
    usage: [
      'evidence export CASE [--url URL] [--token-file FILE] [--data DIR] [--out FILE]',
      'evidence verify FILE [--key PEM] [--checkpoints FILE]',
      'evidence tiles AUDIT-FOLDER [--origin NAME] [--out DIR]',
    ],
    options: [
      ['export CASE', 'the bundle of a case, from a running collector'],
      ['verify FILE', 'check a bundle or an audit log, without a network'],
      ['tiles FOLDER', 'the audit log as tiles of a transparency log'],
      ...running,
      ['--data DIR', 'export from the data folder of a stopped collector instead'],
      ['--out PATH', 'where to write (default: CASE.evidence.json, or ./tiles)'],
      ['--key PEM', 'public key to hold against the signature'],
      ['--checkpoints FILE', 'checkpoints of the audit log that were kept elsewhere'],
      ['--origin NAME', 'name of the transparency log (default: zonewarden)'],
    ],
    example: 'evidence verify case-v5yopwa2rgo5faha.json --key signing.pub.pem',
    held: 'exported, or everything holds',
    fellShort: 'something does not hold, and is named',
  },
  {
    name: 'drill',
    about: 'send a labelled synthetic incident through the running collector (network)',
    usage: [
      'drill [NAME] [--url URL] [--token-file FILE] [--tenant T] [--domain NAME] [--timeout SECONDS] [--notified] [--json]',
    ],
    more: 'Plays an exercise on a canary domain and reports hop by hop until the notification arrived.',
    options: [
      ['NAME', 'which exercise (default: the first); an unknown name lists them'],
      ...running,
      ['--tenant T', 'tenant whose canary domain is used'],
      ['--domain NAME', 'canary domain, where there are several'],
      ['--timeout SECONDS', 'how long to wait, 1 to 3600 (default: 60)'],
      ['--notified', 'wait until a receiver confirmed the notification'],
      ['--json', 'one JSON object at the end'],
    ],
    example: 'drill --tenant acme --notified',
    held: 'it arrived everywhere',
    fellShort: 'a hop was not reached',
  },
];
