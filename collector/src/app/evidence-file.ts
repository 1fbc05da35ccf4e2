/** Evidence of a case as one file: manifest, parts and signature in JSON, so that it can be mailed, kept and checked anywhere. */
import { isCase, type Case } from '../contract/case.ts';
import { canonicalJson } from '../leaf/canonical-json.ts';
import { formatInstant } from '../leaf/time.ts';
import {
  buildBundle,
  disputeLetter,
  manifestBytes,
  verifyBundle,
  type BundleManifest,
  type EvidenceBundle,
  type RawEvidence,
} from '../7-case/evidence-bundle.ts';
import type { CaseBook } from '../host/case-book.ts';
import type { SegmentedLog } from '../log/segmented-log.ts';
import { sha256Bytes, type AuditLog } from './audit-log.ts';
import { rawOf } from './raw-evidence.ts';
import { publicKeyOf, signatureHolds } from './signing-key.ts';

/** The file. `letter`: a draft to registrar or registry, to be copied and completed; it is signed by itself. */
export interface EvidenceFile {
  readonly manifest: BundleManifest;
  readonly signature: {
    readonly key_id: string;
    readonly public_key: string;
    /** Over the manifest, base64. */
    readonly value: string;
    /** Over the letter, base64; absent in bundles of before it was signed. */
    readonly letter?: string;
  };
  readonly parts: readonly { readonly name: string; readonly media_type: string; readonly base64: string }[];
  readonly letter: string;
}

/** What a bundle is made from. */
export interface EvidenceParts {
  readonly book: CaseBook;
  readonly log: SegmentedLog;
  readonly audit: AuditLog;
  readonly versions: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly by: string;
  /** Ids of the actions proposed in the case. */
  readonly actionIds: readonly string[];
}

function eventIdsOf(found: Case, book: CaseBook): string[] {
  const ids = found.timeline.map(({ ref }) => ref);
  for (const id of found.finding_ids) ids.push(...(book.findings.get(id)?.evidence_event_ids ?? []));
  return [...new Set(ids)].sort();
}

const decisionsMax = 10_000;

/** Builds and signs the bundle of a case. */
export async function evidenceFile(found: Case, parts: EvidenceParts): Promise<EvidenceFile> {
  const { book, log, audit } = parts;
  const raw: RawEvidence[] = [];
  const versions: Record<string, string> = { ...parts.versions };
  for (const id of eventIdsOf(found, book)) {
    const event = book.evidence.get(id);
    if (event === undefined) continue;
    const normaliser = event.normaliser ?? 'unknown';
    versions[`normaliser ${normaliser}`] = event.schema;
    const bytes = await rawOf(event, book, log);
    raw.push({
      event_id: id,
      sha256: event.raw.sha256,
      content_type: bytes?.contentType ?? event.raw.content_type ?? 'application/octet-stream',
      normaliser,
      ...(bytes === undefined ? {} : { bytes: bytes.bytes }),
    });
  }
  const findings = found.finding_ids.flatMap((id) => book.findings.get(id) ?? []);
  for (const { rule_id: id, rule_version: version, rule_hash: hash } of findings)
    versions[`rule ${id}`] = `${version} ${hash}`;
  const objects = new Set([`case ${found.case_id}`, ...parts.actionIds.map((id) => `action ${id}`)]);
  const decisions = await audit.list({
    limit: decisionsMax,
    wants: ({ fact }) => fact.tenant === found.tenant && objects.has(fact.object),
  });
  const bundle = buildBundle(
    {
      case: found,
      findings,
      raw,
      versions,
      decisions: decisions.reverse(),
      exportedAt: formatInstant(parts.nowMs),
      exportedBy: parts.by,
    },
    sha256Bytes,
  );
  const letter = disputeLetter(found, bundle.manifest.root);
  return {
    manifest: bundle.manifest,
    signature: {
      key_id: audit.key.keyId,
      public_key: audit.key.publicKeyPem,
      value: audit.key.sign(manifestBytes(bundle.manifest)),
      letter: audit.key.sign(letterBytes(letter)),
    },
    parts: bundle.parts.map(({ name, mediaType, bytes }) => ({
      name,
      media_type: mediaType,
      base64: Buffer.from(bytes).toString('base64'),
    })),
    letter,
  };
}

/** The file's text: canonical JSON, so the same bundle is the same bytes. */
export function evidenceText(file: EvidenceFile): string {
  return `${canonicalJson(file)}\n`;
}

/** The letter names the root of the manifest, so it has a signature of its own. */
function letterBytes(letter: string): Uint8Array {
  return Buffer.from(`zonewarden-letter/1\n${letter}`, 'utf8');
}

/** Bundles of before the letter was signed must have the letter that their case gives. */
function letterHolds(file: EvidenceFile): boolean {
  const { letter, signature, manifest, parts } = file;
  if (typeof letter !== 'string') return false;
  if (typeof signature.letter === 'string')
    return signatureHolds(signature.public_key, letterBytes(letter), signature.letter);
  try {
    const part = parts.find(({ name }) => name === 'case.json');
    const found: unknown = JSON.parse(Buffer.from(part?.base64 ?? '', 'base64').toString('utf8'));
    return isCase(found) && disputeLetter(found, manifest.root) === letter;
  } catch {
    return false;
  }
}

function isEvidenceFile(candidate: unknown): candidate is EvidenceFile {
  const file = candidate as Partial<EvidenceFile> | null;
  const manifest = file?.manifest as Partial<BundleManifest> | undefined;
  return (
    manifest?.format === 'zonewarden-evidence/1' &&
    Array.isArray(manifest.parts) &&
    Array.isArray(manifest.absent) &&
    Array.isArray(file?.parts) &&
    typeof file?.signature?.value === 'string' &&
    typeof file.signature.public_key === 'string'
  );
}

/** Result of a check: every problem as a sentence, in order; none: the file is what was exported and signed. */
export interface EvidenceVerdict {
  readonly problems: readonly string[];
  readonly keyId: string;
  readonly caseId: string;
  readonly parts: number;
  /** Raw deliveries of which only the digest is attested. */
  readonly absent: number;
}

/** Checks a parsed file offline; `trustedKey` (PEM) pins who must have signed. Undefined: it is no evidence file. */
export function verifyEvidence(candidate: unknown, trustedKey?: string): EvidenceVerdict | undefined {
  if (!isEvidenceFile(candidate)) return undefined;
  const { manifest, signature, parts } = candidate;
  const bundle: EvidenceBundle = {
    manifest,
    parts: parts.map((part) => ({
      name: String(part.name),
      mediaType: String(part.media_type),
      bytes: Buffer.from(String(part.base64), 'base64'),
    })),
  };
  const problems = verifyBundle(bundle, sha256Bytes).map(({ message }) => message);
  const own = publicKeyOf(signature.public_key);
  const trusted = trustedKey === undefined ? own : publicKeyOf(trustedKey);
  if (own === undefined || !signatureHolds(signature.public_key, manifestBytes(manifest), signature.value))
    problems.push('manifest.json: the signature does not hold');
  else if (trusted?.keyId !== own.keyId)
    problems.push(
      `manifest.json: signed by key ${own.keyId}, not by the trusted key ${trusted?.keyId ?? 'given'}`,
    );
  if (!letterHolds(candidate)) problems.push('letter: is not the one that was exported');
  const { case_id: caseId, absent } = manifest;
  return { problems, keyId: own?.keyId ?? '', caseId, parts: parts.length, absent: absent.length };
}
