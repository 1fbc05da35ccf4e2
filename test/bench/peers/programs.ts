/** How each peer is told the task, after its manual; none of them stores or decides anything. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program that reads INPUT and writes OUTPUT. */
export interface Peer {
  readonly name: string;
  /** What has to be there, and where it comes from. */
  readonly needs: string;
  /** Command line; writes its configuration below `directory`. Empty input and output of nothing must work too. */
  prepare(directory: string, input: string, output: string): Promise<readonly [string, ...string[]]>;
  /** Follows its input and has to be ended by a signal when its output is complete. */
  readonly follows: boolean;
}

const syslogNg: Peer = {
  name: 'syslog-ng',
  needs: 'syslog-ng in PATH (Debian: syslog-ng-core)',
  follows: true,
  async prepare(directory, input, output) {
    const path = join(directory, 'syslog-ng.conf');
    await writeFile(
      path,
      `@version: 3.35
options { stats-freq(0); threaded(no); log-msg-size(65536); };
source s_in { file("${input}" flags(no-parse) log-fetch-limit(1000) log-iw-size(10000) follow-freq(0.1)); };
parser p_json { json-parser(prefix(".j.")); };
filter f_update { "\${.j.name}" eq "zone_record.update" };
destination d_out {
  file("${output}" flush-lines(1000)
    template("\${.j.data.zone_record.zone_id}\\t\${.j.data.zone_record.name}.\${.j.data.zone_record.zone_id}\\t\${.j.data.zone_record.content}\\t\${.j.request_identifier}\\n"));
};
log { source(s_in); parser(p_json); filter(f_update); destination(d_out); flags(flow-control); };
`,
    );
    const state = ['persist', 'pid', 'ctl'].map((name) => join(directory, `syslog-ng.${name}`));
    return ['syslog-ng', '-F', '--no-caps', '-f', path, '-R', state[0], '-p', state[1], '-c', state[2]] as [
      string,
      ...string[],
    ];
  },
};

const rsyslog: Peer = {
  name: 'rsyslog',
  needs: 'rsyslogd in PATH with imfile and mmjsonparse (Debian: rsyslog)',
  follows: true,
  async prepare(directory, input, output) {
    const path = join(directory, 'rsyslog.conf');
    await writeFile(
      path,
      `global(workDirectory="${directory}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
module(load="mmjsonparse")
template(name="four" type="list") {
  property(name="$!j!data!zone_record!zone_id") constant(value="\\t")
  property(name="$!j!data!zone_record!name") constant(value=".") property(name="$!j!data!zone_record!zone_id") constant(value="\\t")
  property(name="$!j!data!zone_record!content") constant(value="\\t")
  property(name="$!j!request_identifier") constant(value="\\n")
}
ruleset(name="task" queue.type="FixedArray" queue.size="50000" queue.dequeueBatchSize="1024" queue.workerThreads="1") {
  action(type="mmjsonparse" cookie="" container="!j")
  if $!j!name == "zone_record.update" then
    action(type="omfile" file="${output}" template="four" asyncWriting="off" ioBufferSize="64k" flushOnTXEnd="off")
}
input(type="imfile" File="${input}" Tag="peer" ruleset="task")
`,
    );
    return ['rsyslogd', '-n', '-f', path, '-i', join(directory, 'rsyslog.pid')];
  },
};

const duckdb: Peer = {
  name: 'duckdb',
  needs: 'duckdb in PATH (PyPI: duckdb-cli)',
  follows: false,
  prepare(_directory, input, output) {
    const columns = `{name: 'VARCHAR', request_identifier: 'VARCHAR', data: 'STRUCT(zone_record STRUCT(zone_id VARCHAR, "name" VARCHAR, "content" VARCHAR))'}`;
    const row = `data.zone_record.zone_id, data.zone_record.name || '.' || data.zone_record.zone_id, data.zone_record.content, request_identifier`;
    const query = `SET threads = 1; COPY (SELECT ${row} FROM read_json('${input}', format = 'newline_delimited', columns = ${columns}) WHERE name = 'zone_record.update') TO '${output}' (FORMAT csv, DELIMITER '\t', HEADER false, QUOTE '');`;
    return Promise.resolve(['duckdb', '-c', query]);
  },
};

const script: Peer = {
  name: 'script',
  needs: 'nothing',
  follows: false,
  prepare: (_directory, input, output) =>
    Promise.resolve([process.execPath, fileURLToPath(new URL('script.ts', import.meta.url)), input, output]),
};

/** Peers in the order they are told; the script is what the others are compared with. */
export const peers: readonly Peer[] = [script, syslogNg, rsyslog, duckdb];

/** Whether a peer can run here. */
export function isThere({ name }: Peer): boolean {
  if (name === 'script') return true;
  const program = name === 'rsyslog' ? 'rsyslogd' : name;
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}
