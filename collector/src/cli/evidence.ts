/** `zonewarden evidence`: a signed bundle of a case as a file, and the offline check of bundles and audit logs. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AuditLog } from '../app/audit-log.ts';
import { checkAuditLog } from '../app/audit-verification.ts';
import { auditFolder } from '../app/api-service.ts';
import { evidenceFile, evidenceText, verifyEvidence, type EvidenceFile } from '../app/evidence-file.ts';
import { openStores } from '../app/stores.ts';
import { tileFilesOf } from '../app/audit-tiles.ts';
import { openSigningKey, publicKeyOf } from '../app/signing-key.ts';
import { UnusableInput } from '../app/unusable-input.ts';
import { version } from '../app/version.ts';
import { readStoredBook } from '../host/stored-book.ts';
import { apiTarget, askApi } from './api-client.ts';
import { exitCodes, type CommandIo } from './command-io.ts';
import { commandLine, misuse } from './command-line.ts';

function parse(argv: readonly string[]) {
  return commandLine('evidence', {
    args: [...argv],
    allowPositionals: true,
    options: {
      url: { type: 'string' },
      'token-file': { type: 'string' },
      data: { type: 'string' },
      out: { type: 'string' },
      key: { type: 'string' },
      checkpoints: { type: 'string' },
      origin: { type: 'string', default: 'zonewarden' },
    },
  });
}

type Flags = ReturnType<typeof parse>['values'];

/** The command. Exit 0: exported, or everything holds; 1: something does not hold; 2: it could not be read. */
export async function evidence(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parse(argv);
  const [verb, subject, ...more] = positionals;
  if (subject === undefined || more.length > 0)
    throw misuse('evidence', 'takes "export CASE", "verify FILE" or "tiles AUDIT-FOLDER"');
  if (verb === 'export') return exportCase(subject, values, io);
  if (verb === 'verify') return verify(subject, values, io);
  if (verb === 'tiles') return writeTiles(subject, values, io);
  throw misuse('evidence', `does not know ${JSON.stringify(verb)}`);
}

async function exportCase(caseId: string, flags: Flags, io: CommandIo): Promise<number> {
  const file = flags.data === undefined ? await fromApi(caseId, flags) : await fromData(caseId, flags.data);
  const path = flags.out ?? `${caseId.replace(/[^\w.-]/g, '_')}.evidence.json`;
  await writeFile(path, evidenceText(file), { mode: 0o600 }).catch((error: Error) => {
    throw new UnusableInput([`${path}: cannot be written: ${error.message}`]);
  });
  const { manifest, signature } = file;
  const said = {
    file: path,
    case_id: manifest.case_id,
    parts: manifest.parts.length,
    absent: manifest.absent.length,
    root: manifest.root,
    key_id: signature.key_id,
  };
  io.stdout.write(`${JSON.stringify(said)}\n`);
  return exitCodes.held;
}

/** The audit log of a data directory as static files of a transparency log; its checkpoint is signed with the directory's key. */
async function writeTiles(folder: string, flags: Flags, io: CommandIo): Promise<number> {
  const place = resolve(folder);
  const text = await readText(join(place, 'entries.ndjson'));
  const report = checkAuditLog(text, '', undefined);
  if (!report.ok) throw new UnusableInput(report.problems.map((problem) => `${place}: ${problem}`));
  const out = resolve(flags.out ?? 'tiles');
  const log = tileFilesOf(text, flags.origin, openSigningKey(place));
  if (log === undefined) throw new UnusableInput([`${place}: an entry is longer than 65,535 octets`]);
  for (const [path, bytes] of log.files) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    await writeFile(join(out, path), bytes);
  }
  io.stdout.write(`${JSON.stringify({ folder: out, entries: report.entries, root: log.root })}\n`);
  return exitCodes.held;
}

async function fromApi(caseId: string, flags: Flags): Promise<EvidenceFile> {
  const target = await apiTarget({
    ...(flags.url === undefined ? {} : { url: flags.url }),
    ...(flags['token-file'] === undefined ? {} : { 'token-file': flags['token-file'] }),
  });
  const answer = await askApi(target, `/cases/${encodeURIComponent(caseId)}/export`);
  if (answer.status === 200) return answer.body as EvidenceFile;
  throw new UnusableInput([`${target.url}: case ${caseId}: ${answer.detail}`]);
}

/** Reads a data directory that no collector has open; the lock says so when one has. */
async function fromData(caseId: string, directory: string): Promise<EvidenceFile> {
  const data = resolve(directory);
  await readFile(join(data, 'checkpoints.sqlite')).catch(() => {
    throw new UnusableInput([`${data}: is no data directory of a collector`]);
  });
  const stores = await openStores(data, () => Date.now());
  try {
    const book = readStoredBook(stores.checkpoints);
    const found = book.cases.get(caseId);
    if (found === undefined) throw new UnusableInput([`${data}: has no case ${caseId}`]);
    const log = (): void => undefined;
    const audit = await AuditLog.open({ directory: auditFolder(data), nowMs: () => Date.now(), log });
    try {
      const { tenant } = found;
      const by = 'system';
      await audit.append({ tenant, by, action: 'evidence export', object: `case ${caseId}` });
      const parts = { book, log: stores.log, audit, versions: { collector: version }, actionIds: [] };
      return await evidenceFile(found, { ...parts, nowMs: Date.now(), by });
    } finally {
      await audit.close();
    }
  } finally {
    await stores.close();
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: Error) => {
    throw new UnusableInput([`${path}: cannot be read: ${error.message}`]);
  });
}

async function trustedKey(flags: Flags): Promise<string | undefined> {
  if (flags.key === undefined) return undefined;
  const pem = await readText(flags.key);
  if (publicKeyOf(pem) === undefined)
    throw new UnusableInput([`${flags.key}: is no Ed25519 public key (PEM)`]);
  return pem;
}

async function verify(path: string, flags: Flags, io: CommandIo): Promise<number> {
  const text = await readText(path);
  const key = await trustedKey(flags);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const bundle = verifyEvidence(parsed, key);
  if (bundle === undefined) return verifyAuditFile(path, text, key, flags, io);
  const { problems, keyId, caseId, parts, absent } = bundle;
  const said = {
    file: path,
    kind: 'evidence',
    ok: problems.length === 0,
    case_id: caseId,
    key_id: keyId,
    trusted_key: key !== undefined,
    parts,
    absent,
    problems,
  };
  io.stdout.write(`${JSON.stringify(said)}\n`);
  return problems.length === 0 ? exitCodes.held : exitCodes.fellShort;
}

/** Checkpoints and public key beside the log are used when no others are named. */
async function verifyAuditFile(
  path: string,
  text: string,
  key: string | undefined,
  flags: Flags,
  io: CommandIo,
): Promise<number> {
  const first = text.slice(0, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n'));
  if (!/"fact"/.test(first))
    throw new UnusableInput([`${path}: is neither an evidence bundle nor an audit log of Zonewarden`]);
  const beside = (name: string): Promise<string | undefined> =>
    readFile(join(dirname(path), name), 'utf8').catch(() => undefined);
  const checkpoints =
    flags.checkpoints === undefined ? await beside('checkpoints.ndjson') : await readText(flags.checkpoints);
  const publicKey = key ?? (await beside('key.pub.pem'));
  const report = checkAuditLog(text, checkpoints ?? '', publicKey);
  const said = {
    file: path,
    kind: 'audit',
    ok: report.ok,
    entries: report.entries,
    root: report.root,
    checkpoints: report.checkpoints,
    signed_entries: report.signedSize,
    trusted_key: key !== undefined,
    problems: report.problems,
  };
  io.stdout.write(`${JSON.stringify(said)}\n`);
  return report.ok ? exitCodes.held : exitCodes.fellShort;
}
