/** Records from standard input, one per line. No position: what was read is gone, so records are durable before more is read. */
import type { SourceIdentity, SourceRun, Surroundings } from '../../contract/component.ts';
import { limits } from '../../contract/limits.ts';
import { succeeded } from '../../contract/outcome.ts';
import type { RawRecord } from '../../contract/raw-record.ts';
import type { SourceName } from '../../contract/source-name.ts';
import { createLineSplitter, type Line } from '../line-splitter.ts';
import { acceptWhenPossible } from '../patient-intake.ts';

/** Settings of standard input. */
export interface StdinSettings {
  readonly identity: SourceIdentity;
  readonly feed: SourceName;
  readonly instance?: string;
}

/** Builds the source over a byte stream; `run` ends with the stream. Lines over the bound are logged as lost. */
export function createStdinSource(
  settings: StdinSettings,
  input: AsyncIterable<Uint8Array>,
  surroundings: Surroundings,
): SourceRun {
  const { identity, feed, instance } = settings;
  const recordsOf = (lines: readonly Line[]): RawRecord[] =>
    lines.flatMap((line) => {
      if ('tooLongBytes' in line) {
        surroundings.log('error', 'line dropped: larger than the limit', {
          source: identity.id,
          bytes: line.tooLongBytes,
        });
        return [];
      }
      return {
        tenant: identity.tenant,
        source: feed,
        ...(instance === undefined ? {} : { instance }),
        receivedAtMs: surroundings.nowMs(),
        contentType: 'application/json',
        verified: true,
        bytes: line.bytes,
      };
    });
  return {
    identity,
    probe: () => Promise.resolve(succeeded('standard input')),
    async run(intake, signal) {
      const splitter = createLineSplitter(limits.recordBytesMax);
      const take = async (lines: readonly Line[]): Promise<boolean> => {
        const records = recordsOf(lines);
        return records.length === 0 || acceptWhenPossible(intake, records, undefined, surroundings, signal);
      };
      for await (const chunk of input) {
        if (signal.aborted || !(await take(splitter.push(chunk)))) return;
        intake.heartbeat(identity);
      }
      const last = splitter.end();
      if (last !== undefined) await take([last]);
    },
  };
}
