/**
 * The evidence bundle of a case: what was seen, in which order, by which code, and what people decided, as named parts
 * with digests under one Merkle root. Everything can be checked without the collector. Pure: bytes in, bytes out.
 */
import type { Case } from '../contract/case.ts';
import type { Finding } from '../contract/finding.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import type { AuditEntry } from './audit-chain.ts';
import { leafHash, toHex, treeRoot, type Sha256 } from './merkle-tree.ts';
import { shown, utc } from './narrative.ts';

/** One file of the bundle. Names are relative, with `/`; order is part of what is attested. */
export interface BundlePart {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a raw delivery was when it came in. `bytes` absent: kept elsewhere or erased, only its digest is attested. */
export interface RawEvidence {
  readonly event_id: string;
  readonly sha256: string;
  readonly content_type: string;
  readonly normaliser: string;
  readonly bytes?: Uint8Array;
}

/** Everything that goes in. `versions`: rules, normalisers, inventory and data tables by name. */
export interface BundleInput {
  readonly case: Case;
  readonly findings: readonly Finding[];
  readonly raw: readonly RawEvidence[];
  readonly versions: Readonly<Record<string, string>>;
  readonly decisions: readonly AuditEntry[];
  readonly exportedAt: string;
  readonly exportedBy: string;
}

/** Table of contents; its canonical JSON is what gets signed. */
export interface BundleManifest {
  readonly format: 'zonewarden-evidence/1';
  readonly case_id: string;
  readonly tenant: string;
  readonly exported_at: string;
  readonly exported_by: string;
  readonly parts: readonly {
    readonly name: string;
    readonly media_type: string;
    readonly size: number;
    readonly sha256: string;
  }[];
  /** Events of which only the digest is attested. */
  readonly absent: readonly { readonly event_id: string; readonly sha256: string }[];
  /** Hex root over the parts in order; a leaf is the canonical JSON of a row of `parts`. */
  readonly root: string;
}

/** A bundle: manifest and parts, in order. */
export interface EvidenceBundle {
  readonly manifest: BundleManifest;
  readonly parts: readonly BundlePart[];
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function lines(values: readonly unknown[]): Uint8Array {
  return utf8(values.map((value) => `${canonicalJson(value)}\n`).join(''));
}

function rootOf(rows: BundleManifest['parts'], sha256: Sha256): string {
  return toHex(
    treeRoot(
      rows.map((row) => leafHash(utf8(canonicalJson(row)), sha256)),
      sha256,
    ),
  );
}

/** Bytes to sign, and to check a detached signature against. */
export function manifestBytes(manifest: BundleManifest): Uint8Array {
  return utf8(canonicalJson(manifest));
}

function byId<T>(idOf: (value: T) => string): (a: T, b: T) => number {
  return (a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
}

/** Puts a bundle together. The same input gives the same bytes. */
export function buildBundle(input: BundleInput, sha256: Sha256): EvidenceBundle {
  const ndjson = 'application/x-ndjson';
  const raw = [...input.raw].sort(byId((each) => each.event_id));
  const { timeline, ...head } = input.case;
  const parts: BundlePart[] = [
    { name: 'case.json', mediaType: 'application/json', bytes: utf8(`${canonicalJson(head)}\n`) },
    { name: 'timeline.ndjson', mediaType: ndjson, bytes: lines(timeline) },
    {
      name: 'findings.ndjson',
      mediaType: ndjson,
      bytes: lines([...input.findings].sort(byId((each) => each.finding_id))),
    },
    { name: 'decisions.ndjson', mediaType: ndjson, bytes: lines(input.decisions) },
    {
      name: 'versions.json',
      mediaType: 'application/json',
      bytes: utf8(`${canonicalJson(input.versions)}\n`),
    },
    {
      name: 'raw.ndjson',
      mediaType: ndjson,
      bytes: lines(raw.map(({ bytes: _bytes, ...about }) => about)),
    },
  ];
  for (const each of raw)
    if (each.bytes !== undefined)
      parts.push({ name: `raw/${each.event_id}`, mediaType: each.content_type, bytes: each.bytes });
  const rows = parts.map((part) => ({
    name: part.name,
    media_type: part.mediaType,
    size: part.bytes.length,
    sha256: toHex(sha256(part.bytes)),
  }));
  const manifest: BundleManifest = {
    format: 'zonewarden-evidence/1',
    case_id: input.case.case_id,
    tenant: input.case.tenant,
    exported_at: input.exportedAt,
    exported_by: input.exportedBy,
    parts: rows,
    absent: raw
      .filter((each) => each.bytes === undefined)
      .map((each) => ({ event_id: each.event_id, sha256: each.sha256 })),
    root: rootOf(rows, sha256),
  };
  return { manifest, parts };
}

/** What is wrong with a bundle, the first fault of each part, in order; `name` is a part or `manifest.json`. */
export interface BundleProblem {
  readonly name: string;
  readonly problem: 'altered' | 'missing' | 'reordered' | 'unlisted' | 'contradiction';
  readonly message: string;
}

function checkParts(bundle: EvidenceBundle, sha256: Sha256): BundleProblem[] {
  const problems: BundleProblem[] = [];
  const byName = new Map(bundle.parts.map((part, at) => [part.name, { part, at }]));
  let place = -1;
  for (const row of bundle.manifest.parts) {
    const found = byName.get(row.name);
    if (found === undefined) {
      problems.push({ name: row.name, problem: 'missing', message: `${row.name}: is listed but not there` });
      continue;
    }
    const { part, at } = found;
    if (toHex(sha256(part.bytes)) !== row.sha256 || part.bytes.length !== row.size)
      problems.push({
        name: row.name,
        problem: 'altered',
        message: `${row.name}: bytes differ from the manifest`,
      });
    else if (at < place)
      problems.push({
        name: row.name,
        problem: 'reordered',
        message: `${row.name}: stands in another place`,
      });
    place = Math.max(place, at);
  }
  const listed = new Set(bundle.manifest.parts.map((row) => row.name));
  for (const part of bundle.parts)
    if (!listed.has(part.name))
      problems.push({
        name: part.name,
        problem: 'unlisted',
        message: `${part.name}: is not in the manifest`,
      });
  return problems;
}

function jsonLines(bundle: EvidenceBundle, name: string): Record<string, unknown>[] | undefined {
  const part = bundle.parts.find((each) => each.name === name);
  if (part === undefined) return [];
  try {
    return new TextDecoder('utf-8', { fatal: true })
      .decode(part.bytes)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

/** Raw digests the collector stated at ingest must be those of the bytes in the bundle. */
function checkRaw(bundle: EvidenceBundle, sha256: Sha256): BundleProblem[] {
  const rows = jsonLines(bundle, 'raw.ndjson');
  if (rows === undefined)
    return [{ name: 'raw.ndjson', problem: 'altered', message: 'raw.ndjson: cannot be read as JSON lines' }];
  const absent = new Map(bundle.manifest.absent.map((each) => [each.event_id, each.sha256]));
  const parts = new Map(bundle.parts.map((part) => [part.name, part]));
  const problems: BundleProblem[] = [];
  for (const row of rows) {
    const id = String(row['event_id']);
    const name = `raw/${id}`;
    const part = parts.get(name);
    if (part === undefined) {
      if (absent.get(id) !== row['sha256'])
        problems.push({ name, problem: 'missing', message: `${name}: is neither there nor declared absent` });
    } else if (toHex(sha256(part.bytes)) !== row['sha256'])
      problems.push({ name, problem: 'contradiction', message: `${name}: is not what was received then` });
  }
  return problems;
}

/** Checks a bundle offline. No problems: every byte is what was exported, and what was received. */
export function verifyBundle(bundle: EvidenceBundle, sha256: Sha256): BundleProblem[] {
  const problems: BundleProblem[] = [];
  if (rootOf(bundle.manifest.parts, sha256) !== bundle.manifest.root)
    problems.push({
      name: 'manifest.json',
      problem: 'altered',
      message: 'manifest.json: its list of parts does not give its root',
    });
  problems.push(...checkParts(bundle, sha256), ...checkRaw(bundle, sha256));
  return problems;
}

/** A letter to registrar or registry with the facts filled in; the sender adds name, proof of authority and signature. */
export function disputeLetter(about: Case, root: string): string {
  const facts = about.timeline
    .filter((line) => line.kind === 'observation' || line.kind === 'claim' || line.kind === 'certificate')
    .slice(0, 20)
    .map((line) => `- ${utc(line.at)}: ${line.text}`);
  return [
    `Subject: Unauthorised change of ${shown(about.domains)} - request to restore and to lock`,
    '',
    'To the abuse and transfer dispute desk,',
    '',
    `the registrations named below were changed without the holder's consent. Case ${about.case_id}, first seen ${utc(about.opened_at)}.`,
    '',
    `Names: ${about.domains.map(shown).join(', ')}`,
    about.registrar_accounts.length === 0 ? '' : `Account: ${about.registrar_accounts.map(shown).join(', ')}`,
    '',
    'What we observed:',
    ...facts,
    '',
    'We ask you to: 1. restore the state before these changes, 2. lock the names against transfer and update,',
    '3. preserve all logs of these changes, 4. confirm in writing to a contact outside these names.',
    '',
    `The evidence bundle is attached; the root of its manifest is ${root}.`,
    '',
  ].join('\n');
}
